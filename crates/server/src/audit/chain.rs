//! The chain: a job makes entries of changes in the order of the log, each with a proof over the one before and itself.
//! The proof is made with a key that is not in the database: who can write there alone can alter nothing unseen.

use std::sync::Arc;

use simlink_db::{DbError, Tx};
use simlink_jobs::{Context, HandlerResult, Job, JobError, NewJob, Outcome};

use super::store::{self, Head, Record};
use crate::changes::entries;
use crate::engine::Engine;
use crate::iam::Vault;
use crate::limits;

/// The kind of the chain's job; its key as well.
pub const KIND: &str = "audit.seal";

/// Starts the job where the log has grown. Gives 1 if it has, 0 if not.
///
/// # Errors
/// Those of database and queue.
pub async fn wake(engine: &Engine) -> Result<usize, JobError> {
    let head = engine.db.read::<_, DbError, _>(|tx: &mut Tx<'_>| store::head(tx, false)).await?;
    if !engine.feed.has_news(None, head.sequence) {
        return Ok(0);
    }
    let (queue, now_ms) = (engine.queue.clone(), engine.clock.now_ms());
    let job = NewJob { key: Some(KIND), ..NewJob::new(KIND, "", now_ms) };
    engine.db.write(move |tx: &mut Tx<'_>| queue.enqueue_or_wake(tx, &job, now_ms)).await?;
    engine.queue.wake();
    Ok(1)
}

/// Makes entries until the log is read to its end.
///
/// # Errors
/// Those of the database.
pub async fn seal(engine: Arc<Engine>, vault: Arc<Vault>, _job: Job, context: Context) -> HandlerResult {
    loop {
        let (horizon, vault) = (engine.feed.horizon(), vault.clone());
        if engine.db.write(move |tx: &mut Tx<'_>| step(tx, &vault, horizon)).await? || context.is_stopping() {
            return Ok(Outcome::Done);
        }
        context.extend().await?;
    }
}

/// Makes the next entries. Gives whether that was the end of the log.
fn step(tx: &mut Tx<'_>, vault: &Vault, horizon: i64) -> Result<bool, DbError> {
    let head = store::head(tx, true)?;
    if head.sequence >= horizon {
        return Ok(true);
    }
    let changes = entries::rows(tx, None, head.sequence, horizon, limits::AUDIT_ENTRIES_PER_STEP)?;
    let is_end = changes.len() < limits::AUDIT_ENTRIES_PER_STEP;
    let (mut number, mut hash, mut sequence) = (head.number, head.hash, head.sequence);
    let mut records = Vec::with_capacity(changes.len());
    for change in changes {
        number += 1;
        sequence = change.sequence;
        let mut record = Record::of(change, number);
        hash = proof(vault, &hash, &record);
        record.hash.clone_from(&hash);
        records.push(record);
    }
    let sequence = if is_end { horizon } else { sequence };
    store::append(tx, &records, &Head { number, sequence, hash })?;
    Ok(is_end)
}

/// The proof of an entry after the one with this proof.
pub fn proof(vault: &Vault, before: &str, record: &Record) -> String {
    let number = |number: i64| number.to_be_bytes();
    let text = |text: &Option<String>| text.as_ref().map_or(vec![0], |text| [b"1", text.as_bytes()].concat());
    vault.proof(&[
        before.as_bytes(),
        &number(record.number),
        &number(record.sequence),
        &number(record.account.unwrap_or(-1)),
        record.subject.as_bytes(),
        record.ids.as_bytes(),
        record.kind.as_bytes(),
        &text(&record.detail),
        record.actor.as_bytes(),
        &text(&record.origin),
        &number(record.created_ms),
    ])
}
