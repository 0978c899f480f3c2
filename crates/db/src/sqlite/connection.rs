//! One SQLite connection: how it is set up, and how a statement runs on it.

use std::{borrow::Cow, collections::HashMap, path::Path};

use rusqlite::{
    CachedStatement, Connection, ErrorCode, OpenFlags, Statement,
    config::DbConfig,
    ffi,
    types::{ToSqlOutput, ValueRef},
};

use crate::{DbError, Options, Param, Row, value::RowOf};

/// Prepared statements kept per connection.
const STATEMENTS_MAX: usize = 512;
/// Translated texts kept per connection; beyond it the table is emptied and begins anew.
const TEXTS_MAX: usize = 4 * STATEMENTS_MAX;
const PAGE_BYTES: i64 = 8192;
const WRITER_CACHE_KIB: i64 = 128 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
/// What SQLite maps of the file. Lists are answered from memory, so the file is read through once, at a start; mapping
/// all of it would only make the process look twice its size.
const MMAP_BYTES: i64 = 16 * 1024 * 1024;
/// Pages in the log before a commit also checkpoints (128 MB): rewriting random leaves costs 1.4 times less so.
const CHECKPOINT_PAGES: i64 = 16_000;
/// The log is cut to this after a checkpoint.
const JOURNAL_BYTES: i64 = 256 * 1024 * 1024;
/// Rows that ANALYZE looks at per index.
const ANALYSIS_ROWS: i64 = 1_000;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

/// A connection and the texts it has translated.
pub(super) struct SqliteConnection {
    pub(super) connection: Connection,
    texts: HashMap<String, String>,
}

impl SqliteConnection {
    pub(super) fn open(path: &Path, role: Role, options: &Options) -> Result<SqliteConnection, DbError> {
        Self::prepare(path, role, options).map_err(from_rusqlite)
    }

    fn prepare(path: &Path, role: Role, options: &Options) -> rusqlite::Result<SqliteConnection> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, role == Role::Writer);
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_millis(options.busy_timeout_ms))?;
        // A plan depends on the text alone; without it a statement is planned anew at every execution.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // "x" is a column, never a string: as PostgreSQL reads it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        if role == Role::Writer {
            // Takes effect only on a file that is still empty.
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
            connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES)?;
            connection.pragma_update(None, "analysis_limit", ANALYSIS_ROWS)?;
            // NORMAL may lose the last commits with the power, never the file.
            let synchronous = if options.synchronous_full { "FULL" } else { "NORMAL" };
            connection.pragma_update(None, "synchronous", synchronous)?;
        } else {
            connection.pragma_update(None, "query_only", true)?;
        }
        let cache_kib = if role == Role::Writer { WRITER_CACHE_KIB } else { READER_CACHE_KIB };
        connection.pragma_update(None, "cache_size", -cache_kib)?;
        connection.pragma_update(None, "mmap_size", MMAP_BYTES)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // LIKE tells upper from lower case, as on PostgreSQL.
        connection.pragma_update(None, "case_sensitive_like", true)?;
        Ok(SqliteConnection { connection, texts: HashMap::new() })
    }

    /// Runs a statement that belongs to the machinery itself, such as BEGIN.
    pub(super) fn control(&self, sql: &str) -> Result<(), DbError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map_err(from_rusqlite)?;
        Ok(())
    }
}

/// A transaction that is open on a connection.
pub(crate) struct SqliteTx<'a>(pub(super) &'a mut SqliteConnection);

