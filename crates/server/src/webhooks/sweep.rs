//! The job that forgets events which ended some days ago.

use std::sync::Arc;

use simlink_db::Tx;
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::store::deliveries;
use crate::engine::Engine;
use crate::limits;

/// The kind of the sweep's jobs and the name of its schedule.
pub const KIND: &str = "webhooks.sweep";

/// Forgets step by step until nothing is left to forget.
///
/// # Errors
/// Those of the database.
pub async fn sweep(engine: Arc<Engine>, _job: Job, context: Context) -> HandlerResult {
    let before_ms = engine.clock.now_ms().saturating_sub(limits::WEBHOOK_LOG_MS);
    while engine.db.write(move |tx: &mut Tx<'_>| deliveries::forget(tx, before_ms)).await? > 0 {
        if context.is_stopping() {
            break;
        }
        context.extend().await?;
    }
    Ok(Outcome::Done)
}
