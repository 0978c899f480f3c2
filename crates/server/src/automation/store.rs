//! Every statement of automation: marked cards, what rules look at, what they fired.

use std::collections::{HashMap, HashSet};

use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::evaluate::{CardFacts, Gate, Rule};
use super::fire::Gates;
use crate::limits;
use crate::plans;
use crate::plans::cycle::{Cycle, StartDay};
use crate::sql;

/// The `swept_ms` of cards that nobody has looked at.
pub(super) const NEVER_MS: i64 = 0;

/// Marks cards for the rules to look at.
pub(super) fn touch(tx: &mut Tx<'_>, account: AccountId, sim_card_ids: &[i64]) -> Result<(), DbError> {
    let chunks = sim_card_ids.chunks(limits::CARDS_PER_CHANGE);
    let lists: Vec<String> =
        chunks.map(|ids| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")).collect();
    let count = u32::try_from(lists.len()).map_err(|_| DbError::Parameter("too many cards".to_owned()))?;
    let first = tx.reserve_ids(count)?;
    let mut rows: Vec<Param<'_>> = Vec::with_capacity(3 * lists.len());
    for (touch_id, list) in (first..).zip(&lists) {
        rows.extend_from_slice(params![touch_id, account.0, list.as_str()]);
    }
    tx.insert_many("automation_touch (touch_id, account_id, sim_card_ids)", 3, &rows, "")?;
    Ok(())
}

/// Some member of a pool.
pub(super) fn any_member(tx: &mut Tx<'_>, account: AccountId, pool_id: i64) -> Result<Option<i64>, DbError> {
    let sql = "SELECT sim_card_id FROM sim_card WHERE account_id = $1 AND sim_pool_id = $2 LIMIT 1";
    tx.find(sql, params![account.0, pool_id], |row| row.get(0))
}

/// Up to `count` marks, with their cards.
pub(super) fn touches(tx: &mut Tx<'_>, count: i64) -> Result<Vec<(i64, Vec<i64>)>, DbError> {
    tx.rows(
        "SELECT touch_id, sim_card_ids FROM automation_touch ORDER BY touch_id LIMIT $1",
        params![count],
        |row| {
            let ids = row.text(1)?.unwrap_or_default().split(',');
            Ok((row.get(0)?, ids.filter_map(|id| id.parse().ok()).collect()))
        },
    )
}

/// The ids of up to `count` marks.
pub(super) fn touch_ids(tx: &mut Tx<'_>, count: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT touch_id FROM automation_touch ORDER BY touch_id LIMIT $1";
    tx.rows(sql, params![count], |row| row.get(0))
}

/// Takes marks away.
pub(super) fn forget_touches(tx: &mut Tx<'_>, touch_ids: &[i64]) -> Result<(), DbError> {
    for ids in touch_ids.chunks(limits::CARDS_PER_CHANGE) {
        let (list, bound) = sql::id_list(1, ids, Vec::new());
        tx.execute_later(&format!("DELETE FROM automation_touch WHERE touch_id IN ({list})"), &bound)?;
    }
    Ok(())
}

/// Waits until nobody else fires rules; holds until the transaction ends.
pub(super) fn take_turn(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.execute("UPDATE automation_turn SET turns = turns + 1 WHERE only_row = 1", &[])?;
    Ok(())
}

/// When all cards were looked at last.
pub(super) fn swept_ms(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.get("SELECT swept_ms FROM automation_turn WHERE only_row = 1", &[], |row| row.get(0))
}

/// Says so.
pub(super) fn set_swept(tx: &mut Tx<'_>, swept_ms: i64) -> Result<(), DbError> {
    tx.execute("UPDATE automation_turn SET swept_ms = $1 WHERE only_row = 1", params![swept_ms])?;
    Ok(())
}

/// A card as rules look at it; how its pool stands is not known yet.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub id: i64,
    pub account: AccountId,
    pub cid: String,
    pub carrier: u16,
    pub pool_id: Option<i64>,
    pub facts: CardFacts,
}

