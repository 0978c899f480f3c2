//! The statements on plans that cards have: buying, taking over, renewing.

use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::cycle::Period;
use super::purchase::{Buyer, Terms};
use crate::sql::{padded, placeholders};
use crate::units::MEGABYTE_BYTES;

/// Cards in one `IN` list.
pub(super) const CARDS_PER_LIST: usize = 500;
/// Statuses of an instance: activatable, in use, used up, stopped (behaviour, section 3).
pub(super) const ACTIVATABLE: i32 = 1;
pub(super) const IN_USE: i32 = 2;
pub(super) const USED_UP: i32 = 3;
pub(super) const STOPPED: i32 = 5;

/// The terms of a plan of the catalogue, if there is one.
///
/// # Errors
/// Those of the database.
pub fn terms(tx: &mut Tx<'_>, price_plan_id: &str) -> Result<Option<Terms>, DbError> {
    tx.find(
        "SELECT flow_total_mb, package_type, period, period_type, effect_type, sim_type, carrier_type, price_cents \
         FROM price_plan WHERE price_plan_id = $1",
        params![price_plan_id],
        |row| {
            Ok(Terms {
                price_plan_id: price_plan_id.to_owned(),
                flow_total: row.get::<i64>(0)?.saturating_mul(MEGABYTE_BYTES),
                add_on: row.get::<i32>(1)? == 2,
                period: Period::new(row.get(2)?, row.get(3)?),
                effect_type: row.get(4)?,
                sim_type: row.get(5)?,
                carrier: row.get(6)?,
                price_cents: row.get(7)?,
            })
        },
    )
}

const BUYER: &str = "SELECT card.sim_card_id, card.cid, card.sim_type, card.carrier, card.sim_status, \
    card.operator_status, card.pool_flag, card.expire_ms, card.sim_price_plan_id, card.flow_left, plan.period, \
    plan.period_type, plan.price_cents, plan.flow_total_mb, \
    EXISTS (SELECT 1 FROM multi_sim multi WHERE multi.sim_card_id = card.sim_card_id), \
    EXISTS (SELECT 1 FROM sim_price_plan other WHERE other.sim_card_id = card.sim_card_id AND other.waiting = 1) \
    FROM sim_card card \
    LEFT JOIN sim_price_plan held ON held.sim_price_plan_id = card.sim_price_plan_id \
    LEFT JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id";

fn buyer(row: &Row<'_>) -> Result<Buyer, DbError> {
    let period = match (row.get::<Option<i32>>(10)?, row.get::<Option<u8>>(11)?) {
        (Some(count), Some(period_type)) => Period::new(count, period_type),
        _ => None,
    };
    Ok(Buyer {
        sim_card_id: row.get(0)?,
        cid: row.get(1)?,
        sim_type: row.get(2)?,
        carrier: row.get(3)?,
        sim_status: row.get(4)?,
        operator_status: row.get(5)?,
        pool_flag: row.get(6)?,
        expire_ms: row.get(7)?,
        sim_price_plan_id: row.get(8)?,
        flow_left: row.get(9)?,
        period,
        price_cents: row.get::<Option<i64>>(12)?.unwrap_or(0),
        limited: row.get::<Option<i64>>(13)?.is_some_and(|flow_total_mb| flow_total_mb > 0),
        multi: row.get(14)?,
        has_waiting: row.get(15)?,
    })
}

/// Cards of the account as buyers, in the order of their ids.
///
/// # Errors
/// Those of the database.
pub fn buyers(tx: &mut Tx<'_>, account: AccountId, ids: &[i64]) -> Result<Vec<Buyer>, DbError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CARDS_PER_LIST) {
        let ids = padded(ids);
        let sql = format!(
            "{BUYER} WHERE card.account_id = $1 AND card.sim_card_id IN ({}) ORDER BY card.sim_card_id",
            placeholders(2, ids.len())
        );
        let bound: Vec<Param<'_>> = std::iter::once(account.0).chain(ids).map(Param::from).collect();
        found.extend(tx.rows(&sql, &bound, buyer)?);
    }
    Ok(found)
}

/// Cards that came with an order, after the one with this id, in the order of their ids.
///
/// # Errors
/// Those of the database.
pub fn buyers_of_order(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    after: i64,
    count: i64,
) -> Result<Vec<Buyer>, DbError> {
    let sql = format!(
        "{BUYER} WHERE card.account_id = $1 AND card.order_id = $2 AND card.sim_card_id > $3 \
         ORDER BY card.sim_card_id LIMIT $4"
    );
    tx.rows(&sql, params![account.0, order_id, after, count], buyer)
}

