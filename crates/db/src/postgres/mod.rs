//! The shared engine: PostgreSQL behind a pool. Work runs on a thread that may block and waits there for each answer.

mod signals;
mod transaction;
mod value;

use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_postgres::{Config, NoTls, config::SslMode};

pub(crate) use transaction::PostgresTx;
use transaction::Session;
pub(crate) use value::value;

use crate::{Counters, DbError, Options, Tx};

/// Sent data that stays unacknowledged for this long means that the server is gone.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(10);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// What a transaction may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    pool: Pool,
    config: Config,
    counters: Arc<Counters>,
    limits: Limits,
    begin_write: Arc<str>,
}

/// How long to wait for the server.
#[derive(Clone, Copy)]
struct Limits {
    acquire: Duration,
    statement: Duration,
}

impl Postgres {
    /// Opens the pool and makes sure that one connection works.
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        counters: &Arc<Counters>,
    ) -> Result<Postgres, DbError> {
        let limits = Limits {
            acquire: Duration::from_millis(options.acquire_timeout_ms),
            statement: Duration::from_millis(options.statement_timeout_ms),
        };
        // The parser's own error may quote the address, and with it the password.
        let mut config: Config =
            url.parse().map_err(|_| DbError::Address("not a valid postgres:// address".into()))?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(DbError::Address(
                "sslmode=require is not supported: use a local or a private network".into(),
            ));
        }
        config
            .connect_timeout(limits.acquire)
            .tcp_user_timeout(UNACKNOWLEDGED_MAX)
            .keepalives_idle(KEEPALIVE_IDLE);
        if config.get_application_name().is_none() {
            config.application_name("simlink");
        }
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(options.pool_max.max(1))
            .wait_timeout(Some(limits.acquire))
            .create_timeout(Some(limits.acquire))
            .recycle_timeout(Some(limits.acquire))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Other(error.to_string()))?;
        // In the transaction itself, so that it holds behind a pooler too; a read locks nothing and may take its time.
        let begin_write = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = {}",
            options.idle_in_transaction_ms.max(1)
        );
        let postgres = Postgres {
            pool,
            config,
            counters: Arc::clone(counters),
            limits,
            begin_write: begin_write.into(),
        };
        postgres.ping().await?;
        Ok(postgres)
    }

    /// Runs the work on a snapshot.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run(Access::Read, BEGIN_READ.into(), work).await
    }

    /// Runs the work and commits it.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let counters = Arc::clone(&self.counters);
        let result = self.run(Access::Write, Arc::clone(&self.begin_write), work).await;
        if result.is_ok() {
            counters.writes.fetch_add(1, Relaxed);
            counters.commits.fetch_add(1, Relaxed);
        }
        result
    }

    async fn run<T, E, F>(&self, access: Access, begin: Arc<str>, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let client = self.acquire().await?;
        let limits = self.limits;
        let handle = Handle::current();
        let ran = tokio::task::spawn_blocking(move || {
            Session::new(client, handle, limits).transact(access, begin, work)
        });
        ran.await.unwrap_or_else(|_| Err(DbError::Unavailable("the program is stopping".into()).into()))
    }

    async fn acquire(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => DbError::Busy("all connections are in use"),
            PoolError::Timeout(_) => DbError::Unavailable("no connection in time".into()),
            PoolError::Backend(error) => value::from_postgres(error),
            PoolError::Closed => DbError::Unavailable("it was closed".into()),
            error => DbError::Other(error.to_string()),
        })
    }

    /// Whether the server answers.
    pub(crate) async fn ping(&self) -> Result<(), DbError> {
        let client = self.acquire().await?;
        match tokio::time::timeout(self.limits.acquire, client.check_connection()).await {
            Ok(answer) => answer.map_err(value::from_postgres),
            Err(_) => {
                drop(Object::take(client));
                Err(DbError::Unavailable("it did not answer in time".into()))
            }
        }
    }

    /// See [`Db::exchange_signals`](crate::Db::exchange_signals).
    pub(crate) async fn exchange_signals(
        &self,
        channel: &str,
        rung: watch::Receiver<()>,
        heard: impl Fn() + Send + Sync,
    ) {
        signals::exchange(&self.config, channel, rung, heard).await;
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}