/// The end of the silent period is looked for where it matters, the cycle of the threshold likewise.
const CARDS: &str = "SELECT card.sim_card_id, card.account_id, card.cid, card.carrier, card.sim_pool_id, card.sim_type, \
    card.sim_status, card.operator_status, card.flow_used, card.flow_left, card.exceed_cut_net_quota, card.expire_ms, \
    held.created_ms, plan.silent_period_day, plan.silent_period_unit, \
    CASE WHEN card.sim_status = 14 AND card.operator_status = 2 THEN \
        (SELECT MAX(fired.cycle) FROM automation_firing fired \
         WHERE fired.subject_id = card.sim_card_id AND fired.rule = 2) END \
    FROM sim_card card \
    LEFT JOIN sim_price_plan held ON held.sim_price_plan_id = card.sim_price_plan_id \
        AND card.sim_status IN (10, 11, 13) \
    LEFT JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id";

/// The next cards after one, in the order of their ids, of those that any rule is for.
pub(super) fn next_cards(tx: &mut Tx<'_>, after: i64, count: i64, now_ms: i64) -> Result<Vec<Card>, DbError> {
    let sql = format!(
        "{CARDS} WHERE card.sim_card_id > $1 AND card.sim_status <> 30 AND card.operator_status < 5 \
         ORDER BY card.sim_card_id LIMIT $2"
    );
    tx.rows(&sql, params![after, count], |row| card(row, now_ms))
}

/// These cards, at most 500, in the order of their ids.
pub(super) fn cards(tx: &mut Tx<'_>, ids: &[i64], now_ms: i64) -> Result<Vec<Card>, DbError> {
    let (list, bound) = sql::id_list(1, ids, Vec::new());
    let sql = format!("{CARDS} WHERE card.sim_card_id IN ({list}) ORDER BY card.sim_card_id");
    tx.rows(&sql, &bound, |row| card(row, now_ms))
}

/// The next members of a pool after one, in the order of their ids, that are in use or were stopped with it.
pub(super) fn next_members(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    after: i64,
    count: i64,
    now_ms: i64,
) -> Result<Vec<Card>, DbError> {
    let sql = format!(
        "{CARDS} WHERE card.account_id = $1 AND card.sim_pool_id = $2 AND card.sim_card_id > $3 \
         AND (card.sim_status = 20 OR (card.sim_status = 14 AND card.operator_status = 3)) \
         ORDER BY card.sim_card_id LIMIT $4"
    );
    tx.rows(&sql, params![account.0, pool_id, after, count], |row| card(row, now_ms))
}

fn card(row: &Row<'_>, now_ms: i64) -> Result<Card, DbError> {
    let carrier: u16 = row.get(3)?;
    let sim_status: u8 = row.get(6)?;
    let silent_until_ms = match (row.get(12)?, row.get(13)?, row.get(14)?) {
        (Some(since_ms), Some(count), Some(unit)) => plans::silent_until_ms(since_ms, count, unit),
        _ => None,
    };
    Ok(Card {
        id: row.get(0)?,
        account: AccountId(row.get(1)?),
        cid: row.get(2)?,
        carrier,
        pool_id: row.get(4)?,
        facts: CardFacts {
            sim_type: row.get(5)?,
            sim_status,
            operator_status: row.get(7)?,
            flow_used: row.get::<Option<i64>>(8)?.unwrap_or(0),
            flow_left: row.get(9)?,
            quota_mb: row.get(10)?,
            expire_ms: row.get(11)?,
            silent_until_ms,
            pool: None,
            cycle: Cycle::at(now_ms, StartDay::of_carrier(carrier.into())).month.yyyymm(),
            threshold_cycle: row.get(15)?,
        },
    })
}

/// What a rule fired last for a card in a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fired {
    pub attempts: i64,
    pub work_order_id: Option<i64>,
    pub fired_ms: i64,
}

