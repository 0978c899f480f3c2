//! Starts the jobs of endpoints for which there is news in the log.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{JobError, NewJob, Queue};

use super::{deliver, store};
use crate::engine::Engine;

/// One look. Gives how many endpoints have news to be read.
///
/// # Errors
/// Those of database and queue.
pub async fn wake(engine: &Engine) -> Result<usize, JobError> {
    let now_ms = engine.clock.now_ms();
    let active = move |tx: &mut Tx<'_>| store::active(tx, now_ms);
    let mut behind = engine.db.read::<_, DbError, _>(active).await?;
    behind.retain(|(account, _, position)| engine.feed.has_news(Some(*account), *position));
    if behind.is_empty() {
        return Ok(0);
    }
    let (queue, count) = (engine.queue.clone(), behind.len());
    let begin = move |tx: &mut Tx<'_>| {
        behind
            .iter()
            .try_for_each(|(account, endpoint_id, _)| start(tx, &queue, *account, *endpoint_id, now_ms))
    };
    engine.db.write(begin).await?;
    engine.queue.wake();
    Ok(count)
}

/// Has an endpoint looked after now. The queue is to be woken after the commit.
///
/// # Errors
/// Those of database and queue.
pub fn start(
    tx: &mut Tx<'_>,
    queue: &Queue,
    account: AccountId,
    endpoint_id: i64,
    now_ms: i64,
) -> Result<(), JobError> {
    let id = endpoint_id.to_string();
    let job = NewJob { key: Some(&id), account: Some(account.0), ..NewJob::new(deliver::KIND, &id, now_ms) };
    queue.enqueue_or_wake(tx, &job, now_ms).map(|_| ())
}
