//! Many rows in, many rows out.

use simlink_db::{DbError, Param, params, testing::databases};

use crate::with_notes;

#[tokio::test]
async fn inserting_many_goes_beyond_every_parameter_limit() {
    // Shows 40,000 rows of 2 columns (80,000 values; the engines take 32,766 and 65,535 at once) and a suffix.
    for test in databases().await {
        with_notes(&test.db).await;
        let insert = |suffix: &'static str| {
            test.db.write_bulk(move |tx| {
                let titles: Vec<String> = (0..40_000).map(|id| format!("note {id}")).collect();
                let rows: Vec<Param<'_>> = titles
                    .iter()
                    .zip(0_i64..)
                    .flat_map(|(title, id)| [Param::from(id), Param::from(title)])
                    .collect();
                tx.insert_many("note (note_id, title)", 2, &rows, suffix)
            })
        };
        assert_eq!(insert("").await, Ok(40_000));
        assert!(insert("").await.unwrap_err().is_unique_violation());
        assert_eq!(insert("ON CONFLICT DO NOTHING").await, Ok(0));
        let update = "ON CONFLICT (note_id) DO UPDATE SET body = excluded.title";
        assert_eq!(insert(update).await, Ok(40_000));
        let sum = "SELECT COUNT(*), MIN(note_id), MAX(note_id) FROM note WHERE body = title";
        let found: Result<(i64, i64, i64), DbError> =
            test.db.read(move |tx| tx.get(sum, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))).await;
        assert_eq!(found, Ok((40_000, 0, 39_999)));
    }
}

#[tokio::test]
async fn inserting_many_minds_its_values() {
    // Shows the refusal of a broken last row, NULLs and bytes in columns of their kind, and no rows at all.
    for test in databases().await {
        with_notes(&test.db).await;
        let broken =
            test.db.write(|tx| tx.insert_many("note (note_id, title)", 2, params![1, "one", 2], "")).await;
        assert!(matches!(broken, Err(DbError::Parameter(_))), "{broken:?}");
        let none = test.db.write(|tx| tx.insert_many("note (note_id, title)", 2, &[], "")).await;
        assert_eq!(none, Ok(0));
        let some = test.db.write(|tx| {
            let rows =
                params![1, "one", 5, None::<&str>, &b"x"[..], 2, "two", None::<i64>, "b", None::<&[u8]>];
            tx.insert_many("note (note_id, title, size, body, raw)", 5, rows, "")
        });
        assert_eq!(some.await, Ok(2));
        let sql = "SELECT size, body, raw FROM note ORDER BY note_id";
        let read = test.db.read(move |tx| {
            tx.rows(sql, &[], |row| {
                Ok((row.int(0)?, row.get::<Option<String>>(1)?, row.get::<Option<Vec<u8>>>(2)?))
            })
        });
        let expected = vec![(Some(5), None, Some(b"x".to_vec())), (None, Some("b".to_owned()), None)];
        assert_eq!(read.await, Ok::<_, DbError>(expected));
    }
}

#[tokio::test]
async fn rows_stream_and_an_error_of_the_caller_stops_them() {
    // Shows 300,000 rows handed over one by one, the caller's own error type, and that the connection serves on after.
    let numbers =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i, 'x' FROM n";
    for test in databases().await {
        let summed = test.db.read(move |tx| {
            let mut sum = 0_i64;
            tx.for_each(numbers, params![300_000], |row| {
                sum += row.int(0)?.unwrap_or(0) * i64::from(row.text(1)? == Some("x"));
                Ok::<_, DbError>(())
            })?;
            Ok::<_, DbError>(sum)
        });
        assert_eq!(summed.await, Ok(300_000 * 300_001 / 2));
        let stopped = test.db.read(move |tx| {
            let mut seen = 0;
            let result = tx.for_each(numbers, params![1_000], |_| {
                seen += 1;
                if seen == 3 { Err(DbError::NotFound) } else { Ok(()) }
            });
            assert_eq!(result, Err(DbError::NotFound));
            let next: i64 = tx.get("SELECT 7", &[], |row| row.get(0))?;
            Ok::<_, DbError>((seen, next))
        });
        assert_eq!(stopped.await, Ok((3, 7)));
    }
}
