//! What one work keeps, undoes and sees.

use std::{sync::mpsc, time::Duration};

use simlink_db::{Db, DbError, Engine, Options, Tx, params, testing::databases};

use crate::{add_note, note_ids, with_notes};

#[tokio::test]
async fn an_error_undoes_the_work() {
    // Shows that nothing is kept of work that ends in an error of its caller's own kind.
    #[derive(Debug, PartialEq)]
    enum Refusal {
        Full,
        Database(DbError),
    }
    impl From<DbError> for Refusal {
        fn from(error: DbError) -> Self {
            Refusal::Database(error)
        }
    }
    for test in databases().await {
        with_notes(&test.db).await;
        let refused: Result<(), Refusal> = test
            .db
            .write(|tx| {
                tx.execute("INSERT INTO note (note_id, title) VALUES (1, 'one')", &[])?;
                Err(Refusal::Full)
            })
            .await;
        assert_eq!(refused, Err(Refusal::Full));
        assert_eq!(note_ids(&test.db).await, []);
    }
}

#[tokio::test]
async fn a_panic_undoes_the_work_and_no_more() {
    // Shows that the database serves on after a panic in a write and in a read.
    for test in databases().await {
        with_notes(&test.db).await;
        let written: Result<(), DbError> = test
            .db
            .write(|tx| {
                tx.execute("INSERT INTO note (note_id, title) VALUES (1, 'one')", &[])?;
                panic!("on purpose")
            })
            .await;
        assert_eq!(written, Err(DbError::Panicked));
        let read: Result<(), DbError> = test.db.read(|_| panic!("on purpose")).await;
        assert_eq!(read, Err(DbError::Panicked));
        assert_eq!(add_note(&test.db, 2).await, Ok(1));
        assert_eq!(note_ids(&test.db).await, [2]);
    }
}

