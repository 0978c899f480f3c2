//! The timer's part: closes what took too long and sends on its way what a crash left waiting.

use std::sync::Arc;

use simlink_db::Tx;
use simlink_jobs::{Context, HandlerResult, Job, JobError, Outcome};

use super::types::Stage;
use super::{settle, store};
use crate::engine::Engine;
use crate::failpoints;
use crate::limits;
use crate::southbound;

/// The kind of the sweep's jobs and the name of its schedule.
pub const KIND: &str = "work_orders.sweep";

/// Repairs step by step until a step finds less than it may take.
///
/// # Errors
/// Those of database and queue.
pub async fn sweep(engine: Arc<Engine>, _job: Job, context: Context) -> HandlerResult {
    loop {
        let now_ms = engine.clock.now_ms();
        let step = engine.clone();
        let found = engine.db.write(move |tx| repair(&step, tx, now_ms)).await?;
        engine.follower.nudge();
        engine.queue.wake();
        if found < limits::SWEEP_ROWS || context.is_stopping() {
            break;
        }
        context.extend().await?;
    }
    Ok(Outcome::Done)
}

/// One step; gives how many rows it found at most of a sort.
fn repair(engine: &Engine, tx: &mut Tx<'_>, now_ms: i64) -> Result<i64, JobError> {
    let overdue = store::overdue(tx, now_ms, limits::SWEEP_ROWS)?;
    for detail_id in &overdue {
        settle::close(engine, tx, *detail_id, now_ms)?;
        failpoints::hit("sweep_in");
    }
    let forgotten = store::forgotten(tx, limits::SWEEP_ROWS)?;
    for detail_id in &forgotten {
        settle::start(engine, tx, *detail_id, Stage::Waiting, now_ms)?;
    }
    let old = southbound::forget_events(tx, now_ms - limits::CARRIER_EVENT_LIFE_MS, limits::SWEEP_ROWS)?;
    let counts = [overdue.len(), forgotten.len(), usize::try_from(old).unwrap_or(0)];
    Ok(i64::try_from(counts.into_iter().max().unwrap_or(0)).unwrap_or(i64::MAX))
}
