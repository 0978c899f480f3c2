//! SQLite in memory and without threads, for simulations: works run one after the other where they are asked for, so
//! that a run on one thread repeats itself, however its tasks are interleaved.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use rusqlite::MAIN_DB;

use super::connection::{Role, SqliteConnection, SqliteTx, from_rusqlite};
use crate::{Counters, DbError, Options, Tx, guarded};

/// Works pause up to this often before they run, and again before they answer.
const PAUSES_MAX: u64 = 3;

/// One connection, used in turns.
pub(crate) struct InLine {
    /// `None` once closed.
    connection: Mutex<Option<SqliteConnection>>,
    /// A Weyl sequence from the seed: which works pause, and how often.
    dice: AtomicU64,
    counters: Arc<Counters>,
}

impl InLine {
    /// A database with the content of `image`, or an empty one.
    pub(crate) fn open(image: Option<&[u8]>, seed: u64, counters: &Arc<Counters>) -> Result<Self, DbError> {
        let mut connection =
            SqliteConnection::open(Path::new(":memory:"), Role::Writer, &Options::default())?;
        if let Some(image) = image {
            let database = &mut connection.connection;
            database.deserialize_read_exact(MAIN_DB, image, image.len(), false).map_err(from_rusqlite)?;
        }
        Ok(Self {
            connection: Mutex::new(Some(connection)),
            dice: AtomicU64::new(seed),
            counters: counters.clone(),
        })
    }

    /// The whole content.
    pub(crate) fn image(&self) -> Result<Vec<u8>, DbError> {
        let mut connection = self.connection.lock();
        let connection = connection.as_mut().ok_or_else(closed)?;
        connection.connection.serialize(MAIN_DB).map(|data| data.to_vec()).map_err(from_rusqlite)
    }

    /// Runs the work; only one that `keeps` leaves something behind.
    pub(crate) async fn run<T, E, F>(&self, keeps: bool, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
        E: From<DbError>,
    {
        self.pause().await;
        let result = self.at_once(keeps, work);
        self.pause().await;
        result
    }

    pub(crate) fn alive(&self) -> Result<(), DbError> {
        self.connection.lock().as_ref().map(|_| ()).ok_or_else(closed)
    }

    pub(crate) fn close(&self) {
        self.connection.lock().take();
    }

    fn at_once<T, E: From<DbError>>(
        &self,
        keeps: bool,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection.lock();
        let connection = connection.as_mut().ok_or_else(closed)?;
        connection.control(if keeps { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        let result = guarded(&mut Tx::sqlite(SqliteTx(connection)), work);
        if keeps && result.is_ok() {
            connection.control("COMMIT")?;
            self.counters.commits.fetch_add(1, Relaxed);
            self.counters.writes.fetch_add(1, Relaxed);
        } else if !connection.connection.is_autocommit() {
            connection.control("ROLLBACK")?;
        }
        result
    }

    /// Lets other tasks go first, as often as the dice say.
    async fn pause(&self) {
        let mut mixed = self.dice.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 29;
        for _ in 0..mixed % (PAUSES_MAX + 1) {
            tokio::task::yield_now().await;
        }
    }
}

fn closed() -> DbError {
    DbError::Unavailable("it was closed".into())
}