#[tokio::test]
async fn a_swallowed_statement_error_is_no_success() {
    // Shows that work which goes on after a failed statement keeps nothing, on both engines alike.
    for test in databases().await {
        with_notes(&test.db).await;
        add_note(&test.db, 1).await.unwrap();
        let written: Result<(), DbError> = test
            .db
            .write(|tx| {
                tx.execute("INSERT INTO note (note_id, title) VALUES (2, 'two')", &[])?;
                let twice = tx.execute("INSERT INTO note (note_id, title) VALUES (1, 'again')", &[]);
                assert!(twice.is_err());
                let after = tx.execute("INSERT INTO note (note_id, title) VALUES (3, 'three')", &[]);
                assert_eq!(after, Err(DbError::Doomed));
                Ok(())
            })
            .await;
        assert_eq!(written, Err(DbError::Doomed));
        assert_eq!(note_ids(&test.db).await, [1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_one_moment() {
    // Shows that a write committed in the middle of a read is not seen by that read.
    for test in databases().await {
        with_notes(&test.db).await;
        let (seen_sender, seen) = tokio::sync::oneshot::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let count = "SELECT COUNT(*) FROM note";
        let reading = tokio::spawn({
            let db = test.db.clone();
            async move {
                db.read(move |tx| {
                    let before: i64 = tx.get(count, &[], |row| row.get(0))?;
                    seen_sender.send(()).unwrap();
                    wait.recv().unwrap();
                    let after: i64 = tx.get(count, &[], |row| row.get(0))?;
                    Ok::<_, DbError>((before, after))
                })
                .await
            }
        });
        seen.await.unwrap();
        add_note(&test.db, 1).await.unwrap();
        assert_eq!(note_ids(&test.db).await, [1]);
        go_on.send(()).unwrap();
        assert_eq!(reading.await.unwrap(), Ok((0, 0)));
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    // Shows that a write through the wrong door fails.
    for test in databases().await {
        with_notes(&test.db).await;
        let sql = "INSERT INTO note (note_id, title) VALUES ($1, 'one')";
        let written = test.db.read(move |tx| tx.execute(sql, params![1])).await;
        assert!(matches!(written, Err(DbError::Other(_))), "{written:?}");
        assert_eq!(note_ids(&test.db).await, []);
    }
}

#[tokio::test]
async fn later_statements_keep_their_order_and_their_errors() {
    // Shows that statements nobody waits for run before the next one and with the COMMIT, that the failure of one
    // undoes the whole work wherever it stands, and that they do not pass through the wrong door.
    fn add_later(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
        let title = id.to_string();
        tx.execute_later("INSERT INTO note (note_id, title) VALUES ($1, $2)", params![id, title.as_str()])
    }
    for test in databases().await {
        with_notes(&test.db).await;
        let seen: Result<i64, DbError> = test
            .db
            .write(|tx| {
                (1..=60).try_for_each(|id| add_later(tx, id))?;
                let seen = tx.get("SELECT COUNT(*) FROM note", &[], |row| row.get(0))?;
                tx.execute_later("DELETE FROM note WHERE note_id < $1", params![60])?;
                Ok(seen)
            })
            .await;
        assert_eq!(seen, Ok(60));
        assert_eq!(note_ids(&test.db).await, [60]);

        let last = test.db.write(|tx| {
            add_later(tx, 61)?;
            add_later(tx, 60)
        });
        assert!(last.await.is_err_and(|error| error.is_unique_violation()));
        let between = test.db.write(|tx| {
            add_later(tx, 60)?;
            tx.execute("DELETE FROM note", &[]).map(|_| ())
        });
        assert!(between.await.is_err_and(|error| error.is_unique_violation()));
        let wrong_door = test.db.read(|tx| add_later(tx, 63)).await;
        assert!(matches!(wrong_door, Err(DbError::Other(_))), "{wrong_door:?}");
        assert_eq!(note_ids(&test.db).await, [60]);
    }
}

#[tokio::test]
async fn answered_writes_are_there_after_reopening() {
    // Shows that what was answered is found by another Db while the first is open and after it is closed.
    for test in databases().await {
        with_notes(&test.db).await;
        add_note(&test.db, 1).await.unwrap();
        let second = Db::open(&test.url, Options::default()).await.unwrap();
        assert_eq!(note_ids(&second).await, [1]);
        second.close().await;
        add_note(&test.db, 2).await.unwrap();
        test.db.clone().close().await;
        assert!(matches!(add_note(&test.db, 3).await, Err(DbError::Unavailable(_))));
        let third = Db::open(&test.url, Options::default()).await.unwrap();
        assert_eq!(note_ids(&third).await, [1, 2]);
    }
}

#[tokio::test]
async fn a_log_is_read_in_the_order_of_its_ids() {
    // Shows that rows of a log have rising ids although their transaction had stocked lower ones, that the id of a
    // transaction which is open is not below the settled mark, and that ids are marked as final only when every
    // transaction that may still write lower ones has ended, one that began after the last commit included.
    for test in databases().await {
        let table = "CREATE TABLE note_log (sequence BIGINT PRIMARY KEY, transaction_id BIGINT NOT NULL, note TEXT NOT NULL)";
        test.db.migrate(&[], 0).await.unwrap();
        test.db.write(|tx| tx.execute(table, &[])).await.unwrap();
        let append = |tx: &mut Tx<'_>, note: &str| {
            tx.append_later("note_log", "sequence, transaction_id, note", params![note])
        };
        let other = test.db.clone();
        test.db
            .write(move |tx| {
                tx.stock_ids(10)?;
                append(tx, "first")
            })
            .await
            .unwrap();
        other.write(move |tx| append(tx, "second")).await.unwrap();
        let rows = |tx: &mut Tx<'_>| {
            tx.rows("SELECT sequence, transaction_id, note FROM note_log ORDER BY sequence", &[], |row| {
                Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?))
            })
        };
        let found = test.db.read(rows).await.unwrap();
        assert_eq!(found.iter().map(|row| row.2.as_str()).collect::<Vec<_>>(), ["first", "second"]);
        let marked = test.db.read(|tx| tx.mark_ids()).await.unwrap();
        if test.db.engine() == Engine::Sqlite {
            assert_eq!(marked, None);
            continue;
        }
        let (open, is_open) = tokio::sync::oneshot::channel();
        let (close, may_close) = std::sync::mpsc::channel::<()>();
        let writing = tokio::spawn(async move {
            other
                .write(move |tx| {
                    append(tx, "late")?;
                    let settled_before = tx.settled_before()?;
                    open.send(settled_before).unwrap();
                    may_close.recv().map_err(|_| DbError::NotFound)?;
                    Ok::<_, DbError>(settled_before)
                })
                .await
        });
        let settled_meanwhile = is_open.await.unwrap();
        let (last, before) = test.db.read(|tx| tx.mark_ids()).await.unwrap().unwrap();
        assert!(test.db.read(|tx| tx.settled_before()).await.unwrap() < before, "one is open");
        close.send(()).unwrap();
        writing.await.unwrap().unwrap();
        // Transactions of other databases in the cluster hold the mark back as long as they run.
        let settle = async {
            while test.db.read(|tx| tx.settled_before()).await? < before {}
            Ok::<_, DbError>(())
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), settle).await, Ok(Ok(())));
        let found = test.db.read(rows).await.unwrap();
        let late = found.last().unwrap();
        assert!(late.2 == "late" && late.0 <= last && late.1 >= settled_meanwhile, "{late:?} {last}");
    }
}