/// What rules fired for these cards, at most 500, by card, rule and cycle.
pub(super) fn firings(
    tx: &mut Tx<'_>,
    account: AccountId,
    ids: &[i64],
    since_cycle: i32,
) -> Result<HashMap<(i64, i64, i32), Fired>, DbError> {
    let (list, bound) = sql::id_list(3, ids, params![account.0, since_cycle].to_vec());
    let sql = format!(
        "SELECT subject_id, rule, cycle, attempts, work_order_id, fired_ms FROM automation_firing \
         WHERE account_id = $1 AND cycle >= $2 AND subject_id IN ({list})"
    );
    let fired = tx.rows(&sql, &bound, |row| {
        let fired = Fired { attempts: row.get(3)?, work_order_id: row.get(4)?, fired_ms: row.get(5)? };
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?), fired))
    })?;
    Ok(fired.into_iter().collect())
}

/// The last cycle in which a rule stopped a pool.
pub(super) fn pool_stopped_cycle(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
) -> Result<Option<i32>, DbError> {
    tx.get(
        "SELECT MAX(cycle) FROM automation_firing WHERE account_id = $1 AND subject_id = $2 AND rule = $3",
        params![account.0, pool_id, Rule::BackPool as i64],
        |row| row.get(0),
    )
}

/// That a rule fired for a card or pool in a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewFiring {
    pub subject_id: i64,
    pub rule: Rule,
    pub cycle: i32,
    pub attempts: i64,
    pub work_order_id: Option<i64>,
}

/// Writes what rules fired, each card, rule and cycle once, over what stands there.
pub(super) fn put_firings(
    tx: &mut Tx<'_>,
    account: AccountId,
    firings: &[NewFiring],
    now_ms: i64,
) -> Result<(), DbError> {
    let mut rows: Vec<Param<'_>> = Vec::with_capacity(7 * firings.len());
    for firing in firings {
        rows.extend_from_slice(params![
            firing.subject_id,
            firing.rule as i64,
            firing.cycle,
            account.0,
            firing.attempts,
            firing.work_order_id,
            now_ms
        ]);
    }
    tx.insert_many(
        "automation_firing (subject_id, rule, cycle, account_id, attempts, work_order_id, fired_ms)",
        7,
        &rows,
        "ON CONFLICT (subject_id, rule, cycle) DO UPDATE SET attempts = excluded.attempts, \
         work_order_id = excluded.work_order_id, fired_ms = excluded.fired_ms",
    )?;
    Ok(())
}

/// Forgets up to `count` firings of cycles before one; answers how many.
pub(super) fn forget_firings(tx: &mut Tx<'_>, before_cycle: i32, count: i64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM automation_firing WHERE (subject_id, rule, cycle) IN \
         (SELECT subject_id, rule, cycle FROM automation_firing WHERE cycle < $1 LIMIT $2)",
        params![before_cycle, count],
    )
}

/// The pools of these cards, at most 500.
pub(super) fn pools_of(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(AccountId, i64)>, DbError> {
    let (list, bound) = sql::id_list(1, ids, Vec::new());
    let sql = format!(
        "SELECT DISTINCT account_id, sim_pool_id FROM sim_card \
         WHERE sim_pool_id IS NOT NULL AND sim_card_id IN ({list})"
    );
    tx.rows(&sql, &bound, |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
}

/// Which of these pools stand otherwise than when all their members were looked at.
pub(super) fn turned(tx: &mut Tx<'_>, gates: &Gates) -> Result<HashSet<i64>, DbError> {
    let mut turned = HashSet::new();
    for (pool_id, gate) in gates {
        let sql = "SELECT shut FROM automation_gate WHERE sim_pool_id = $1";
        let before: Option<bool> = tx.find(sql, params![*pool_id], |row| row.get(0))?;
        if before != Some(*gate == Gate::Shut) {
            turned.insert(*pool_id);
        }
    }
    Ok(turned)
}

/// Remembers how pools stood when all their members were looked at.
pub(super) fn put_gates(tx: &mut Tx<'_>, gates: &Gates) -> Result<(), DbError> {
    let mut rows: Vec<Param<'_>> = Vec::with_capacity(2 * gates.len());
    for (pool_id, gate) in gates {
        rows.extend_from_slice(params![*pool_id, *gate == Gate::Shut]);
    }
    tx.insert_many(
        "automation_gate (sim_pool_id, shut)",
        2,
        &rows,
        "ON CONFLICT (sim_pool_id) DO UPDATE SET shut = excluded.shut",
    )?;
    Ok(())
}
