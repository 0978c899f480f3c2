//! Forgetting keys that have expired.

use std::sync::Arc;

use simlink_db::Tx;
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::store;
use crate::engine::Engine;
use crate::limits;

/// The kind of its jobs and the name of its schedule.
pub const KIND: &str = "idempotency.clear";

/// The job: some keys a transaction until there are none. Doing it twice is harmless.
pub async fn clear(engine: Arc<Engine>, _job: Job, context: Context) -> HandlerResult {
    let now_ms = engine.clock.now_ms();
    while !context.is_stopping() {
        let some = move |tx: &mut Tx<'_>| store::clear(tx, now_ms, limits::IDEMPOTENCY_KEYS_CLEARED);
        if engine.db.write(some).await? == 0 {
            break;
        }
        context.extend().await?;
    }
    Ok(Outcome::Done)
}