/// Cards in use or stopped, of any account, of which the plan renews itself and ends between two times; in the order of
/// their ids after this one. Not those for which another plan waits.
///
/// # Errors
/// Those of the database.
pub fn to_renew(
    tx: &mut Tx<'_>,
    (first_ms, last_ms): (i64, i64),
    after: i64,
    count: i64,
) -> Result<Vec<(AccountId, i64)>, DbError> {
    // Often there is no such plan, but there are many cards.
    let any = "SELECT 1 FROM price_plan WHERE auto_renew = 1 AND package_type = 1 LIMIT 1";
    if tx.find(any, params![], |row| row.get::<i64>(0))?.is_none() {
        return Ok(Vec::new());
    }
    tx.rows(
        "SELECT card.account_id, card.sim_card_id FROM sim_card card WHERE card.sim_card_id > $3 \
         AND card.expire_ms BETWEEN $1 AND $2 AND card.sim_status IN (14, 20) \
         AND card.price_plan_id IN (SELECT price_plan_id FROM price_plan WHERE auto_renew = 1 AND package_type = 1) \
         AND NOT EXISTS (SELECT 1 FROM sim_price_plan other \
                         WHERE other.sim_card_id = card.sim_card_id AND other.waiting = 1) \
         ORDER BY card.sim_card_id LIMIT $4",
        params![first_ms, last_ms, after, count],
        |row| Ok((AccountId(row.get(0)?), row.get(1)?)),
    )
}

/// Cards, of any account, for which a plan waits while that in use is used up or has ended by a time; in the order of
/// their ids after this one. Pools' members have the pool's flow.
///
/// # Errors
/// Those of the database.
pub fn to_succeed(
    tx: &mut Tx<'_>,
    now_ms: i64,
    after: i64,
    count: i64,
) -> Result<Vec<(AccountId, i64)>, DbError> {
    tx.rows(
        "SELECT DISTINCT card.account_id, next.sim_card_id FROM sim_price_plan next \
         CROSS JOIN sim_card card WHERE next.waiting = 1 AND next.sim_card_id > $2 \
         AND card.sim_card_id = next.sim_card_id AND card.sim_status IN (14, 20) \
         AND (card.expire_ms < $1 OR (card.flow_left <= 0 AND card.sim_pool_id IS NULL)) \
         ORDER BY next.sim_card_id LIMIT $3",
        params![now_ms, after, count],
        |row| Ok((AccountId(row.get(0)?), row.get(1)?)),
    )
}

/// A plan that a card is to have.
#[derive(Debug)]
pub struct NewInstance<'a> {
    /// The card.
    pub sim_card_id: i64,
    /// The terms of the plan.
    pub terms: &'a Terms,
    /// The order it is bought with.
    pub order_id: i64,
    /// 1 activatable, 2 in use.
    pub status: i32,
    /// When it begins and ends, as far as that is known.
    pub life: (Option<i64>, Option<i64>),
    /// Whether it waits for the plan in use to end.
    pub waiting: bool,
    /// The cycle that an add-on package belongs to.
    pub shares_cycle: Option<i32>,
}

/// Writes an instance; answers its id.
///
/// # Errors
/// Those of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    new: &NewInstance<'_>,
    now_ms: i64,
) -> Result<i64, DbError> {
    let id = tx.reserve_ids(1)?;
    tx.execute(
        "INSERT INTO sim_price_plan (sim_price_plan_id, account_id, sim_card_id, price_plan_id, status, order_id, \
         created_ms, active_ms, stop_ms, flow_total, flow_used, waiting, shares_cycle) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)",
        params![
            id,
            account.0,
            new.sim_card_id,
            new.terms.price_plan_id.as_str(),
            new.status,
            new.order_id,
            now_ms,
            new.life.0,
            new.life.1,
            new.terms.flow_total,
            new.waiting,
            new.shares_cycle
        ],
    )?;
    Ok(id)
}

/// Makes an instance the card's plan in use, until it ends.
///
/// # Errors
/// Those of the database.
pub fn take_up(
    tx: &mut Tx<'_>,
    account: AccountId,
    (sim_card_id, id): (i64, i64),
    price_plan_id: &str,
    expire_ms: Option<i64>,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_card SET sim_price_plan_id = $3, price_plan_id = $4, expire_ms = $5 \
         WHERE account_id = $1 AND sim_card_id = $2",
        params![account.0, sim_card_id, id, price_plan_id, expire_ms],
    )?;
    Ok(())
}

