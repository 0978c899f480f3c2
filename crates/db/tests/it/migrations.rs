//! The schema's way forward.

use simlink_db::{Db, DbError, Migrated, Migration, Options, params, testing::databases};

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    sql: "-- A remark; with a semicolon, and 'a quote.\n\
          CREATE TABLE pair (a BIGINT, b TEXT NOT NULL DEFAULT ';', PRIMARY KEY (a, b)){{without_rowid}};\n\
          INSERT INTO pair (a) VALUES (1);\nINSERT INTO pair (a, b) VALUES (2, 'x;\ny');\n",
};
const SECOND: Migration = Migration {
    number: 2,
    name: "second",
    sql: "CREATE INDEX pair_b ON pair (b);\nINSERT INTO pair (a) VALUES (3);",
};

async fn pairs(db: &Db) -> i64 {
    db.read(|tx| tx.get("SELECT COUNT(*) FROM pair", &[], |row| row.get(0))).await.unwrap()
}

#[tokio::test]
async fn migrations_apply_once_and_in_order() {
    // Shows what is pending before, applied once, recorded with time and name, and not applied again.
    for test in databases().await {
        let db = &test.db;
        assert_eq!(db.pending_migrations(&[FIRST, SECOND]).await, Ok(vec![1, 2]));
        assert_eq!(db.migrate(&[FIRST], 7).await, Ok(Migrated { applied: vec![1], current: 1 }));
        assert_eq!(db.pending_migrations(&[FIRST, SECOND]).await, Ok(vec![2]));
        assert_eq!(db.migrate(&[FIRST, SECOND], 8).await, Ok(Migrated { applied: vec![2], current: 2 }));
        assert_eq!(db.migrate(&[FIRST, SECOND], 9).await, Ok(Migrated { applied: vec![], current: 2 }));
        assert_eq!(db.pending_migrations(&[FIRST, SECOND]).await, Ok(vec![]));
        assert_eq!(pairs(db).await, 3);
        let sql = "SELECT number, name, applied_ms FROM schema_migration ORDER BY number";
        let read = db.read(move |tx| tx.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))));
        let recorded: Vec<(i64, String, i64)> = read.await.unwrap();
        assert_eq!(recorded, [(1, "first".to_owned(), 7), (2, "second".to_owned(), 8)]);
    }
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing() {
    // Shows that an error in the middle undoes the statements before it, and keeps the migrations before it.
    for test in databases().await {
        let broken = Migration {
            number: 2,
            name: "broken",
            sql: "CREATE TABLE other (a BIGINT);\nINSERT INTO pair (a) VALUES (4);\nINSERT INTO nowhere VALUES (1);",
        };
        let error = test.db.migrate(&[FIRST, broken], 0).await.unwrap_err();
        assert!(matches!(&error, DbError::Migration(text) if text.starts_with("2 broken: ")), "{error:?}");
        assert_eq!(pairs(&test.db).await, 2);
        assert_eq!(test.db.pending_migrations(&[FIRST, SECOND]).await, Ok(vec![2]));
        let other = test.db.write(|tx| tx.execute("CREATE TABLE other (a BIGINT)", &[])).await;
        assert!(other.is_ok(), "{other:?}");
    }
}

#[tokio::test]
async fn changed_newer_and_disordered_lists_are_refused() {
    // Shows each refusal, from migrate and from pending_migrations alike.
    for test in databases().await {
        let db = &test.db;
        db.migrate(&[FIRST, SECOND], 0).await.unwrap();
        let changed = Migration { sql: "SELECT 1;", ..SECOND };
        let squeezed_in = Migration { number: 0, ..FIRST };
        let unknown_token = Migration { number: 3, name: "token", sql: "SELECT '{{what}}';" };
        for list in [&[FIRST, changed][..], &[squeezed_in, FIRST, SECOND], &[SECOND], &[SECOND, FIRST]] {
            for refused in [db.migrate(list, 0).await.map(drop), db.pending_migrations(list).await.map(drop)]
            {
                assert!(matches!(refused, Err(DbError::Migration(_))), "{refused:?}");
            }
        }
        assert_eq!(db.migrate(&[FIRST], 0).await, Err(DbError::TooNew { found: 2, known: 1 }));
        assert_eq!(db.pending_migrations(&[FIRST]).await, Err(DbError::TooNew { found: 2, known: 1 }));
        let token = db.migrate(&[FIRST, SECOND, unknown_token], 0).await;
        assert!(matches!(token, Err(DbError::Migration(_))), "{token:?}");
        assert_eq!(pairs(db).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_migrate_at_once() {
    // Shows that of two Dbs migrating together each step is applied by one of them only.
    for test in databases().await {
        let second =
            Db::open(&test.url, Options { busy_timeout_ms: 60_000, ..Options::default() }).await.unwrap();
        let list = [FIRST, SECOND];
        let (mine, theirs) = tokio::join!(test.db.migrate(&list, 1), second.migrate(&list, 2));
        let mut applied = [mine.unwrap().applied, theirs.unwrap().applied].concat();
        applied.sort_unstable();
        assert_eq!(applied, [1, 2]);
        assert_eq!(pairs(&test.db).await, 3);
        let written = test.db.write(|tx| tx.execute("DELETE FROM pair WHERE a = $1", params![3])).await;
        assert_eq!(written, Ok(1));
    }
}
