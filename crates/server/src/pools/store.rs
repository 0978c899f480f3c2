//! Every statement on traffic pools.

use std::collections::HashMap;

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::balance;
use super::members::Member;
use super::records::Asked;
use crate::files::PoolKind;
use crate::files::records::PoolRecord;
use crate::http::query::Page;
use crate::sql;

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

/// `pool_status` of a pool in use.
pub const IN_USE: i32 = 2;
/// `pool_status` of a pool that is stopped.
pub const STOPPED: i32 = -1;
/// `pool_status` of a pool that is given up for good.
pub const ABANDONED: i32 = -2;

/// A pool as the lists show it.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The pool.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The plan of its members.
    pub price_plan_id: String,
    /// That plan's name.
    pub price_plan_name: String,
    /// That plan's carrier, by which its cycles begin.
    pub carrier: i32,
    /// The purchase order that opened it.
    pub order_id: Option<i64>,
    /// 2 in use, -1 stopped, -2 abandoned.
    pub pool_status: i32,
    /// When that last changed, if ever.
    pub status_ms: Option<i64>,
    /// When the pool last changed.
    pub modified_ms: i64,
}

/// So many of the account's pools of a kind from a place on, by their ids, and the exact count of all that pass.
///
/// # Errors
/// Those of the database.
pub fn pools(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: PoolKind,
    asked: &Asked,
    (first, count): (i64, i64),
) -> Result<(i64, Vec<Pool>), DbError> {
    const FROM_WHERE: &str = "FROM sim_pool pool JOIN price_plan plan ON plan.price_plan_id = pool.price_plan_id \
        WHERE pool.account_id = $1 AND pool.kind = $2 \
        AND (CAST($3 AS TEXT) IS NULL OR lower(pool.pool_name) LIKE $3 ESCAPE '\\') \
        AND CASE WHEN pool.pool_status = -2 THEN CAST($5 AS BIGINT) ELSE CAST($4 AS BIGINT) END = 1";
    let name = asked.name.as_deref().map(sql::containing);
    let (in_use, abandoned) = asked.states;
    let mut bound = params![account.0, kind.as_str(), name.as_deref(), in_use, abandoned].to_vec();
    let total = tx.get(&format!("SELECT COUNT(*) {FROM_WHERE}"), &bound, |row| row.get(0))?;
    bound.extend_from_slice(params![count, first]);
    let sql = format!(
        "SELECT pool.sim_pool_id, pool.pool_name, pool.price_plan_id, plan.price_plan_name, plan.carrier_type, \
         pool.order_id, pool.pool_status, pool.status_ms, pool.modified_ms {FROM_WHERE} \
         ORDER BY pool.sim_pool_id LIMIT $6 OFFSET $7"
    );
    let pools = tx.rows(&sql, &bound, |row| {
        Ok(Pool {
            id: row.get(0)?,
            name: row.get(1)?,
            price_plan_id: row.get(2)?,
            price_plan_name: row.get(3)?,
            carrier: row.get(4)?,
            order_id: row.get(5)?,
            pool_status: row.get(6)?,
            status_ms: row.get(7)?,
            modified_ms: row.get(8)?,
        })
    })?;
    Ok((total, pools))
}

/// Sets the `pool_status` of a pool; false where it has it already.
///
/// # Errors
/// Those of the database.
pub fn set_status(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    status: i32,
    now_ms: i64,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE sim_pool SET pool_status = $3, status_ms = $4, modified_ms = $4 \
         WHERE account_id = $1 AND sim_pool_id = $2 AND pool_status <> $3",
        params![account.0, pool_id, status, now_ms],
    )?;
    Ok(changed == 1)
}

/// The carrier of the account's pool of this kind, if there is one.
///
/// # Errors
/// Those of the database.
pub fn carrier(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: PoolKind,
    pool_id: i64,
) -> Result<Option<i32>, DbError> {
    tx.find(
        "SELECT plan.carrier_type FROM sim_pool pool JOIN price_plan plan ON plan.price_plan_id = pool.price_plan_id \
         WHERE pool.account_id = $1 AND pool.kind = $2 AND pool.sim_pool_id = $3",
        params![account.0, kind.as_str(), pool_id],
        |row| row.get(0),
    )
}

/// What a pool is, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// Whether its members' plans add up.
    pub forward: bool,
    /// 2 in use, -1 stopped, -2 abandoned.
    pub pool_status: i32,
    /// Bytes of a cycle at which a back pool is stopped.
    pub threshold_bytes: Option<i64>,
    /// The carrier of its plan, by which its cycles begin.
    pub carrier: i32,
}

