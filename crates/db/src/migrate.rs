//! Migrations: numbered texts, applied in order, forward only, each in one transaction with the record of it.

use sha2::{Digest, Sha256};

use crate::{Db, DbError, Engine, Tx, params};

/// One step of the schema. `{{without_rowid}}` in the text becomes ` WITHOUT ROWID` on SQLite and nothing on PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Position, rising through the list.
    pub number: i64,
    /// A word or two, for people.
    pub name: &'static str,
    /// Statements, ended by `;`, without BEGIN or COMMIT.
    pub sql: &'static str,
}

/// What [`Db::migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Numbers applied by this run, in order.
    pub applied: Vec<i64>,
    /// The number the database is at now, 0 when there are no migrations.
    pub current: i64,
}

/// The record of migrations, and where ids come from (SQLite).
const FOUNDATION_SQLITE: &str = "
CREATE TABLE IF NOT EXISTS schema_migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS id_sequence (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1), next_id BIGINT NOT NULL CHECK (next_id < 9007199254740992)
);
INSERT INTO id_sequence VALUES (1, 1000000000000) ON CONFLICT DO NOTHING;
";

/// The same for PostgreSQL. `nextval` and `setval` together are one step only under a lock; it is held for that moment and
/// not until the end of the transaction, so that nodes do not wait for each other. A transaction has its own id before it
/// takes others: `Tx::mark_ids` counts on that.
const FOUNDATION_POSTGRES: &str = "
CREATE TABLE IF NOT EXISTS schema_migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms BIGINT NOT NULL
);
CREATE SEQUENCE IF NOT EXISTS id_sequence AS BIGINT START 1000000000000 MAXVALUE 9007199254740991;
CREATE OR REPLACE FUNCTION reserve_ids(wanted BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $body$
DECLARE first_id BIGINT;
BEGIN
    PERFORM pg_current_xact_id();
    PERFORM pg_advisory_lock(7305807101);
    BEGIN
        first_id := nextval('id_sequence');
        IF wanted > 1 THEN PERFORM setval('id_sequence', first_id + wanted - 1); END IF;
    EXCEPTION WHEN OTHERS THEN
        PERFORM pg_advisory_unlock(7305807101);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(7305807101);
    RETURN first_id;
END $body$;
";

/// Held by one migrating process at a time (PostgreSQL); SQLite has its write lock.
const LOCK_POSTGRES: &str = "SELECT pg_advisory_xact_lock(7305807102)";

impl Db {
    /// Brings the database up to the end of the list; safe to run from several processes at once.
    ///
    /// [`DbError::TooNew`] when the database is ahead of the list, [`DbError::Migration`] when an applied text was
    /// changed or the list is out of order. A text that fails leaves nothing of itself.
    pub async fn migrate(&self, migrations: &[Migration], now_ms: i64) -> Result<Migrated, DbError> {
        in_order(migrations)?;
        let mut applied = Vec::new();
        loop {
            let list = migrations.to_vec();
            match self.write_bulk(move |tx| step(tx, &list, now_ms)).await? {
                Some(number) => applied.push(number),
                None => break,
            }
        }
        if !applied.is_empty() {
            self.analyze().await?;
        }
        Ok(Migrated { applied, current: migrations.last().map_or(0, |last| last.number) })
    }

    /// The numbers that [`Db::migrate`] would apply, with the same refusals, changing nothing.
    pub async fn pending_migrations(&self, migrations: &[Migration]) -> Result<Vec<i64>, DbError> {
        in_order(migrations)?;
        let list = migrations.to_vec();
        self.read(move |tx| {
            let table = match tx.engine() {
                Engine::Sqlite => {
                    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'"
                }
                Engine::Postgres => "SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL",
            };
            let done = match tx.find(table, &[], |row| row.get::<i64>(0))? {
                Some(_) => recorded(tx, &list)?,
                None => 0,
            };
            Ok(list[done..].iter().map(|migration| migration.number).collect())
        })
        .await
    }
}

/// Applies the first migration that is missing, if any, and gives its number.
fn step(tx: &mut Tx<'_>, migrations: &[Migration], now_ms: i64) -> Result<Option<i64>, DbError> {
    match tx.engine() {
        Engine::Sqlite => tx.batch(FOUNDATION_SQLITE)?,
        Engine::Postgres => {
            tx.batch(LOCK_POSTGRES)?;
            tx.batch(FOUNDATION_POSTGRES)?;
        }
    }
    let done = recorded(tx, migrations)?;
    let Some(migration) = migrations.get(done) else {
        return Ok(None);
    };
    let text = translated(migration, tx.engine())?;
    tx.batch(&text).map_err(|error| match error {
        DbError::Unavailable(_) | DbError::Busy(_) => error,
        error => DbError::Migration(format!("{} {}: {error}", migration.number, migration.name)),
    })?;
    tx.execute(
        "INSERT INTO schema_migration (number, name, checksum, applied_ms) VALUES ($1, $2, $3, $4)",
        params![migration.number, migration.name, &checksum(migration), now_ms],
    )?;
    Ok(Some(migration.number))
}

/// How many of the list are applied: they must be its beginning, unchanged.
fn recorded(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<usize, DbError> {
    let recorded = tx.rows("SELECT number, checksum FROM schema_migration ORDER BY number", &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?))
    })?;
    let known = migrations.last().map_or(0, |last| last.number);
    if let Some(found) = recorded.last().map(|(number, _)| *number).filter(|found| *found > known) {
        return Err(DbError::TooNew { found, known });
    }
    for (position, (number, sum)) in recorded.iter().enumerate() {
        let Some(migration) = migrations.get(position).filter(|migration| migration.number == *number) else {
            return Err(DbError::Migration(format!(
                "number {number} is applied in the database but not at its place in the program's list"
            )));
        };
        if checksum(migration) != *sum {
            return Err(DbError::Migration(format!(
                "{number} {} was changed after it had been applied: add a new migration instead",
                migration.name
            )));
        }
    }
    Ok(recorded.len())
}

fn in_order(migrations: &[Migration]) -> Result<(), DbError> {
    match migrations.windows(2).find(|pair| pair[0].number >= pair[1].number) {
        Some(pair) => {
            Err(DbError::Migration(format!("number {} must come after {}", pair[1].number, pair[0].number)))
        }
        None => Ok(()),
    }
}

fn checksum(migration: &Migration) -> String {
    hex::encode(Sha256::digest(migration.sql.as_bytes()))
}

fn translated(migration: &Migration, engine: Engine) -> Result<String, DbError> {
    let without_rowid = if engine == Engine::Sqlite { " WITHOUT ROWID" } else { "" };
    let text = migration.sql.replace("{{without_rowid}}", without_rowid);
    if text.contains("{{") {
        return Err(DbError::Migration(format!(
            "{} {} has an unknown token",
            migration.number, migration.name
        )));
    }
    Ok(text)
}
