//! A transaction on one PostgreSQL connection, its statements prepared once and awaited one by one.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::Object;
use futures_util::{FutureExt, StreamExt, future};
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{Error, NoTls, Statement, error::SqlState};

use super::{
    Access, Limits,
    value::{Bound, Kept, from_postgres},
};
use crate::{DbError, Param, Row, Tx, guarded, value::RowOf};

/// Prepared statements kept per connection; beyond it the cache is emptied and begins anew.
const STATEMENTS_MAX: usize = 512;
/// Statements that wait for the next one: as many as `join_all` polls in their order.
const LATER_MAX: usize = 24;
/// Rows sent in one statement by `insert_many`.
const ROWS_PER_INSERT: usize = 2_000;

/// A connection taken from the pool for one transaction.
pub(super) struct Session {
    client: Object,
    handle: Handle,
    limits: Limits,
    /// The server did not answer in time: the connection cannot be used again.
    lost: Cell<bool>,
    /// The BEGIN that is still to be sent: it goes out together with the first statement.
    begin: Cell<Option<Arc<str>>>,
    /// Statements whose answers nobody waits for: they go out together with the next one.
    later: RefCell<Vec<(Statement, Vec<Kept>)>>,
}

impl Session {
    pub(super) fn new(client: Object, handle: Handle, limits: Limits) -> Session {
        let later = RefCell::default();
        Session { client, handle, limits, lost: Cell::new(false), begin: Cell::new(None), later }
    }

    /// Runs work between BEGIN and COMMIT or ROLLBACK. Must be called on a thread that may block.
    pub(super) fn transact<T, E: From<DbError>>(
        self,
        access: Access,
        begin: Arc<str>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin.set(Some(begin));
        let result = guarded(&mut Tx::postgres(PostgresTx(&self)), work);
        if result.is_err() {
            self.later.take();
        }
        let is_begun = self.is_begun() || !self.later.borrow().is_empty();
        let is_open = is_begun && !self.lost.get();
        let result = match result {
            result if !is_open => result,
            result if access == Access::Read && self.later.borrow().is_empty() => {
                // Nothing hangs on how a read ends: its answer is not waited for.
                self.send("ROLLBACK");
                result
            }
            Ok(value) => self.end("COMMIT").map(|()| value).map_err(E::from),
            Err(error) => {
                if self.end("ROLLBACK").is_err() {
                    self.lost.set(true);
                }
                Err(error)
            }
        };
        if self.lost.get() {
            // Outside of the pool it is closed, and the server undoes what was open.
            drop(Object::take(self.client));
        }
        result
    }

    /// Whether the BEGIN is sent.
    fn is_begun(&self) -> bool {
        let begin = self.begin.take();
        let is_begun = begin.is_none();
        self.begin.set(begin);
        is_begun
    }

    /// Ends the transaction. A COMMIT after a statement that failed undoes it, and the failure is the answer.
    fn end(&self, sql: &str) -> Result<(), DbError> {
        self.ask(Some(self.limits.acquire), self.client.batch_execute(sql))
    }

    /// Sends a statement whose answer nobody needs; the server takes it before whatever is sent next.
    fn send(&self, sql: &str) {
        // The first poll sends it, and answers that nobody waits for are dropped as they come.
        let _ = self.client.batch_execute(sql).now_or_never();
    }

