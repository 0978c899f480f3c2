//! Parameters in, columns out.

use simlink_db::{DbError, params, testing::databases};

use crate::with_notes;

#[tokio::test]
async fn parameters_bind_by_number() {
    // Shows that $1, $5, $2 get the first, fifth and second value, and that a repeated one gets the same again.
    for test in databases().await {
        let found = test.db.read(|tx| {
            tx.get(
                "SELECT CAST($1 AS BIGINT), CAST($5 AS BIGINT), CAST($2 AS BIGINT), CAST($5 AS BIGINT) + $3 + $4, '$1'",
                params![1, 2, 3, 4, 5],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
        });
        let found: Result<(i64, i64, i64, i64, String), DbError> = found.await;
        assert_eq!(found.unwrap(), (1, 5, 2, 12, "$1".to_owned()));
    }
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_refused() {
    // Shows that a missing parameter is an error, not NULL.
    for test in databases().await {
        let found: Result<Option<i64>, DbError> =
            test.db.read(|tx| tx.find("SELECT CAST($1 AS BIGINT) + $2", params![1], |row| row.get(0))).await;
        assert!(matches!(found, Err(DbError::Parameter(_))), "{found:?}");
    }
}

#[tokio::test]
async fn every_kind_of_value_comes_back() {
    // Shows integers at their limits, text, bytes, NULL and the borrowed accessors.
    for test in databases().await {
        with_notes(&test.db).await;
        let write = test.db.write(|tx| {
            tx.execute(
                "INSERT INTO note VALUES ($1, $2, $3, $4, $5)",
                params![i64::MAX, "größe ' \" $1", 32767, None::<&str>, &b"\0\xff"[..]],
            )
        });
        assert_eq!(write.await.unwrap(), 1);
        let read = test.db.read(|tx| {
            tx.get("SELECT note_id, title, size, body, raw FROM note", &[], |row| {
                assert_eq!(row.text(1)?, Some("größe ' \" $1"));
                assert_eq!(row.text(3)?, None);
                assert_eq!((row.int(2)?, row.int(3)?), (Some(32767), None));
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
        });
        let found: (i64, String, i16, Option<String>, Vec<u8>) = read.await.unwrap();
        assert_eq!(found, (i64::MAX, "größe ' \" $1".to_owned(), 32767, None, vec![0, 255]));
    }
}

#[tokio::test]
async fn a_column_of_another_kind_is_an_error() {
    // Shows the refusals of reading: range, NULL, kind, absence; and a truth value as 0 or 1.
    for test in databases().await {
        let read = test.db.read(|tx| {
            tx.get("SELECT 300, NULL, 'text', 2 > 1", &[], |row| {
                Ok((
                    row.get::<u8>(0).is_err(),
                    row.get::<i64>(1).is_err(),
                    row.get::<i64>(2).is_err(),
                    row.text(0).is_err(),
                    row.get::<i64>(4).is_err(),
                    row.get::<bool>(3)?,
                ))
            })
        });
        let refused: Result<_, DbError> = read.await;
        assert_eq!(refused.unwrap(), (true, true, true, true, true, true));
    }
}

#[tokio::test]
async fn find_and_get_count_rows() {
    // Shows none, one and several rows.
    for test in databases().await {
        let db = &test.db;
        let numbers = "SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 2) x WHERE n <= $1 ORDER BY n";
        let get = |most: i64| db.read(move |tx| tx.get(numbers, params![most], |row| row.get::<i64>(0)));
        let find = |most: i64| db.read(move |tx| tx.find(numbers, params![most], |row| row.get::<i64>(0)));
        assert_eq!(get(0).await, Err(DbError::NotFound));
        assert_eq!(get(1).await, Ok(1));
        assert_eq!(get(2).await, Err(DbError::TooManyRows));
        assert_eq!(find(0).await, Ok(None));
        assert_eq!(find(2).await, Ok(Some(1)));
    }
}

#[tokio::test]
async fn constraints_are_told_apart() {
    // Shows the error of each kind of constraint, and that no value is in its text.
    for test in databases().await {
        with_notes(&test.db).await;
        let attempt = |sql: &'static str| test.db.write(move |tx| tx.execute(sql, params!["secret"]));
        assert_eq!(attempt("INSERT INTO note (note_id, title) VALUES (1, $1)").await, Ok(1));
        let by_title = attempt("INSERT INTO note (note_id, title) VALUES (2, $1)").await.unwrap_err();
        assert!(
            matches!(&by_title, DbError::UniqueViolation { what } if what.contains("title")),
            "{by_title:?}"
        );
        let by_key = attempt("INSERT INTO note (note_id, title) VALUES (1, $1 || '2')").await.unwrap_err();
        assert!(by_key.is_unique_violation(), "{by_key:?}");
        let check =
            attempt("INSERT INTO note (note_id, title, size) VALUES (3, $1 || '3', -1)").await.unwrap_err();
        assert!(matches!(check, DbError::Check(_)), "{check:?}");
        let null = attempt("INSERT INTO note (note_id, title, body) VALUES (4, NULL, $1)").await.unwrap_err();
        assert_eq!(null, DbError::Check("note.title".into()));
        test.db
            .write(|tx| {
                tx.execute("CREATE TABLE child (note_id BIGINT REFERENCES note (note_id), word TEXT)", &[])
            })
            .await
            .unwrap();
        let orphan = attempt("INSERT INTO child VALUES (99, $1)").await.unwrap_err();
        assert_eq!(orphan, DbError::ForeignKey);
        let unknown = attempt("INSERT INTO nowhere VALUES ($1)").await.unwrap_err();
        assert!(matches!(unknown, DbError::Other(_)), "{unknown:?}");
        for error in [by_title, by_key, check, null, orphan, unknown] {
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_text_is_compared_by_bytes() {
    // Shows that LIKE and ORDER BY tell upper from lower case on both engines, and that "x" is never a string.
    for test in databases().await {
        let read = test.db.read(|tx| {
            let like: bool = tx.get("SELECT 'ABC' LIKE 'abc'", &[], |row| row.get(0))?;
            let sql =
                "SELECT w FROM (SELECT 'b' AS w UNION ALL SELECT 'B' UNION ALL SELECT 'a') x ORDER BY w";
            Ok::<_, DbError>((like, tx.rows(sql, &[], |row| row.get::<String>(0))?.concat()))
        });
        assert_eq!(read.await.unwrap(), (false, "Bab".to_owned()));
        let quoted: Result<Option<String>, DbError> =
            test.db.read(|tx| tx.find("SELECT \"nothing\"", &[], |row| row.get(0))).await;
        assert!(matches!(quoted, Err(DbError::Other(_))), "{quoted:?}");
    }
}
