//! Ids that are handed out once.

use simlink_db::{Db, DbError, Options, testing::databases};

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_unique_across_threads_and_nodes() {
    // Shows 8 tasks on two Dbs of one database reserving 1,000 times blocks of different lengths: no id comes twice.
    for test in databases().await {
        test.db.migrate(&[], 0).await.unwrap();
        let second = Db::open(&test.url, Options::default()).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8_u32 {
            let db = if task % 2 == 0 { test.db.clone() } else { second.clone() };
            tasks.spawn(async move {
                let mut blocks = Vec::new();
                for round in 0..1_000_u32 {
                    let count = if round % 10 == 0 { 100 + task } else { 1 };
                    let first: i64 = db.write(move |tx| tx.reserve_ids(count)).await?;
                    blocks.push((first, i64::from(count)));
                }
                Ok::<_, DbError>(blocks)
            });
        }
        let mut blocks = Vec::new();
        while let Some(done) = tasks.join_next().await {
            blocks.extend(done.unwrap().unwrap());
        }
        blocks.sort_unstable();
        assert_eq!(blocks.len(), 8_000);
        assert!(blocks[0].0 >= 1_000_000_000_000);
        assert!(blocks.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        assert!(blocks.last().unwrap().0 < 1 << 53);
    }
}

#[tokio::test]
async fn ids_run_out_with_an_error() {
    // Shows that asking for more ids than there are below 2^53 fails and that ids are still handed out afterwards.
    for test in databases().await {
        test.db.migrate(&[], 0).await.unwrap();
        let near_the_end = match test.db.engine() {
            simlink_db::Engine::Sqlite => "UPDATE id_sequence SET next_id = 9007199254740000",
            simlink_db::Engine::Postgres => "SELECT setval('id_sequence', 9007199254740000)",
        };
        test.db.write(|tx| tx.execute(near_the_end, &[])).await.unwrap();
        let many: Result<i64, DbError> = test.db.write(|tx| tx.reserve_ids(u32::MAX)).await;
        assert!(many.is_err(), "{many:?}");
        let one: i64 = test.db.write(|tx| tx.reserve_ids(1)).await.unwrap();
        assert!(one < 1 << 53);
    }
}
