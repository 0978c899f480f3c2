//! SQLite's one writer: shared commits, the bounded queue, and another process on the same file.

use std::sync::mpsc;

use simlink_db::{Db, DbError, Engine, Options, testing::TestDb};

use crate::{add_note, note_ids, with_notes};

/// Occupies the writer until the sender is used, and returns once it is occupied.
async fn occupy(db: &Db) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), DbError>>) {
    let (go_on, wait) = mpsc::channel::<()>();
    let (begun_sender, begun) = tokio::sync::oneshot::channel();
    let occupied = tokio::spawn({
        let db = db.clone();
        async move {
            db.write_bulk(move |_| {
                begun_sender.send(()).unwrap();
                wait.recv().unwrap();
                Ok(())
            })
            .await
        }
    });
    begun.await.unwrap();
    (go_on, occupied)
}

async fn sqlite(options: Options) -> TestDb {
    let test = TestDb::new(Engine::Sqlite, options).await;
    with_notes(&test.db).await;
    test
}

#[tokio::test]
async fn waiting_writes_share_a_commit() {
    // Shows 100 writes in few commits, of which one errs, one panics and one breaks a constraint: the 97 others are kept.
    let test = sqlite(Options::default()).await;
    add_note(&test.db, 50).await.unwrap();
    let (go_on, occupied) = occupy(&test.db).await;
    let before = test.db.stats();
    let works = (1..=100).map(|note_id| {
        let db = test.db.clone();
        async move {
            db.write(move |tx| {
                let title = format!("note {note_id}");
                tx.execute(
                    "INSERT INTO note (note_id, title) VALUES ($1, $2)",
                    simlink_db::params![note_id, &title],
                )?;
                match note_id {
                    10 => Err(DbError::NotFound),
                    20 => panic!("on purpose"),
                    _ => Ok(()),
                }
            })
            .await
        }
    });
    // Polled once each, they stand in the queue before the writer is let go.
    let all = futures_util::future::join_all(works);
    tokio::pin!(all);
    assert!(futures_util::poll!(&mut all).is_pending());
    go_on.send(()).unwrap();
    occupied.await.unwrap().unwrap();
    let results = all.await;
    let after = test.db.stats();

    let failed =
        results.iter().zip(1_i64..).filter_map(|(result, id)| result.as_ref().err().map(|error| (id, error)));
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 3, "{failed:?}");
    assert_eq!(failed[0], (10, &DbError::NotFound));
    assert_eq!(failed[1], (20, &DbError::Panicked));
    assert!(failed[2].0 == 50 && failed[2].1.is_unique_violation());
    let kept: Vec<i64> = (1..=100).filter(|id| ![10, 20].contains(id)).collect();
    assert_eq!(note_ids(&test.db).await, kept);
    assert_eq!(after.writes - before.writes, 97 + 1);
    let commits = after.commits - before.commits;
    assert!((2..=20).contains(&commits), "{commits} commits for the bulk work and 100 writes");
}

#[tokio::test]
async fn bulk_work_commits_alone() {
    // Shows that bulk work between two writes shares its commit with neither.
    let test = sqlite(Options::default()).await;
    let (go_on, occupied) = occupy(&test.db).await;
    let before = test.db.stats().commits;
    let sql = "INSERT INTO note (note_id, title) VALUES (2, 'two')";
    let all = futures_util::future::join3(
        add_note(&test.db, 1),
        test.db.write_bulk(move |tx| tx.execute(sql, &[])),
        add_note(&test.db, 3),
    );
    tokio::pin!(all);
    assert!(futures_util::poll!(&mut all).is_pending());
    go_on.send(()).unwrap();
    occupied.await.unwrap().unwrap();
    assert_eq!(all.await, (Ok(1), Ok(1), Ok(1)));
    assert_eq!(test.db.stats().commits - before, 1 + 3);
}

#[tokio::test]
async fn a_full_queue_refuses() {
    // Shows Busy at once when as many writes wait as may, and that the waiting ones are done all the same.
    let test = sqlite(Options { writer_queue_max: 2, ..Options::default() }).await;
    let (go_on, occupied) = occupy(&test.db).await;
    let waiting = futures_util::future::join(add_note(&test.db, 1), add_note(&test.db, 2));
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert!(matches!(add_note(&test.db, 3).await, Err(DbError::Busy(_))));
    go_on.send(()).unwrap();
    occupied.await.unwrap().unwrap();
    assert_eq!(waiting.await, (Ok(1), Ok(1)));
    assert_eq!(note_ids(&test.db).await, [1, 2]);
}

#[tokio::test]
async fn closing_finishes_what_is_queued() {
    // Shows that queued writes are committed by close.
    let test = sqlite(Options::default()).await;
    let (go_on, occupied) = occupy(&test.db).await;
    let waiting = add_note(&test.db, 1);
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    go_on.send(()).unwrap();
    test.db.clone().close().await;
    assert_eq!(occupied.await.unwrap(), Ok(()));
    assert_eq!(waiting.await, Ok(1));
}

#[tokio::test]
async fn another_process_on_the_file_is_waited_for() {
    // Shows Busy after the waiting time while another holds the lock, that reads go on, and that waiting long enough helps.
    let test = sqlite(Options::default()).await;
    let impatient = Options { busy_timeout_ms: 1, ..Options::default() };
    let impatient = Db::open(&test.url, impatient).await.unwrap();
    let patient = Options { busy_timeout_ms: 60_000, ..Options::default() };
    let patient = Db::open(&test.url, patient).await.unwrap();
    let (go_on, occupied) = occupy(&test.db).await;
    assert!(matches!(add_note(&impatient, 1).await, Err(DbError::Busy(_))));
    assert_eq!(note_ids(&impatient).await, []);
    let waiting = add_note(&patient, 2);
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    go_on.send(()).unwrap();
    assert_eq!(waiting.await, Ok(1));
    occupied.await.unwrap().unwrap();
    assert_eq!(add_note(&impatient, 1).await, Ok(1));
    assert_eq!(note_ids(&test.db).await, [1, 2]);
}
