//! The job of the rules: looks at the cards that were marked, and at all of them from time to time.
//!
//! One such job is open at most, whoever wakes it: rules are looked at by one process at a time.

use std::sync::Arc;

use simlink_db::Tx;
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::{look, store};
use crate::engine::Engine;
use crate::http::error::Refusal;
use crate::limits;
use crate::orders::ends;
use crate::plans::cycle::Month;
use crate::pools;
use crate::usage::roll_over;

/// The kind of the job, its key, and the name of its schedule.
pub const KIND: &str = "automation";

/// The job.
pub async fn run(engine: Arc<Engine>, _job: Job, context: Context) -> HandlerResult {
    if !engine.automation.enabled {
        while forget(&engine).await? {}
        return Ok(Outcome::Done);
    }
    match look_around(&engine, &context).await {
        Ok(true) => Ok(Outcome::Done),
        Ok(false) => Ok(Outcome::Again { at_ms: engine.clock.now_ms() }),
        Err(refusal) => Err(refusal.to_string().into()),
    }
}

/// Looks at what is marked, and at everything when that is due; false when it was interrupted.
async fn look_around(engine: &Arc<Engine>, context: &Context) -> Result<bool, Refusal> {
    let now_ms = engine.clock.now_ms();
    // Figures of a cycle that has ended are no reason for anything.
    roll_over::run(&engine.db, now_ms).await?;
    let swept_ms = engine.db.read(store::swept_ms).await?;
    let passes = |at_ms: i64| at_ms.div_euclid(limits::RULE_SWEEP_INTERVAL_MS);
    if passes(swept_ms) < passes(now_ms) && !sweep(engine, context, now_ms).await? {
        return Ok(false);
    }
    loop {
        let marks = engine.db.read(|tx| store::touches(tx, limits::TOUCHES_PER_STEP)).await?;
        if marks.is_empty() {
            return Ok(true);
        }
        if i64::try_from(marks.len()).unwrap_or(i64::MAX) == limits::TOUCHES_PER_STEP {
            // So many that it is cheaper to look at all cards in their order.
            if !sweep(engine, context, now_ms).await? {
                return Ok(false);
            }
            continue;
        }
        look_at_marked(engine, marks, now_ms).await?;
        if context.is_stopping() {
            return Ok(false);
        }
        context.extend().await?;
    }
}

/// Looks at marked cards and their pools, and takes the marks away.
async fn look_at_marked(
    engine: &Arc<Engine>,
    marks: Vec<(i64, Vec<i64>)>,
    now_ms: i64,
) -> Result<(), Refusal> {
    let (touch_ids, cards): (Vec<i64>, Vec<Vec<i64>>) = marks.into_iter().unzip();
    let mut cards: Vec<i64> = cards.into_iter().flatten().collect();
    cards.sort_unstable();
    cards.dedup();
    let of_cards = cards.clone();
    let ids = engine.db.read(move |tx| look::pools_of(tx, &of_cards)).await?;
    let gates = look::at_pools(engine, ids.iter().copied().collect(), now_ms).await?;
    let known = gates.clone();
    let turned = engine.db.read(move |tx| store::turned(tx, &known)).await?;
    let mut fired = 0;
    // First, so that an order takes as many members as it can.
    for pool in ids.into_iter().filter(|(_, pool_id)| turned.contains(pool_id)) {
        fired += look::at_members(engine, pool, &gates, now_ms).await?;
    }
    fired += look::at_cards(engine, &cards, &gates, now_ms).await?;
    let done = move |tx: &mut Tx<'_>| {
        store::put_gates(tx, &gates)?;
        store::forget_touches(tx, &touch_ids)
    };
    engine.db.write(done).await?;
    if fired > 0 {
        tracing::info!(cards = fired, "rules fired");
    }
    Ok(())
}

/// Looks at all pools and cards; false when it was interrupted.
async fn sweep(engine: &Arc<Engine>, context: &Context, now_ms: i64) -> Result<bool, Refusal> {
    // A plan that goes on, or has a successor, is no reason to stop a card.
    ends::settle(&engine.db, now_ms).await?;
    // What is marked by now is looked at with the others.
    let touch_ids = engine.db.read(|tx| store::touch_ids(tx, limits::TOUCHES_PER_SWEEP)).await?;
    let ids = engine.db.read(pools::ids_of_all).await?;
    let gates = look::at_pools(engine, ids, now_ms).await?;
    let (mut after, mut fired) = (0, 0);
    loop {
        let (last, count) = look::at_page(engine, after, &gates, now_ms).await?;
        fired += count;
        let Some(last) = last else { break };
        after = last;
        if context.is_stopping() {
            return Ok(false);
        }
        context.extend().await?;
    }
    let done = move |tx: &mut Tx<'_>| {
        store::put_gates(tx, &gates)?;
        store::forget_touches(tx, &touch_ids)?;
        store::set_swept(tx, now_ms)
    };
    engine.db.write(done).await?;
    forget_old(engine, now_ms).await?;
    tracing::info!(cards = fired, "rules were looked at for all cards");
    Ok(true)
}

/// Forgets what rules fired long ago.
async fn forget_old(engine: &Arc<Engine>, now_ms: i64) -> Result<(), Refusal> {
    let before = Month::at(now_ms).plus(-limits::FIRING_MONTHS).yyyymm();
    let count = limits::RULE_PAGE_CARDS;
    loop {
        let forgotten = engine.db.write_bulk(move |tx| store::forget_firings(tx, before, count)).await?;
        if forgotten < count.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Takes some marks away, where no rule is to look at them; false when there are none.
async fn forget(engine: &Arc<Engine>) -> Result<bool, simlink_db::DbError> {
    let work = |tx: &mut Tx<'_>| {
        let ids = store::touch_ids(tx, limits::TOUCHES_PER_SWEEP)?;
        store::forget_touches(tx, &ids)?;
        Ok(!ids.is_empty())
    };
    engine.db.write(work).await
}
