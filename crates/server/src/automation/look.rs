//! Looking at cards and pools: reads them in pages, and has what is due fired in small transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::evaluate::{self, Act, Gate, Rule};
use super::fire::{self, Gates};
use super::store::{self, Card, NewFiring};
use crate::engine::Engine;
use crate::http::error::Refusal;
use crate::limits;
use crate::pools;

/// A pool and whose it is.
pub(super) type Pool = (AccountId, i64);

/// Looks at pools: stops and resumes them where that is due; answers how they stand.
///
/// # Errors
/// Those of the database.
pub(super) async fn at_pools(engine: &Arc<Engine>, ids: Vec<Pool>, now_ms: i64) -> Result<Gates, DbError> {
    let look = move |tx: &mut Tx<'_>| {
        let (mut gates, mut to_change) = (Gates::new(), Vec::new());
        for (account, pool_id) in ids {
            let Some((gate, change, _)) = stand(tx, account, pool_id, now_ms)? else { continue };
            gates.insert(pool_id, gate);
            if change.is_some() {
                to_change.push((account, pool_id));
            }
        }
        Ok::<_, DbError>((gates, to_change))
    };
    let (mut gates, to_change) = engine.db.read(look).await?;
    for (account, pool_id) in to_change {
        let work = move |tx: &mut Tx<'_>| change_pool(tx, account, pool_id, now_ms);
        gates.insert(pool_id, engine.db.write(work).await?);
    }
    Ok(gates)
}

/// How a pool stands, what its state has to become, and the running cycle; `None` where there is none.
fn stand(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    now_ms: i64,
) -> Result<Option<(Gate, Option<bool>, i32)>, DbError> {
    let Some(pool) = pools::standing::find(tx, account, pool_id, now_ms)? else { return Ok(None) };
    let stopped_cycle = store::pool_stopped_cycle(tx, account, pool_id)?;
    let (gate, change) = evaluate::evaluate_pool(&pool, stopped_cycle);
    Ok(Some((gate, change, pool.cycle)))
}

/// Looks at a pool once more and brings its state to what it has to be.
fn change_pool(tx: &mut Tx<'_>, account: AccountId, pool_id: i64, now_ms: i64) -> Result<Gate, DbError> {
    store::take_turn(tx)?;
    let Some((gate, change, cycle)) = stand(tx, account, pool_id, now_ms)? else { return Ok(Gate::Held) };
    if let Some(stopped) = change {
        let rule = if stopped { Rule::BackPool } else { Rule::Resumption };
        pools::set_stopped(tx, account, pool_id, stopped, rule.name(), now_ms)?;
        let firing = NewFiring { subject_id: pool_id, rule, cycle, attempts: 1, work_order_id: None };
        store::put_firings(tx, account, &[firing], now_ms)?;
    }
    Ok(gate)
}

/// Looks at the next page of all cards after one; answers the last card of the page, `None` after the last page, and
/// for how many rules fired.
///
/// # Errors
/// Those of database and queue.
pub(super) async fn at_page(
    engine: &Arc<Engine>,
    after: i64,
    gates: &Gates,
    now_ms: i64,
) -> Result<(Option<i64>, usize), Refusal> {
    let select = move |tx: &mut Tx<'_>| store::next_cards(tx, after, limits::RULE_PAGE_CARDS, now_ms);
    at(engine, select, gates, now_ms).await
}

/// Looks at all members of a pool that are in use, or were stopped with it, as the pool stands.
///
/// # Errors
/// Those of database and queue.
pub(super) async fn at_members(
    engine: &Arc<Engine>,
    (account, pool_id): Pool,
    gates: &Gates,
    now_ms: i64,
) -> Result<usize, Refusal> {
    let (mut after, mut fired) = (0, 0);
    loop {
        let select = move |tx: &mut Tx<'_>| {
            store::next_members(tx, account, pool_id, after, limits::RULE_PAGE_CARDS, now_ms)
        };
        let (last, count) = at(engine, select, gates, now_ms).await?;
        fired += count;
        match last {
            Some(last) => after = last,
            None => return Ok(fired),
        }
    }
}

/// Looks at these cards.
///
/// # Errors
/// Those of database and queue.
pub(super) async fn at_cards(
    engine: &Arc<Engine>,
    ids: &[i64],
    gates: &Gates,
    now_ms: i64,
) -> Result<usize, Refusal> {
    let mut fired = 0;
    for ids in ids.chunks(limits::RULE_ORDER_CARDS) {
        let ids = ids.to_vec();
        let select = move |tx: &mut Tx<'_>| store::cards(tx, &ids, now_ms);
        fired += at(engine, select, gates, now_ms).await?.1;
    }
    Ok(fired)
}

/// The pools of these cards.
///
/// # Errors
/// Those of the database.
pub(super) fn pools_of(tx: &mut Tx<'_>, ids: &[i64]) -> Result<BTreeSet<Pool>, DbError> {
    let mut found = BTreeSet::new();
    for ids in ids.chunks(limits::RULE_ORDER_CARDS) {
        found.extend(store::pools_of(tx, ids)?);
    }
    Ok(found)
}

async fn at<F>(
    engine: &Arc<Engine>,
    select: F,
    gates: &Gates,
    now_ms: i64,
) -> Result<(Option<i64>, usize), Refusal>
where
    F: FnOnce(&mut Tx<'_>) -> Result<Vec<Card>, DbError> + Send + 'static,
{
    let (retention_ms, known) = (engine.automation.retention_ms, gates.clone());
    let look = move |tx: &mut Tx<'_>| {
        let cards = select(tx)?;
        let last = cards.last().map(|card| card.id);
        let mut by_account: BTreeMap<AccountId, Vec<Card>> = BTreeMap::new();
        for card in cards {
            by_account.entry(card.account).or_default().push(card);
        }
        let mut due: Vec<(AccountId, Act, i64)> = Vec::new();
        for (account, cards) in by_account {
            let of_account = fire::due(tx, account, cards, &known, retention_ms, now_ms)?;
            due.extend(of_account.into_iter().map(|due| (account, due.act, due.card.id)));
        }
        Ok::<_, DbError>((last, due))
    };
    let (last, mut due) = engine.db.read(look).await?;
    // Cards of one order together.
    due.sort_unstable();
    let mut fired = 0;
    for of_account in due.chunk_by(|one, other| one.0 == other.0) {
        for chunk in of_account.chunks(limits::RULE_ORDER_CARDS) {
            let account = chunk[0].0;
            let ids: Vec<i64> = chunk.iter().map(|(_, _, id)| *id).collect();
            let (engine_of_work, known) = (engine.clone(), gates.clone());
            let work = move |tx: &mut Tx<'_>| fire::fire(&engine_of_work, tx, account, &ids, &known, now_ms);
            fired += engine.db.write_bulk(work).await?;
            engine.follower.nudge();
            engine.queue.wake();
        }
    }
    Ok((last, fired))
}
