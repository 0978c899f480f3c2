//! How an attempt ends, in the transaction of its effect: each of these changes the job only while the claim holds, and
//! otherwise gives [`JobError::Lost`], which undoes the transaction it is returned from.

use simlink_db::{DbError, Tx, params};

use crate::{Claim, JobError, limits::REASON_CHARS_MAX};

/// The work is done: the job is gone. The important path: call it in the transaction that writes the effect.
///
/// Like every ending but [`extend`], it makes the job due again instead when it was woken meanwhile (see
/// [`Queue::enqueue_or_wake`](crate::Queue::enqueue_or_wake)).
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn complete(tx: &mut Tx<'_>, claim: Claim) -> Result<(), JobError> {
    let deleted = tx.execute(
        "DELETE FROM job WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NULL",
        params![claim.job_id, claim.attempt],
    )?;
    ended(tx, claim, deleted)
}

/// The attempt went well and the job is to run again at `at_ms`; failures so far are forgotten.
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn again(tx: &mut Tx<'_>, claim: Claim, at_ms: i64) -> Result<(), JobError> {
    let changed = tx.execute(
        "UPDATE job SET state = 0, run_at_ms = $3, failures = 0, owner = NULL, lease_until_ms = NULL \
         WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NULL",
        params![claim.job_id, claim.attempt, at_ms],
    )?;
    ended(tx, claim, changed)
}

/// The attempt failed and the next one is due at `at_ms`. It is up to the caller to [`park`] after the last.
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn retry(tx: &mut Tx<'_>, claim: Claim, at_ms: i64, reason: &str) -> Result<(), JobError> {
    let changed = tx.execute(
        "UPDATE job SET state = 0, run_at_ms = $3, failures = failures + 1, last_error = $4, \
         owner = NULL, lease_until_ms = NULL \
         WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NULL",
        params![claim.job_id, claim.attempt, at_ms, shortened(reason).as_str()],
    )?;
    ended(tx, claim, changed)
}

/// The job waits for the operator; it stays open, so that no other of its kind and key begins.
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn park(tx: &mut Tx<'_>, claim: Claim, reason: &str) -> Result<(), JobError> {
    let changed = tx.execute(
        "UPDATE job SET state = 2, failures = failures + 1, last_error = $3, owner = NULL, lease_until_ms = NULL \
         WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NULL",
        params![claim.job_id, claim.attempt, shortened(reason).as_str()],
    )?;
    ended(tx, claim, changed)
}

/// Nothing was begun: the job is as due as it was before.
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn release(tx: &mut Tx<'_>, claim: Claim) -> Result<(), JobError> {
    let changed = tx.execute(
        "UPDATE job SET state = 0, owner = NULL, lease_until_ms = NULL \
         WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NULL",
        params![claim.job_id, claim.attempt],
    )?;
    ended(tx, claim, changed)
}

/// The attempt goes on: its lease holds until `lease_until_ms`, by [`Clock::lease_now_ms`](crate::Clock::lease_now_ms).
/// A handler calls [`Context::extend`](crate::Context::extend), which moves its own deadline too.
///
/// # Errors
/// [`JobError::Lost`] and those of the database.
pub fn extend(tx: &mut Tx<'_>, claim: Claim, lease_until_ms: i64) -> Result<(), JobError> {
    let changed = tx.execute(
        "UPDATE job SET lease_until_ms = $3 WHERE job_id = $1 AND attempt = $2 AND state = 1",
        params![claim.job_id, claim.attempt, lease_until_ms],
    )?;
    if changed == 1 { Ok(()) } else { Err(JobError::Lost) }
}

/// Removes a queued job that no worker has ever claimed; false when there is none such.
///
/// # Errors
/// Those of the database.
pub fn withdraw(tx: &mut Tx<'_>, kind: &str, key: &str) -> Result<bool, JobError> {
    let sql = "DELETE FROM job WHERE kind = $1 AND unique_key = $2 AND state = 0 AND attempt = 0";
    Ok(tx.execute(sql, params![kind, key])? == 1)
}

/// An ending that changed no row met a job that was woken or that is no longer the claim's.
fn ended(tx: &mut Tx<'_>, claim: Claim, changed: u64) -> Result<(), JobError> {
    if changed == 1 || requeue_woken(tx, claim)? { Ok(()) } else { Err(JobError::Lost) }
}

fn requeue_woken(tx: &mut Tx<'_>, claim: Claim) -> Result<bool, DbError> {
    let requeued = tx.execute(
        "UPDATE job SET state = 0, run_at_ms = wake_ms, wake_ms = NULL, owner = NULL, lease_until_ms = NULL \
         WHERE job_id = $1 AND attempt = $2 AND state = 1 AND wake_ms IS NOT NULL",
        params![claim.job_id, claim.attempt],
    )?;
    Ok(requeued == 1)
}

/// NUL, which PostgreSQL does not store, goes as well.
fn shortened(reason: &str) -> String {
    reason.chars().filter(|character| *character != '\0').take(REASON_CHARS_MAX).collect()
}
