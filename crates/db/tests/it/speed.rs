//! Measurements, to be run alone: `cargo test --release -p simlink-db --test it -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use simlink_db::{Db, DbError, Param, params, testing::databases};

const ROWS: i64 = 200_000;
const WRITES_PER_CLIENT: i64 = 1_000;

fn per_second(count: i64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// Inserts [`ROWS`] rows into a table of 20 columns.
async fn insert(db: &Db) -> Duration {
    let columns: Vec<String> =
        (1..20).map(|n| format!("c{n} {}", if n % 2 == 0 { "TEXT" } else { "BIGINT" })).collect();
    let create = format!("CREATE TABLE wide (id BIGINT PRIMARY KEY, {})", columns.join(", "));
    db.write(move |tx| tx.execute(&create, &[])).await.unwrap();
    let started = Instant::now();
    let inserted = db.write_bulk(|tx| {
        let names: Vec<String> = (1..20).map(|n| format!("c{n}")).collect();
        let columns = format!("wide (id, {})", names.join(", "));
        let mut inserted = 0;
        for chunk in 0..ROWS / 1_000 {
            let value =
                |id, c| if c % 2 == 0 && c > 0 { Param::Text("a short text") } else { Param::Int(id + c) };
            let ids = chunk * 1_000..(chunk + 1) * 1_000;
            let rows: Vec<Param<'_>> = ids.flat_map(|id| (0..20).map(move |c| value(id, c))).collect();
            inserted += tx.insert_many(&columns, 20, &rows, "")?;
        }
        Ok::<_, DbError>(inserted)
    });
    assert_eq!(inserted.await, Ok(ROWS as u64));
    started.elapsed()
}

/// Reads every value of them.
async fn stream(db: &Db) -> Duration {
    let started = Instant::now();
    let read = db.read(|tx| {
        let mut length = 0;
        tx.for_each("SELECT * FROM wide", &[], |row| {
            for column in 0..20 {
                length += if let Param::Text(text) = row.value(column)? { text.len() } else { 1 };
            }
            Ok::<_, DbError>(())
        })?;
        Ok::<_, DbError>(length)
    });
    assert_eq!(read.await, Ok(ROWS as usize * (11 + 9 * "a short text".len())));
    started.elapsed()
}

/// Short durable writes (read, update) by many clients at once.
async fn writes(db: &Db, clients: i64) -> Duration {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let db = db.clone();
        tasks.spawn(async move {
            for round in 0..WRITES_PER_CLIENT {
                let id = (client * 7_919 + round * 104_729) % ROWS;
                let written = db.write(move |tx| {
                    let now: i64 =
                        tx.get("SELECT c1 FROM wide WHERE id = $1", params![id], |row| row.get(0))?;
                    tx.execute("UPDATE wide SET c1 = $2 WHERE id = $1", params![id, now + 1])
                });
                assert_eq!(written.await, Ok::<_, DbError>(1));
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, to be run alone and in release"]
async fn speed() {
    // Shows rows and writes a second; that the counts are right is asserted, the figures are for people.
    for test in databases().await {
        let db = &test.db;
        println!("{:?}: insert {:.0} rows/s", db.engine(), per_second(ROWS, insert(db).await));
        println!("{:?}: stream {:.0} rows/s", db.engine(), per_second(ROWS, stream(db).await));
        for clients in [1, 8, 32] {
            let speed = per_second(clients * WRITES_PER_CLIENT, writes(db, clients).await);
            println!("{:?}: {clients} clients {speed:.0} writes/s", db.engine());
        }
        println!("{:?}: {:?}", db.engine(), db.stats());
    }
}
