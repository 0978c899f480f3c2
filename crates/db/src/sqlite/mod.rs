//! The embedded engine: one writer thread, a few readers, one file.

mod connection;
#[cfg(feature = "test-support")]
mod in_line;
mod readers;
mod writer;

use std::{path::PathBuf, sync::Arc};

use tempfile::TempDir;

pub(crate) use connection::{SqliteTx, value};
#[cfg(feature = "test-support")]
pub(crate) use in_line::InLine;
use readers::Readers;
use writer::Writer;

use crate::{Counters, DbError, Options, Tx};

/// Where the file is, and for `sqlite::memory:` the directory that goes with the last user of it.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    scratch: Option<Arc<TempDir>>,
}

/// An open SQLite database.
pub(crate) struct Sqlite {
    writer: Writer,
    readers: Readers,
}

impl Sqlite {
    /// Opens `sqlite://path/to/file` (made when missing) or `sqlite::memory:`.
    pub(crate) async fn open(
        address: &str,
        options: &Options,
        counters: &Arc<Counters>,
    ) -> Result<Sqlite, DbError> {
        let place = place(address)?;
        // What goes when the process goes needs no flush.
        let mut options = options.clone();
        options.synchronous_full &= place.scratch.is_none();
        let opened = tokio::task::spawn_blocking({
            let (place, options, counters) = (place.clone(), options.clone(), Arc::clone(counters));
            move || Writer::open(place, &options, counters)
        });
        let writer = opened.await.map_err(|_| DbError::Panicked)??;
        Ok(Sqlite { writer, readers: Readers::new(place, &options) })
    }

    /// Runs the work on a snapshot.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Queues the work for the writer; `alone` keeps it out of a shared commit.
    pub(crate) async fn write<T, E, F>(&self, alone: bool, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.write(alone, work).await
    }

    /// Whether the writer thread lives and a reader answers.
    pub(crate) async fn ping(&self) -> Result<(), DbError> {
        self.writer.alive()?;
        self.read(|tx| tx.get("SELECT 1", &[], |row| row.get::<i64>(0)).map(drop)).await
    }

    /// Finishes what is queued, then closes the file.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
    }
}

fn place(address: &str) -> Result<Place, DbError> {
    if address == ":memory:" {
        let scratch = TempDir::new().map_err(|error| DbError::Unavailable(error.to_string()))?;
        return Ok(Place { path: scratch.path().join("simlink.sqlite"), scratch: Some(Arc::new(scratch)) });
    }
    match address.strip_prefix("//") {
        Some(path) if !path.is_empty() && !path.contains('?') => {
            Ok(Place { path: PathBuf::from(path), scratch: None })
        }
        _ => Err(DbError::Address("write sqlite://path/to/file or sqlite::memory:".into())),
    }
}