impl SqliteTx<'_> {
    /// Keeps the translated text, so that a statement is scanned once, not at each execution.
    fn statement(&mut self, sql: &str) -> Result<CachedStatement<'_>, DbError> {
        let SqliteConnection { connection, texts } = &mut *self.0;
        let prepared = match texts.get(sql) {
            Some(text) => connection.prepare_cached(text),
            None => {
                if texts.len() >= TEXTS_MAX {
                    texts.clear();
                }
                match numbered(sql) {
                    Cow::Borrowed(text) => connection.prepare_cached(text),
                    Cow::Owned(text) => {
                        connection.prepare_cached(texts.entry(sql.to_owned()).or_insert(text))
                    }
                }
            }
        };
        prepared.map_err(from_rusqlite)
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let mut statement = self.statement(sql)?;
        bind(&mut statement, params)?;
        statement.raw_execute().map(|changed| changed as u64).map_err(from_rusqlite)
    }

    /// One statement for each row of `rows`: faster here than a VALUES list of many rows.
    pub(crate) fn execute_repeatedly(
        &mut self,
        sql: &str,
        columns: usize,
        rows: &[Param<'_>],
    ) -> Result<u64, DbError> {
        let mut statement = self.statement(sql)?;
        let mut changed = 0;
        for row in rows.chunks_exact(columns) {
            bind(&mut statement, row)?;
            changed += statement.raw_execute().map_err(from_rusqlite)? as u64;
        }
        Ok(changed)
    }

    pub(crate) fn visit(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), DbError> {
        let mut statement = self.statement(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(from_rusqlite)? {
            if !each(&Row(RowOf::Sqlite(row))) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.0.connection.execute_batch(sql).map_err(from_rusqlite)
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<(), DbError> {
    let expected = statement.parameter_count();
    if expected != params.len() {
        return Err(DbError::Parameter(format!(
            "the statement takes {expected}, {} were given",
            params.len()
        )));
    }
    for (index, param) in params.iter().enumerate() {
        let value = match *param {
            Param::Null => ValueRef::Null,
            Param::Int(value) => ValueRef::Integer(value),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        statement.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(value)).map_err(from_rusqlite)?;
    }
    Ok(())
}

/// The value of a column.
pub(crate) fn value<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Param<'a>, DbError> {
    let column = |reason| DbError::Column { index, reason };
    match row.get_ref(index).map_err(|_| column("no such column"))? {
        ValueRef::Null => Ok(Param::Null),
        ValueRef::Integer(value) => Ok(Param::Int(value)),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(Param::Text).map_err(|_| column("not UTF-8")),
        ValueRef::Blob(bytes) => Ok(Param::Bytes(bytes)),
        ValueRef::Real(_) => Err(column("a floating point number")),
    }
}

/// Writes `?1` for `$1`: SQLite takes `$1` for a name and numbers names in the order they appear in.
/// What stands in quotes or comments stays as it is.
fn numbered(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map(|end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n'),
            '/' if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            '$' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                text.push('?');
                rest = &rest[1..];
                continue;
            }
            _ => Some(first.len_utf8()),
        };
        let (taken, left) = rest.split_at(length.unwrap_or(rest.len()));
        text.push_str(taken);
        rest = left;
    }
    Cow::Owned(text)
}

/// Maps what SQLite says; its messages name tables and columns, not values.
pub(super) fn from_rusqlite(error: rusqlite::Error) -> DbError {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(code, message) => (code, message.unwrap_or_else(|| code.to_string())),
        rusqlite::Error::SqlInputError { error: code, msg, .. } => (code, msg),
        other => return DbError::Other(other.to_string()),
    };
    let after_colon = || message.split_once(": ").map_or(message.as_str(), |(_, what)| what).to_owned();
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return DbError::UniqueViolation { what: after_colon() };
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return DbError::ForeignKey,
        ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_NOTNULL => return DbError::Check(after_colon()),
        _ => {}
    }
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Busy("another process is writing"),
        ErrorCode::CannotOpen
        | ErrorCode::SystemIoFailure
        | ErrorCode::DiskFull
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::PermissionDenied => DbError::Unavailable(message),
        _ => DbError::Other(message),
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn only_parameters_are_rewritten() {
        // Shows that quotes, names and comments keep their dollars.
        for (given, wanted) in [
            ("SELECT 1", "SELECT 1"),
            ("SELECT $1, $5, $12", "SELECT ?1, ?5, ?12"),
            ("SELECT '$1', $2", "SELECT '$1', ?2"),
            ("SELECT 'it''s $1', $2", "SELECT 'it''s $1', ?2"),
            ("SELECT \"a$1\" -- $1 'x\n, $3", "SELECT \"a$1\" -- $1 'x\n, ?3"),
            ("SELECT /* $1 ' */ $1", "SELECT /* $1 ' */ ?1"),
            ("SELECT 'é$1' || $2 - $3 / $4 -- end $5", "SELECT 'é$1' || ?2 - ?3 / ?4 -- end $5"),
            ("SELECT '$ $x' || $", "SELECT '$ $x' || $"),
            ("SELECT 'open $1", "SELECT 'open $1"),
        ] {
            assert_eq!(numbered(given), wanted);
        }
    }
}
