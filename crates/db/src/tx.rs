//! A transaction: what store functions are written against, the same on both engines.

use std::ops::Range;
use std::sync::Arc;

use crate::{DbError, Engine, Param, Row, params, postgres::PostgresTx, sqlite::SqliteTx};

/// An open transaction, lent to the closure given to [`Db::read`](crate::Db::read) and its siblings.
///
/// Parameters are written `$1`..`$n`. Once a statement has failed, the transaction is lost on both engines: whatever the
/// closure does then, nothing of it is kept. Where a refusal is expected, write `ON CONFLICT DO NOTHING` and count rows.
pub struct Tx<'a> {
    inner: Inner<'a>,
    doomed: bool,
    /// Ids that are reserved and not given out yet.
    stock: Range<i64>,
    /// What the task that writes says of itself.
    note: Option<Arc<str>>,
}

/// The id of the running transaction, on PostgreSQL.
const TRANSACTION_ID: &str = "CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)";

enum Inner<'a> {
    Sqlite(SqliteTx<'a>),
    Postgres(PostgresTx<'a>),
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(inner: SqliteTx<'a>) -> Self {
        Self::new(Inner::Sqlite(inner))
    }

    pub(crate) fn postgres(inner: PostgresTx<'a>) -> Self {
        Self::new(Inner::Postgres(inner))
    }

    fn new(inner: Inner<'a>) -> Self {
        Tx { inner, doomed: false, stock: 0..0, note: None }
    }

    pub(crate) fn doomed(&self) -> bool {
        self.doomed
    }

    /// The note of the task that writes; see [`with_note`](crate::with_note).
    pub fn note(&self) -> Option<Arc<str>> {
        self.note.clone()
    }

    pub(crate) fn set_note(&mut self, note: Option<Arc<str>>) {
        self.note = note;
    }

    /// Which engine runs this transaction.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs an INSERT, UPDATE or DELETE and gives the number of rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        self.attempt(|inner| match inner {
            Inner::Sqlite(tx) => tx.execute(sql, params),
            Inner::Postgres(tx) => tx.execute(sql, params),
        })
    }

    /// Runs an INSERT, UPDATE or DELETE of which nobody needs to know how many rows it changed. PostgreSQL gets it
    /// together with the next statement, or with the COMMIT, which then also has its error; the order stays.
    pub fn execute_later(&mut self, sql: &str, params: &[Param<'_>]) -> Result<(), DbError> {
        self.attempt(|inner| match inner {
            Inner::Sqlite(tx) => tx.execute(sql, params).map(|_| ()),
            Inner::Postgres(tx) => tx.execute_later(sql, params),
        })
    }

    /// All rows of the answer, mapped. Bound the statement with LIMIT; for unbounded ones there is [`Tx::for_each`].
    pub fn rows<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut rows = Vec::new();
        self.visit(sql, params, |row| {
            rows.push(map(row)?);
            Ok::<_, DbError>(true)
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    pub fn find<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        map: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut map = Some(map);
        let mut found = None;
        self.visit(sql, params, |row| {
            if let Some(map) = map.take() {
                found = Some(map(row)?);
            }
            Ok::<_, DbError>(false)
        })?;
        Ok(found)
    }

    /// The only row; [`DbError::NotFound`] when there is none, [`DbError::TooManyRows`] when there are several.
    pub fn get<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        map: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut map = Some(map);
        let mut found = None;
        self.visit(sql, params, |row| {
            found = Some(map.take().ok_or(DbError::TooManyRows)?(row)?);
            Ok::<_, DbError>(true)
        })?;
        found.ok_or(DbError::NotFound)
    }

    /// Hands over the rows one by one as they arrive: constant memory however many there are.
    pub fn for_each<E: From<DbError>>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit(sql, params, |row| each(row).map(|()| true))
    }

    /// Inserts many rows: `insert_many("tag (tag_id, name)", 2, &[id, name, id, name, …], "ON CONFLICT DO NOTHING")`.
    ///
    /// Gives the number of rows inserted or updated. The suffix takes no parameters. With `ON CONFLICT DO UPDATE` no
    /// two of the rows may have the same key (PostgreSQL refuses that, SQLite does not notice). Any number of rows;
    /// sorted by the key of the table they go in fastest.
    pub fn insert_many(
        &mut self,
        table_and_columns: &str,
        columns: usize,
        rows: &[Param<'_>],
        suffix: &str,
    ) -> Result<u64, DbError> {
        if columns == 0 || !rows.len().is_multiple_of(columns) {
            return Err(DbError::Parameter(format!(
                "{} values do not make rows of {columns} columns",
                rows.len()
            )));
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let placeholders = (1..=columns).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        let single = format!("INSERT INTO {table_and_columns} VALUES ({placeholders}) {suffix}");
        self.attempt(|inner| match inner {
            Inner::Sqlite(tx) => tx.execute_repeatedly(&single, columns, rows),
            Inner::Postgres(tx) => tx.insert_many(&single, table_and_columns, columns, rows, suffix),
        })
    }

    /// Reserves `count` (at least 1) consecutive ids and gives the first: unique across nodes and tables, rising, from
    /// 1,000,000,000,000 up and below 2^53.
    ///
    /// On SQLite a rollback returns them; on PostgreSQL it leaves a gap. Needs [`Db::migrate`](crate::Db::migrate).
    pub fn reserve_ids(&mut self, count: u32) -> Result<i64, DbError> {
        let count = i64::from(count.max(1));
        if self.stock.end - self.stock.start < count {
            let first = self.fetch_ids(count)?;
            self.stock = first..first + count;
        }
        let first = self.stock.start;
        self.stock.start += count;
        Ok(first)
    }

    /// Fetches at once the ids that this transaction will reserve, one statement instead of many. What of them is not
    /// reserved stays a gap.
    pub fn stock_ids(&mut self, count: u32) -> Result<(), DbError> {
        let first = self.fetch_ids(i64::from(count))?;
        self.stock = first..first + i64::from(count);
        Ok(())
    }

    fn fetch_ids(&mut self, count: i64) -> Result<i64, DbError> {
        if self.engine() == Engine::Sqlite {
            let sql = "UPDATE id_sequence SET next_id = next_id + $1 RETURNING next_id - $1";
            return self.get(sql, params![count], |row| row.get(0));
        }
        self.get("SELECT reserve_ids($1)", params![count], |row| row.get(0))
    }

    /// Appends a row to a log, as [`Tx::execute_later`] does: `append_later("change_log", "sequence, transaction_id, kind",
    /// &[kind])`. Of the columns the first two are filled in: an id, and the id of this transaction (0 on SQLite) for
    /// [`Tx::settled_before`]. The id is taken when the statement runs, after everything that the transaction waited
    /// for: of two rows about something that both transactions had locked, the later has the higher id.
    pub fn append_later(&mut self, log: &str, columns: &str, values: &[Param<'_>]) -> Result<(), DbError> {
        let sqlite = self.engine() == Engine::Sqlite;
        let filled = if sqlite { "$1, 0".to_owned() } else { format!("reserve_ids(1), {TRANSACTION_ID}") };
        let first = if sqlite { 2 } else { 1 };
        let places: String = (first..first + values.len()).map(|number| format!(", ${number}")).collect();
        let sql = format!("INSERT INTO {log} ({columns}) VALUES ({filled}{places})");
        if !sqlite {
            return self.execute_later(&sql, values);
        }
        let mut all = vec![Param::from(self.reserve_ids(1)?)];
        all.extend_from_slice(values);
        self.execute_later(&sql, &all)
    }

    /// Every transaction whose id is below this is committed or rolled back: a reader of a log that stops here misses
    /// nothing that commits later. `i64::MAX` on SQLite, where transactions run one after the other.
    pub fn settled_before(&mut self) -> Result<i64, DbError> {
        match self.engine() {
            Engine::Sqlite => Ok(i64::MAX),
            Engine::Postgres => self.get(
                "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)",
                &[],
                |row| row.get(0),
            ),
        }
    }

    /// What a reader needs who takes ids in their order: the highest id reserved so far, and a transaction id that was
    /// taken after that. Once every transaction below it is settled ([`Tx::settled_before`]), no row with an id up to
    /// the first figure appears any more: who begins later takes higher ones. `None` on SQLite, where rows appear in
    /// the order of their ids.
    pub fn mark_ids(&mut self) -> Result<Option<(i64, i64)>, DbError> {
        if self.engine() == Engine::Sqlite {
            return Ok(None);
        }
        let last = self.get("SELECT last_value FROM id_sequence", &[], |row| row.get(0))?;
        let before = self.get(&format!("SELECT {TRANSACTION_ID}"), &[], |row| row.get(0))?;
        Ok(Some((last, before)))
    }

    /// What a `SELECT` ends with that is to lock the rows it finds and to pass over those that others have locked: for
    /// queues, whose readers shall not wait for each other. Nothing on SQLite, where nobody else writes meanwhile.
    pub fn skip_locked(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// What a `SELECT` ends with that is to lock the rows it finds until the transaction ends, waiting for those that
    /// others have locked: what it gives is the latest. Nothing on SQLite, where nobody else writes meanwhile.
    pub fn for_update(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE",
        }
    }

    /// The database server's time, in epoch milliseconds; `None` on SQLite, which has none of its own.
    pub fn server_now_ms(&mut self) -> Result<Option<i64>, DbError> {
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
        match self.engine() {
            Engine::Sqlite => Ok(None),
            Engine::Postgres => self.get(sql, &[], |row| row.get(0)).map(Some),
        }
    }

    /// Runs several statements without parameters, as a migration has them, with no limit of time.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.attempt(|inner| match inner {
            Inner::Sqlite(tx) => tx.batch(sql),
            Inner::Postgres(tx) => tx.batch(sql),
        })
    }

    /// The one way rows come in; `each` says whether to go on.
    fn visit<E: From<DbError>>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        self.attempt(|inner| {
            let mut each = |row: &Row<'_>| match each(row) {
                Ok(go_on) => go_on,
                Err(error) => {
                    stopped = Some(error);
                    false
                }
            };
            match inner {
                Inner::Sqlite(tx) => tx.visit(sql, params, &mut each),
                Inner::Postgres(tx) => tx.visit(sql, params, &mut each),
            }
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// A failed statement dooms the transaction: PostgreSQL has it so, and the engines shall not differ.
    fn attempt<T>(&mut self, work: impl FnOnce(&mut Inner<'a>) -> Result<T, DbError>) -> Result<T, DbError> {
        if self.doomed {
            return Err(DbError::Doomed);
        }
        let result = work(&mut self.inner);
        self.doomed = result.is_err();
        result
    }
}