    /// Waits for the answer to a statement of the transaction. What is still to be sent goes out just ahead of it,
    /// and its failure is the answer instead.
    fn ask<T>(
        &self,
        limit: Option<Duration>,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, DbError> {
        let (begin, later) = (self.begin.take(), self.later.take());
        if begin.is_none() && later.is_empty() {
            return self.wait(limit, answer);
        }
        let begun = async {
            let Some(begin) = begin else { return Ok(()) };
            let begun = self.client.batch_execute(&begin).await;
            if begun.is_err() {
                self.lost.set(true);
            }
            begun
        };
        let before = later.iter().map(|(statement, params)| {
            self.client.execute_raw(statement, params.iter().map(|param| Bound(param.param())))
        });
        // Polled in this order, and each is sent by its first poll.
        let all = async {
            let (begun, before, answer) = future::join3(begun, future::join_all(before), answer).await;
            begun?;
            before.into_iter().collect::<Result<Vec<_>, _>>()?;
            answer
        };
        self.wait(limit, all)
    }

    /// Waits for an answer of the server.
    fn wait<T>(
        &self,
        limit: Option<Duration>,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, DbError> {
        self.handle.block_on(async {
            let Some(limit) = limit else {
                return answer.await.map_err(from_postgres);
            };
            match timeout(limit, answer).await {
                Ok(answer) => answer.map_err(|error| self.explain(error)),
                Err(_) => Err(self.give_up().await),
            }
        })
    }

    /// Asks the server to stop and marks the connection as lost.
    async fn give_up(&self) -> DbError {
        self.lost.set(true);
        // If that fails too, closing the connection must do.
        drop(timeout(self.limits.acquire, self.client.cancel_token().cancel_query(NoTls)).await);
        DbError::Unavailable("a statement was not answered in time".into())
    }

    fn explain(&self, error: Error) -> DbError {
        if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
            // "cached plan must not change result type": another process has migrated the schema.
            self.client.statement_cache.clear();
        }
        from_postgres(error)
    }

    fn prepare(&self, sql: &str) -> Result<Statement, DbError> {
        if self.client.statement_cache.size() >= STATEMENTS_MAX {
            self.client.statement_cache.clear();
        }
        self.wait(Some(self.limits.statement), self.client.prepare_cached(sql))
    }
}

/// A transaction that is open in a session.
pub(crate) struct PostgresTx<'a>(&'a Session);

impl PostgresTx<'_> {
    fn statement(&self, sql: &str, params: usize) -> Result<Statement, DbError> {
        let statement = self.0.prepare(sql)?;
        let expected = statement.params().len();
        if expected != params {
            return Err(DbError::Parameter(format!("the statement takes {expected}, {params} were given")));
        }
        Ok(statement)
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let statement = self.statement(sql, params.len())?;
        let answer = self.0.client.execute_raw(&statement, params.iter().copied().map(Bound));
        self.0.ask(Some(self.0.limits.statement), answer)
    }

    pub(crate) fn execute_later(&mut self, sql: &str, params: &[Param<'_>]) -> Result<(), DbError> {
        let statement = self.statement(sql, params.len())?;
        let mut later = self.0.later.borrow_mut();
        later.push((statement, params.iter().copied().map(Kept::from).collect()));
        let full = later.len() >= LATER_MAX;
        drop(later);
        if full { self.0.ask(Some(self.0.limits.statement), future::ready(Ok(()))) } else { Ok(()) }
    }

    pub(crate) fn visit(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), DbError> {
        let session = self.0;
        let limit = session.limits.statement;
        let statement = self.statement(sql, params.len())?;
        let answer = session.client.query_raw(&statement, params.iter().copied().map(Bound));
        let mut rows = pin!(session.ask(Some(limit), answer)?);
        session.handle.block_on(async {
            let mut go_on = true;
            loop {
                match timeout(limit, rows.next()).await {
                    // The rest is read to its end, unused: an error in it would undo the transaction unseen.
                    Ok(Some(Ok(row))) => go_on = go_on && each(&Row(RowOf::Postgres(&row))),
                    Ok(Some(Err(error))) => return Err(session.explain(error)),
                    Ok(None) => return Ok(()),
                    Err(_) => return Err(session.give_up().await),
                }
            }
        })
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.0.ask(None, self.0.client.batch_execute(sql))
    }

    /// Sends the rows as one array for each column. `single` is the statement for one row: it tells the columns' types.
    pub(crate) fn insert_many(
        &mut self,
        single: &str,
        table_and_columns: &str,
        columns: usize,
        rows: &[Param<'_>],
        suffix: &str,
    ) -> Result<u64, DbError> {
        let single = self.statement(single, columns)?;
        let arrays = single.params().iter().enumerate();
        let arrays = arrays.map(|(index, kind)| format!("CAST(${} AS {}[])", index + 1, kind.name()));
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {table_and_columns} SELECT * FROM UNNEST({arrays}) {suffix}");
        let statement = self.statement(&sql, columns)?;
        let mut changed = 0;
        for chunk in rows.chunks(ROWS_PER_INSERT * columns) {
            let arrays = (0..columns).map(|column| {
                chunk.iter().skip(column).step_by(columns).copied().map(Bound).collect::<Vec<_>>()
            });
            let answer = self.0.client.execute_raw(&statement, arrays);
            changed += self.0.ask(Some(self.0.limits.statement), answer)?;
        }
        Ok(changed)
    }
}