#[tokio::test]
async fn a_dead_database_is_told_quickly() {
    // Shows the error for addresses that make no sense or where nothing answers.
    let open = |url: &'static str| async { Db::open(url, Options::default()).await.map(|_| ()).unwrap_err() };
    for url in ["mysql://x", "sqlite://", "sqlite:file.db", "postgres://host:notaport/x"] {
        assert!(matches!(open(url).await, DbError::Address(_)), "{url}");
    }
    assert!(matches!(open("sqlite:///nonexistent/directory/x.sqlite").await, DbError::Unavailable(_)));
    assert!(matches!(open("postgres://x@127.0.0.1:1/x").await, DbError::Unavailable(_)));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    // Shows that the pool serves on after a statement ran into its limit (PostgreSQL).
    for test in databases().await {
        if test.db.engine() == Engine::Sqlite {
            continue;
        }
        let options = Options { statement_timeout_ms: 50, pool_max: 1, ..Options::default() };
        let db = Db::open(&test.url, options).await.unwrap();
        let slept = db.write(|tx| tx.execute("SELECT pg_sleep(60)", &[])).await;
        assert!(matches!(slept, Err(DbError::Unavailable(_))), "{slept:?}");
        assert_eq!(db.ping().await, Ok(()));
    }
}

#[tokio::test]
async fn a_stopped_process_gives_its_locks_back() {
    // Shows that a work which stands still in the middle is undone, and that whoever waits for its row goes on
    // (PostgreSQL).
    for test in databases().await {
        if test.db.engine() == Engine::Sqlite {
            continue;
        }
        with_notes(&test.db).await;
        add_note(&test.db, 1).await.unwrap();
        let options = Options { idle_in_transaction_ms: 50, ..Options::default() };
        let stopped = Db::open(&test.url, options).await.unwrap();
        let rename = "UPDATE note SET title = $1 WHERE note_id = 1";
        let (locked, is_locked) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
        let standing = tokio::spawn(async move {
            let work = move |tx: &mut Tx<'_>| {
                tx.execute(rename, params!["stopped"])?;
                locked.send(()).unwrap();
                may_go_on.recv().unwrap();
                tx.execute(rename, params!["woken"])
            };
            stopped.write(work).await
        });
        is_locked.await.unwrap();
        let waited = test.db.write(move |tx| tx.execute(rename, params!["other"])).await;
        assert_eq!(waited, Ok(1));
        go_on.send(()).unwrap();
        let woken = standing.await.unwrap();
        assert!(matches!(woken, Err(DbError::Unavailable(_))), "{woken:?}");
        let title =
            test.db.read(|tx| tx.get("SELECT title FROM note", &[], |row| row.get::<String>(0))).await;
        assert_eq!(title.as_deref(), Ok("other"));
    }
}

#[tokio::test]
async fn the_pool_recovers_from_lost_connections() {
    // Shows that after the server ended every connection, works soon succeed again (PostgreSQL).
    for test in databases().await {
        if test.db.engine() == Engine::Sqlite {
            continue;
        }
        with_notes(&test.db).await;
        let second = Db::open(&test.url, Options::default()).await.unwrap();
        let end_others = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let ended: i64 = second.read(move |tx| tx.get(end_others, &[], |row| row.get(0))).await.unwrap();
        assert!(ended >= 1);
        // The end of a connection may be noticed only by the first work that uses it: each fails one at most.
        let mut lost = 0;
        while let Err(error) = add_note(&test.db, 1).await {
            assert!(matches!(error, DbError::Unavailable(_)), "{error:?}");
            lost += 1;
            assert!(lost <= ended, "{lost} of {ended}");
        }
        assert_eq!(add_note(&test.db, 2).await, Ok(1));
        assert_eq!(test.db.ping().await, Ok(()));
    }
}

#[tokio::test]
async fn a_scratch_database_is_shared_by_readers_and_writer() {
    // Shows that sqlite::memory: is one database for all clones and another for each Db.
    let first = Db::open("sqlite::memory:", Options::default()).await.unwrap();
    let second = Db::open("sqlite::memory:", Options::default()).await.unwrap();
    with_notes(&first).await;
    with_notes(&second).await;
    add_note(&first, 1).await.unwrap();
    assert_eq!(note_ids(&first.clone()).await, [1]);
    assert_eq!(note_ids(&second).await, []);
    assert_eq!(first.ping().await, Ok(()));
}
