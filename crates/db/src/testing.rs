//! Fresh databases for tests, on both engines: each test takes [`databases`] and shows its point on every one.
//!
//! `SIMLINK_TEST_POSTGRES` holds the address of a cluster's maintenance database, with a role that may create databases
//! (`scripts/postgres start` makes such a cluster). Without it the tests fail, unless `SIMLINK_TEST_SQLITE_ONLY=1` says that
//! this is meant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::sqlite::InLine;
use crate::{Counters, Db, DbError, Driver, Engine, Inner, Options};

/// A fresh, empty database, gone when this is dropped.
pub struct TestDb {
    /// The database, open.
    pub db: Db,
    /// Its address, to open it again.
    pub url: String,
    _scratch: Scratch,
}

enum Scratch {
    Directory { _removed_on_drop: TempDir },
    Database { maintenance: String, name: String },
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The engines to test on: SQLite, and PostgreSQL unless it is left out on purpose.
pub fn engines() -> Vec<Engine> {
    match postgres_url() {
        Some(_) => vec![Engine::Sqlite, Engine::Postgres],
        None => vec![Engine::Sqlite],
    }
}

/// One fresh database on each of the [`engines`].
pub async fn databases() -> Vec<TestDb> {
    let mut databases = Vec::new();
    for engine in engines() {
        databases.push(TestDb::new(engine, Options::default()).await);
    }
    databases
}

/// An SQLite database in memory that has no threads: works run one after the other on the caller's, after as many
/// pauses as dice of `seed` say. On a runtime of one thread equal seeds interleave tasks equally, others differently.
/// It begins with the content of `image`, or empty.
///
/// # Errors
/// An image that is none.
pub fn in_line(image: Option<&[u8]>, seed: u64) -> Result<Db, DbError> {
    let counters = Arc::new(Counters::default());
    let driver = Driver::InLine(InLine::open(image, seed, &counters)?);
    Ok(Db { inner: Arc::new(Inner { driver, counters, ping_timeout: Duration::from_secs(1) }) })
}

/// The whole content of a database made by [`in_line`], for further ones to begin with.
///
/// # Errors
/// [`DbError::Other`] for any other database.
pub fn image(db: &Db) -> Result<Vec<u8>, DbError> {
    match &db.inner.driver {
        Driver::InLine(in_line) => in_line.image(),
        _ => Err(DbError::Other("only a database in memory has an image".to_owned())),
    }
}

impl TestDb {
    /// A fresh database. Panics when it cannot be made: it is for tests.
    pub async fn new(engine: Engine, options: Options) -> TestDb {
        match engine {
            Engine::Sqlite => {
                let directory = TempDir::new().expect("tests need a temporary directory");
                let url = format!("sqlite://{}", directory.path().join("test.sqlite").display());
                let db = Db::open(&url, options).await.expect("a fresh SQLite file opens");
                TestDb { db, url, _scratch: Scratch::Directory { _removed_on_drop: directory } }
            }
            Engine::Postgres => {
                let maintenance =
                    postgres_url().expect("PostgreSQL was asked for and SIMLINK_TEST_POSTGRES is not set");
                let name = format!("simlink_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
                command(
                    &maintenance,
                    &format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'"),
                )
                .await;
                let url = with_database(&maintenance, &name);
                let db = Db::open(&url, options).await.expect("a fresh PostgreSQL database opens");
                TestDb { db, url, _scratch: Scratch::Database { maintenance, name } }
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Scratch::Database { maintenance, name } = self else {
            return;
        };
        let (maintenance, name) = (std::mem::take(maintenance), std::mem::take(name));
        // A test's runtime may be single-threaded and is busy dropping us: the command gets its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime for dropping a test database");
            runtime.block_on(command(&maintenance, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        if dropped.join().is_err() {
            tracing::warn!("a test database was not dropped");
        }
    }
}

async fn command(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("SIMLINK_TEST_POSTGRES must name a running PostgreSQL");
    let connection = tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .expect("the role of SIMLINK_TEST_POSTGRES must be able to create databases");
    drop(client);
    connection.await.expect("the connection ends by itself").expect("the connection ends well");
}

/// The same address with another database name.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let host_start = address.find("://").map_or(0, |scheme| scheme + 3);
    let host_end = address[host_start..].find('/').map_or(address.len(), |slash| host_start + slash);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..host_end])
}

#[expect(clippy::disallowed_methods, reason = "which cluster to test on is known only to the environment")]
fn postgres_url() -> Option<String> {
    let url = std::env::var("SIMLINK_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    let left_out = std::env::var("SIMLINK_TEST_SQLITE_ONLY").is_ok_and(|value| value == "1");
    assert!(
        url.is_some() || left_out,
        "set SIMLINK_TEST_POSTGRES to the address that `scripts/postgres start` prints, \
         or SIMLINK_TEST_SQLITE_ONLY=1 to leave PostgreSQL out"
    );
    url.filter(|_| !left_out)
}
