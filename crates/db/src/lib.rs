//! The one door to the database: SQLite inside the process or PostgreSQL beside it, behind the same transactions and rows.
//!
//! Work is a plain closure over [`Tx`], run by [`Db::read`], [`Db::write`] or [`Db::write_bulk`] on a thread that may block:
//! it must do nothing but talk to the database and compute. One SQL text serves both engines.
//!
//! # Portable SQL
//!
//! - Parameters are `$1`..`$n`. Ids, times (`_ms`) and bytes are BIGINT, small enums and flags SMALLINT,
//!   JSON is TEXT, raw bytes are BYTEA.
//! - `RETURNING`, `ON CONFLICT`, partial indexes, `WITH … AS MATERIALIZED`, row values and `IS NOT DISTINCT FROM` work alike.
//! - Write `NULLS LAST` (or FIRST) wherever a sorted column may be NULL, and `CAST(SUM(x) AS BIGINT)`.
//! - No `::type`, ILIKE, GREATEST, arrays, `FOR UPDATE` (see [`Tx::for_update`], [`Tx::skip_locked`]), NUMERIC, BOOLEAN or floating point columns.
//! - Pad IN lists to a few lengths (1, 10, 100, 500; repeat the last), so that few statements are prepared.
//! - Text is compared by bytes: make the PostgreSQL database with `LC_COLLATE 'C'`.

mod error;
mod migrate;
mod postgres;
mod sqlite;
#[cfg(feature = "test-support")]
pub mod testing;
mod tx;
mod value;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

pub use error::DbError;
pub use migrate::{Migrated, Migration};
use postgres::Postgres;
use sqlite::Sqlite;
pub use tx::Tx;
pub use value::{FromColumn, Param, Row};

/// Which database runs underneath.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in this process.
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
}

/// Limits and habits of a [`Db`].
#[derive(Debug, Clone)]
pub struct Options {
    /// SQLite: flush the disk at every commit; without it, an answered write may be lost with the power.
    pub synchronous_full: bool,
    /// SQLite: connections that read at the same time.
    pub readers_max: usize,
    /// SQLite: writes that may wait; one more gets [`DbError::Busy`].
    pub writer_queue_max: usize,
    /// SQLite: how long to wait for another process that is writing.
    pub busy_timeout_ms: u64,
    /// PostgreSQL: connections.
    pub pool_max: usize,
    /// How long to wait for a connection (or a free reader); also the deadline of [`Db::ping`].
    pub acquire_timeout_ms: u64,
    /// PostgreSQL: how long to wait for the answer to one statement, or for the next of its rows.
    pub statement_timeout_ms: u64,
    /// PostgreSQL: how long a work that writes may leave the server waiting for its next statement before the server
    /// undoes it: a process that was stopped must not keep rows locked. At least 1.
    pub idle_in_transaction_ms: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            synchronous_full: true,
            readers_max: 8,
            writer_queue_max: 4096,
            busy_timeout_ms: 5_000,
            pool_max: 16,
            acquire_timeout_ms: 2_000,
            statement_timeout_ms: 30_000,
            idle_in_transaction_ms: 2_000,
        }
    }
}

/// What a [`Db`] has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Works that read.
    pub reads: u64,
    /// Works that wrote and were committed.
    pub writes: u64,
    /// Commits; on SQLite fewer than writes, because several share one.
    pub commits: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
    commits: AtomicU64,
}

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    driver: Driver,
    counters: Arc<Counters>,
    ping_timeout: Duration,
}

enum Driver {
    Sqlite(Sqlite),
    Postgres(Postgres),
    #[cfg(feature = "test-support")]
    InLine(sqlite::InLine),
}

tokio::task_local! {
    static NOTE: Arc<str>;
}

/// Runs something whose writes carry this note: [`Tx::note`] gives it to whoever writes a log of them.
pub async fn with_note<T>(note: Arc<str>, work: impl Future<Output = T>) -> T {
    NOTE.scope(note, work).await
}

