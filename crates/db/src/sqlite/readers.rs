//! Reading on SQLite: a bounded set of read-only connections, used on threads that may block.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{
    Place,
    connection::{Role, SqliteConnection, SqliteTx},
};
use crate::{DbError, Options, Tx, guarded};

/// The readers of one database.
pub(super) struct Readers {
    place: Place,
    options: Options,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
}

impl Readers {
    pub(super) fn new(place: Place, options: &Options) -> Readers {
        Readers {
            place,
            options: options.clone(),
            permits: Arc::new(Semaphore::new(options.readers_max.max(1))),
            idle: Arc::default(),
        }
    }

    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let deadline = Duration::from_millis(self.options.acquire_timeout_ms);
        let permit = match tokio::time::timeout(deadline, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(DbError::Unavailable("it was closed".into()).into()),
            Err(_) => return Err(DbError::Busy("all readers are in use").into()),
        };
        let (place, options, idle) = (self.place.clone(), self.options.clone(), Arc::clone(&self.idle));
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let reused = idle.lock().pop();
            let mut reader = match reused {
                Some(reader) => reader,
                None => SqliteConnection::open(&place.path, Role::Reader, &options)?,
            };
            let result = snapshot(&mut reader, work);
            if reader.connection.is_autocommit() {
                idle.lock().push(reader);
            }
            result
        });
        read.await.unwrap_or_else(|_| Err(DbError::Unavailable("the program is stopping".into()).into()))
    }

    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }
}

/// A deferred transaction: its first statement takes the snapshot that all others see.
fn snapshot<T, E: From<DbError>>(
    reader: &mut SqliteConnection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    reader.control("BEGIN")?;
    let result = guarded(&mut Tx::sqlite(SqliteTx(reader)), work);
    if !reader.connection.is_autocommit() {
        reader.control("ROLLBACK")?;
    }
    result
}
