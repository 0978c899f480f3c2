//! The job that forgets changes older than the configured retention, from the oldest on.

use std::sync::Arc;

use simlink_db::{DbError, Tx, params};
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use crate::engine::Engine;
use crate::limits;

/// The kind of the sweep's jobs and the name of its schedule.
pub const KIND: &str = "changes.sweep";

/// Forgets step by step until a step finds less than it may take.
///
/// # Errors
/// Those of the database.
pub async fn sweep(engine: Arc<Engine>, kept_ms: i64, _job: Job, context: Context) -> HandlerResult {
    let before_ms = engine.clock.now_ms().saturating_sub(kept_ms);
    let horizon = engine.feed.horizon();
    loop {
        let found = engine.db.write(move |tx: &mut Tx<'_>| forget(tx, before_ms, horizon)).await?;
        if found < limits::SWEEP_ROWS || context.is_stopping() {
            return Ok(Outcome::Done);
        }
        context.extend().await?;
    }
}

/// One step: the oldest rows, up to the first that is to be kept. Gives how many went.
///
/// # Errors
/// Those of the database.
fn forget(tx: &mut Tx<'_>, before_ms: i64, horizon: i64) -> Result<i64, DbError> {
    let oldest = tx.rows(
        "SELECT sequence, created_ms FROM change_log WHERE sequence <= $1 ORDER BY sequence LIMIT $2",
        params![horizon, limits::SWEEP_ROWS],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    let old = oldest.iter().take_while(|(_, created_ms)| *created_ms < before_ms);
    let (count, last) = old.fold((0, None), |(count, _), (sequence, _)| (count + 1, Some(*sequence)));
    if let Some(last) = last {
        tx.execute("DELETE FROM change_log WHERE sequence <= $1", params![last])?;
        tx.execute("UPDATE change_feed SET swept_to = $1 WHERE swept_to < $1", params![last])?;
    }
    Ok(count)
}
