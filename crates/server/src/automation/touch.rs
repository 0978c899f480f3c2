//! Marks cards for the rules to look at, in the transaction that changes what rules look at.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{JobError, NewJob, Queue};

use super::run::KIND;
use super::store;

/// Has the rules look at these cards, and at the pools that they are members of, soon after the caller's transaction is
/// committed: their usage, plan, pool, threshold or state has changed. Once too often does no harm. After the commit a
/// [`wake`](simlink_jobs::Queue::wake) of the queue has it done at once, otherwise it is done within a second.
///
/// # Errors
/// Those of the database.
pub fn touch(tx: &mut Tx<'_>, account: AccountId, sim_card_ids: &[i64], now_ms: i64) -> Result<(), DbError> {
    if sim_card_ids.is_empty() {
        return Ok(());
    }
    store::touch(tx, account, sim_card_ids)?;
    wake(tx, now_ms)
}

/// Has the rules look at a pool and its members, as [`touch`] does at cards: what the pool has has changed.
///
/// # Errors
/// Those of the database.
pub fn touch_pool(tx: &mut Tx<'_>, account: AccountId, pool_id: i64, now_ms: i64) -> Result<(), DbError> {
    // Any member leads to its pool; where there is none, there is nothing to look at.
    let member = store::any_member(tx, account, pool_id)?;
    touch(tx, account, member.as_slice(), now_ms)
}

/// Has the rules look at all cards of all accounts, as [`touch`] does at some.
///
/// # Errors
/// Those of the database.
pub fn touch_all(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), DbError> {
    store::set_swept(tx, store::NEVER_MS)?;
    wake(tx, now_ms)
}

fn wake(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), DbError> {
    // Not every caller has the queue of its process (an import from the command line); one job needs no bound.
    let job = NewJob { key: Some(KIND), ..NewJob::new(KIND, "", now_ms) };
    match Queue::default().enqueue_or_wake(tx, &job, now_ms) {
        Ok(_) => Ok(()),
        Err(JobError::Database(error)) => Err(error),
        Err(error) => Err(DbError::Other(error.to_string())),
    }
}