/// Ends an instance that another takes over from.
///
/// # Errors
/// Those of the database.
pub fn end(tx: &mut Tx<'_>, account: AccountId, id: i64, used_up: bool, stop_ms: i64) -> Result<(), DbError> {
    let status = if used_up { USED_UP } else { STOPPED };
    tx.execute(
        "UPDATE sim_price_plan SET status = $3, stop_ms = $4 WHERE account_id = $1 AND sim_price_plan_id = $2",
        params![account.0, id, status, stop_ms],
    )?;
    Ok(())
}

/// Begins an instance that has waited; `shares_cycle` where that is within a cycle of the one before.
///
/// # Errors
/// Those of the database.
pub fn begin(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    (active_ms, stop_ms): (i64, Option<i64>),
    shares_cycle: Option<i32>,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_price_plan SET status = $3, active_ms = $4, stop_ms = $5, waiting = 0, shares_cycle = $6 \
         WHERE account_id = $1 AND sim_price_plan_id = $2",
        params![account.0, id, IN_USE, active_ms, stop_ms, shares_cycle],
    )?;
    Ok(())
}

/// A plan that waits for the one in use to end.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The instance.
    pub id: i64,
    /// Its plan.
    pub price_plan_id: String,
    /// When it was bought, epoch milliseconds.
    pub bought_ms: i64,
}

/// The plan of a card that has waited longest, if any waits.
pub(super) fn longest_waiting(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
) -> Result<Option<Waiting>, DbError> {
    tx.find(
        "SELECT sim_price_plan_id, price_plan_id, created_ms FROM sim_price_plan \
         WHERE account_id = $1 AND sim_card_id = $2 AND waiting = 1 ORDER BY sim_price_plan_id LIMIT 1",
        params![account.0, sim_card_id],
        |row| Ok(Waiting { id: row.get(0)?, price_plan_id: row.get(1)?, bought_ms: row.get(2)? }),
    )
}

/// Has a card's plan end later.
///
/// # Errors
/// Those of the database.
pub fn prolong(tx: &mut Tx<'_>, account: AccountId, sim_card_id: i64, to_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_card SET expire_ms = $3 WHERE account_id = $1 AND sim_card_id = $2",
        params![account.0, sim_card_id, to_ms],
    )?;
    tx.execute(
        "UPDATE sim_price_plan SET stop_ms = $3, status = CASE WHEN status = $4 THEN $5 ELSE status END \
         WHERE account_id = $1 AND sim_price_plan_id = \
         (SELECT sim_price_plan_id FROM sim_card WHERE account_id = $1 AND sim_card_id = $2)",
        params![account.0, sim_card_id, to_ms, STOPPED, IN_USE],
    )?;
    Ok(())
}

/// Cards, of any account and of these carriers, that have add-on packages of a cycle before this one, such as 202207,
/// which are not ended yet: at most `count`.
///
/// # Errors
/// Those of the database.
pub fn with_old_add_ons(
    tx: &mut Tx<'_>,
    carriers: &str,
    cycle: i32,
    count: i64,
) -> Result<Vec<(AccountId, i64)>, DbError> {
    let sql = format!(
        "SELECT DISTINCT held.account_id, held.sim_card_id FROM sim_price_plan held \
         JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id \
         JOIN sim_card card ON card.sim_card_id = held.sim_card_id \
         WHERE held.shares_cycle < $1 AND held.status IN (2, 3) AND plan.package_type = 2 \
         AND card.carrier IN ({carriers}) ORDER BY held.sim_card_id LIMIT $2"
    );
    tx.rows(&sql, params![cycle, count], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
}

/// Ends the add-on packages that cards have of cycles before this one, such as 202207.
///
/// # Errors
/// Those of the database.
pub fn end_add_ons(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    for ids in ids.chunks(CARDS_PER_LIST) {
        let ids = padded(ids);
        let sql = format!(
            "UPDATE sim_price_plan SET status = 5 WHERE account_id = $1 AND shares_cycle < $2 AND status IN (2, 3) \
             AND price_plan_id IN (SELECT price_plan_id FROM price_plan WHERE package_type = 2) \
             AND sim_card_id IN ({})",
            placeholders(3, ids.len())
        );
        let mut bound = params![account.0, cycle].to_vec();
        bound.extend(ids.into_iter().map(Param::from));
        tx.execute(&sql, &bound)?;
    }
    Ok(())
}
