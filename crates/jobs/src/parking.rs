//! What the operator sees and does: figures, parked jobs, resuming and discarding them.

use simlink_db::{DbError, Tx, params};

use crate::limits::{KINDS_MAX, PAGE_ROWS_MAX};

/// Figures of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindStats {
    /// The kind.
    pub kind: String,
    /// Jobs that wait, due or not.
    pub queued: i64,
    /// Jobs that are leased to a worker.
    pub running: i64,
    /// Jobs that wait for the operator.
    pub parked: i64,
    /// Since when the oldest due job waits, in epoch milliseconds; `None` when none is due.
    pub oldest_due_ms: Option<i64>,
}

/// Figures of every kind that has jobs. It counts them all: for metrics, not for each request.
///
/// # Errors
/// Those of the database.
pub fn stats(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<KindStats>, DbError> {
    let kinds_max = i64::try_from(KINDS_MAX).unwrap_or(i64::MAX);
    tx.rows(
        "SELECT kind, CAST(SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END) AS BIGINT), \
         MIN(CASE WHEN state = 0 AND run_at_ms <= $1 THEN run_at_ms END) \
         FROM job GROUP BY kind ORDER BY kind LIMIT $2",
        params![now_ms, kinds_max],
        |row| {
            Ok(KindStats {
                kind: row.get(0)?,
                queued: row.get(1)?,
                running: row.get(2)?,
                parked: row.get(3)?,
                oldest_due_ms: row.get(4)?,
            })
        },
    )
}

/// A parked job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedJob {
    /// Its id.
    pub job_id: i64,
    /// Its kind.
    pub kind: String,
    /// Its uniqueness key.
    pub key: Option<String>,
    /// Its payload.
    pub payload: String,
    /// Whose it is.
    pub account: Option<i64>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it is parked.
    pub reason: Option<String>,
    /// When it was enqueued, in epoch milliseconds.
    pub created_ms: i64,
}

/// One page of the parked jobs with ids above `after_job_id`, by id; at most [`PAGE_ROWS_MAX`].
///
/// # Errors
/// Those of the database.
pub fn parked(tx: &mut Tx<'_>, after_job_id: i64, limit: i64) -> Result<Vec<ParkedJob>, DbError> {
    tx.rows(
        "SELECT job_id, kind, unique_key, payload, account_id, attempt, last_error, created_ms \
         FROM job WHERE state = 2 AND job_id > $1 ORDER BY job_id LIMIT $2",
        params![after_job_id, limit.clamp(1, PAGE_ROWS_MAX)],
        |row| {
            Ok(ParkedJob {
                job_id: row.get(0)?,
                kind: row.get(1)?,
                key: row.get(2)?,
                payload: row.get(3)?,
                account: row.get(4)?,
                attempts: row.get(5)?,
                reason: row.get(6)?,
                created_ms: row.get(7)?,
            })
        },
    )
}

/// Queues a parked job again, with all its attempts before it. False when it is not parked (any more).
///
/// # Errors
/// Those of the database.
pub fn resume(tx: &mut Tx<'_>, job_id: i64, now_ms: i64) -> Result<bool, DbError> {
    let resumed = tx.execute(
        "UPDATE job SET state = 0, failures = 0, run_at_ms = $2 WHERE job_id = $1 AND state = 2",
        params![job_id, now_ms],
    )?;
    Ok(resumed == 1)
}

/// Removes a parked job for good. False when it is not parked (any more).
///
/// # Errors
/// Those of the database.
pub fn discard(tx: &mut Tx<'_>, job_id: i64) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM job WHERE job_id = $1 AND state = 2", params![job_id])? == 1)
}
