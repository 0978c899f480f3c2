//! Every statement on traffic pools.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use crate::files::records::PoolRecord;

/// What the import of a card has to know of its pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// The pool.
    pub sim_pool_id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// Its name, unique in the account.
    pub pool_name: String,
    /// Whether its members' plans add up (a forward pool) or its usage is billed (a back pool).
    pub forward: bool,
    /// The purchase order whose cards opened it.
    pub order_id: Option<i64>,
}

/// All pools of all accounts: there are few.
///
/// # Errors
/// Those of the database.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<PoolRow>, DbError> {
    tx.rows("SELECT sim_pool_id, account_id, pool_name, kind, order_id FROM sim_pool", params![], |row| {
        Ok(PoolRow {
            sim_pool_id: row.get(0)?,
            account: AccountId(row.get(1)?),
            pool_name: row.get(2)?,
            forward: row.text(3)? == Some("forward"),
            order_id: row.get(4)?,
        })
    })
}

/// Inserts a pool without members.
///
/// # Errors
/// Those of the database: a unique violation when its id or name is taken.
pub fn insert(tx: &mut Tx<'_>, account: AccountId, pool: &PoolRecord, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO sim_pool (account_id, sim_pool_id, pool_name, kind, price_plan_id, effective_ms, \
         threshold_bytes, created_ms, modified_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        params![
            account.0,
            pool.pool_id,
            pool.pool_name.as_str(),
            pool.kind.as_str(),
            pool.price_plan_id.as_str(),
            pool.effective_ms,
            pool.threshold_bytes,
            now_ms
        ],
    )?;
    Ok(())
}

/// Remembers which purchase order opened a pool.
///
/// # Errors
/// Those of the database.
pub fn open_by(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_pool_id: i64,
    order_id: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_pool SET order_id = $3, modified_ms = $4 WHERE account_id = $1 AND sim_pool_id = $2",
        params![account.0, sim_pool_id, order_id, now_ms],
    )?;
    Ok(())
}
