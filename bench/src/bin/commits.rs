//! The yardstick of writes: bare durable commits through the product's own database layer, one row each.
//!
//! `commits DATABASE_URL CLIENTS SECONDS` has that many clients insert one row a transaction, each as soon as its last
//! one is durable, and prints the commits a second.

use std::error::Error;
use std::time::{Duration, Instant};

use simlink_db::{Db, DbError, Options, Tx, params};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, clients, seconds] = arguments.as_slice() else {
        return Err("usage: commits DATABASE_URL CLIENTS SECONDS".into());
    };
    let (clients, seconds): (i64, u64) = (clients.parse()?, seconds.parse()?);
    let db = Db::open(url, Options::default()).await?;
    db.write(|tx: &mut Tx<'_>| {
        let sql =
            "CREATE TABLE IF NOT EXISTS commits (client BIGINT, number BIGINT, PRIMARY KEY (client, number))";
        tx.execute(sql, &[])?;
        tx.execute("DELETE FROM commits", &[])
    })
    .await?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let running: Vec<_> = (0..clients).map(|client| tokio::spawn(insert(db.clone(), client, end))).collect();
    let mut commits = 0;
    for client in running {
        commits += client.await??;
    }
    let per_second = f64::from(u32::try_from(commits)?) / begun.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "commits": commits, "per_second": per_second }));
    db.close().await;
    Ok(())
}

async fn insert(db: Db, client: i64, end: Instant) -> Result<i64, DbError> {
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        let sql = "INSERT INTO commits (client, number) VALUES ($1, $2)";
        db.write(move |tx: &mut Tx<'_>| tx.execute(sql, params![client, number])).await?;
    }
    Ok(number)
}