/// The work of a write with the note of the task that asks for it.
fn noting<T, E>(work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> impl FnOnce(&mut Tx<'_>) -> Result<T, E> {
    let note = NOTE.try_with(Arc::clone).ok();
    move |tx| {
        tx.set_note(note);
        work(tx)
    }
}

impl Db {
    /// Opens `sqlite://path/to/file` (made when missing), `sqlite::memory:` (a scratch file, gone with the last clone)
    /// or `postgres://user:password@host:port/name` (also `?host=/socket/directory`).
    ///
    /// [`DbError::Address`] when that makes no sense, [`DbError::Unavailable`] when nothing answers there in time.
    pub async fn open(url: &str, options: Options) -> Result<Db, DbError> {
        let counters = Arc::new(Counters::default());
        let driver = if let Some(address) = url.strip_prefix("sqlite:") {
            Driver::Sqlite(Sqlite::open(address, &options, &counters).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Driver::Postgres(Postgres::open(url, &options, &counters).await?)
        } else {
            return Err(DbError::Address("it begins with sqlite:// or postgres://".into()));
        };
        let ping_timeout = Duration::from_millis(options.acquire_timeout_ms);
        Ok(Db { inner: Arc::new(Inner { driver, counters, ping_timeout }) })
    }

    /// Which database runs underneath.
    pub fn engine(&self) -> Engine {
        match self.inner.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "test-support")]
            Driver::InLine(_) => Engine::Sqlite,
        }
    }

    /// Runs work that only reads: all its statements see the database at one moment.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.inner.counters.reads.fetch_add(1, Relaxed);
        match &self.inner.driver {
            Driver::Sqlite(sqlite) => sqlite.read(work).await,
            Driver::Postgres(postgres) => postgres.read(work).await,
            #[cfg(feature = "test-support")]
            Driver::InLine(in_line) => in_line.run(false, work).await,
        }
    }

    /// Runs work that writes, and answers when it is durable. An `Err` or a panic undoes this work and no other.
    ///
    /// If the future is dropped, the work still runs to its end.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let work = noting(work);
        match &self.inner.driver {
            Driver::Sqlite(sqlite) => sqlite.write(false, work).await,
            Driver::Postgres(postgres) => postgres.write(work).await,
            #[cfg(feature = "test-support")]
            Driver::InLine(in_line) => in_line.run(true, work).await,
        }
    }

    /// Like [`Db::write`] for long work such as an import: never sharing a commit with others.
    ///
    /// On SQLite all other writes wait meanwhile, so cut an import into works of well under a second.
    pub async fn write_bulk<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let work = noting(work);
        match &self.inner.driver {
            Driver::Sqlite(sqlite) => sqlite.write(true, work).await,
            Driver::Postgres(postgres) => postgres.write(work).await,
            #[cfg(feature = "test-support")]
            Driver::InLine(in_line) => in_line.run(true, work).await,
        }
    }

    /// Refreshes the statistics that plans rest on; worth it after a large import.
    pub async fn analyze(&self) -> Result<(), DbError> {
        self.write_bulk(|tx| tx.batch("ANALYZE")).await
    }

    /// Whether the database answers, within [`Options::acquire_timeout_ms`].
    pub async fn ping(&self) -> Result<(), DbError> {
        let asked = async {
            match &self.inner.driver {
                Driver::Sqlite(sqlite) => sqlite.ping().await,
                Driver::Postgres(postgres) => postgres.ping().await,
                #[cfg(feature = "test-support")]
                Driver::InLine(in_line) => in_line.alive(),
            }
        };
        let answer = tokio::time::timeout(self.inner.ping_timeout, asked).await;
        answer.unwrap_or_else(|_| Err(DbError::Unavailable("it did not answer in time".into())))
    }

    /// Tells the other processes on this database, whenever `rung` changes, that there is something to look at, and
    /// calls `heard` when one of them tells so, or when it may have and was not heard. Goes on until it is dropped;
    /// `channel` is a plain name in lower case.
    ///
    /// A hint, not a promise: whoever relies on it looks now and then by himself. SQLite has one process: nothing is
    /// told and nothing heard there.
    pub async fn exchange_signals(
        &self,
        channel: &'static str,
        rung: tokio::sync::watch::Receiver<()>,
        heard: impl Fn() + Send + Sync,
    ) {
        match &self.inner.driver {
            Driver::Sqlite(_) => std::future::pending().await,
            Driver::Postgres(postgres) => postgres.exchange_signals(channel, rung, heard).await,
            #[cfg(feature = "test-support")]
            Driver::InLine(_) => std::future::pending().await,
        }
    }

    /// What was done since opening.
    pub fn stats(&self) -> Stats {
        let counters = &self.inner.counters;
        Stats {
            reads: counters.reads.load(Relaxed),
            writes: counters.writes.load(Relaxed),
            commits: counters.commits.load(Relaxed),
        }
    }

    /// Finishes the writes that are queued and closes the database, for all clones: later works get
    /// [`DbError::Unavailable`].
    pub async fn close(self) {
        match &self.inner.driver {
            Driver::Sqlite(sqlite) => sqlite.close().await,
            Driver::Postgres(postgres) => postgres.close(),
            #[cfg(feature = "test-support")]
            Driver::InLine(in_line) => in_line.close(),
        }
    }
}

/// Runs work so that neither a panic nor a swallowed statement error passes for success.
pub(crate) fn guarded<T, E: From<DbError>>(
    tx: &mut Tx<'_>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    match catch_unwind(AssertUnwindSafe(|| work(tx))) {
        Ok(Ok(_)) if tx.doomed() => Err(DbError::Doomed.into()),
        Ok(result) => result,
        Err(_) => Err(DbError::Panicked.into()),
    }
}