/// The account's pool of this id, if there is one.
///
/// # Errors
/// Those of the database.
pub fn outline(tx: &mut Tx<'_>, account: AccountId, pool_id: i64) -> Result<Option<Outline>, DbError> {
    tx.find(
        "SELECT pool.pool_name, pool.kind, pool.pool_status, pool.threshold_bytes, plan.carrier_type \
         FROM sim_pool pool JOIN price_plan plan ON plan.price_plan_id = pool.price_plan_id \
         WHERE pool.account_id = $1 AND pool.sim_pool_id = $2",
        params![account.0, pool_id],
        |row| {
            Ok(Outline {
                name: row.get(0)?,
                forward: row.text(1)? == Some("forward"),
                pool_status: row.get(2)?,
                threshold_bytes: row.get(3)?,
                carrier: row.get(4)?,
            })
        },
    )
}

/// Hands over every member of a pool.
///
/// # Errors
/// Those of the database.
pub fn each_member(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    mut each: impl FnMut(&balance::Member),
) -> Result<(), DbError> {
    tx.for_each(
        "SELECT card.sim_status, card.act_ms, card.order_id, held.flow_total, held.stop_ms FROM sim_card card \
         LEFT JOIN sim_price_plan held ON held.sim_price_plan_id = card.sim_price_plan_id \
         WHERE card.account_id = $1 AND card.sim_pool_id = $2",
        params![account.0, pool_id],
        |row| {
            each(&balance::Member {
                sim_status: row.get(0)?,
                act_ms: row.get(1)?,
                order_id: row.get(2)?,
                flow_total: row.get::<Option<i64>>(3)?.unwrap_or(0),
                stop_ms: row.get(4)?,
            });
            Ok(())
        },
    )
}

/// Bytes that the members of a pool used in a cycle such as 202207.
///
/// # Errors
/// Those of the database.
pub fn used(tx: &mut Tx<'_>, account: AccountId, pool_id: i64, cycle: i32) -> Result<i64, DbError> {
    tx.get(
        "SELECT CAST(COALESCE(SUM(used.bytes), 0) AS BIGINT) FROM sim_card card CROSS JOIN usage_cycle used \
         WHERE card.account_id = $1 AND card.sim_pool_id = $2 \
         AND used.cycle = $3 AND used.sim_card_id = card.sim_card_id",
        params![account.0, pool_id, cycle],
        |row| row.get(0),
    )
}

/// Gives a pool so many bytes more in a cycle such as 202207, with an order.
pub(super) fn add_flow(
    tx: &mut Tx<'_>,
    account: AccountId,
    (pool_id, cycle): (i64, i32),
    (order_id, bytes): (i64, i64),
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO sim_pool_add_on (sim_pool_id, cycle, order_id, account_id, bytes) VALUES ($1, $2, $3, $4, $5)",
        params![pool_id, cycle, order_id, account.0, bytes],
    )?;
    Ok(())
}

/// Bytes that a pool was given more, by cycle.
pub(super) fn added_flow(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
) -> Result<HashMap<i32, i64>, DbError> {
    let added = tx.rows(
        "SELECT cycle, CAST(SUM(bytes) AS BIGINT) FROM sim_pool_add_on \
         WHERE account_id = $1 AND sim_pool_id = $2 GROUP BY cycle",
        params![account.0, pool_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(added.into_iter().collect())
}

/// A page of the members of a pool with what they used in a cycle such as 202207, and their exact count.
///
/// # Errors
/// Those of the database.
pub fn members(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    cycle: i32,
    cid: Option<&str>,
    page: Page,
) -> Result<(i64, Vec<Member>), DbError> {
    let condition =
        "account_id = $1 AND sim_pool_id = $2 AND (CAST($3 AS TEXT) IS NULL OR cid = CAST($3 AS TEXT))";
    let mut bound = params![account.0, pool_id, cid].to_vec();
    let count =
        tx.get(&format!("SELECT COUNT(*) FROM sim_card WHERE {condition}"), &bound, |row| row.get(0))?;
    bound.extend_from_slice(params![page.limit, page.rows_before(), cycle]);
    let sql = format!(
        "SELECT card.cid, card.sim_price_plan_id, COALESCE(used.bytes, 0), card.sim_status \
         FROM (SELECT sim_card_id, cid, sim_price_plan_id, sim_status FROM sim_card WHERE {condition} \
               ORDER BY sim_card_id LIMIT $4 OFFSET $5) card \
         LEFT JOIN usage_cycle used ON used.cycle = $6 AND used.sim_card_id = card.sim_card_id \
         ORDER BY card.sim_card_id"
    );
    let members = tx.rows(&sql, &bound, |row| {
        Ok(Member {
            cid: row.get(0)?,
            sim_price_plan_id: row.get(1)?,
            flow_used: row.get(2)?,
            sim_status: row.get(3)?,
        })
    })?;
    Ok((count, members))
}
