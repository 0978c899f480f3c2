//! What a worker does to the queue: looks what is due, claims it, and puts back what lost its lease.

use simlink_db::{DbError, Param, Tx, params};

use crate::{
    Job,
    job::{JOB_COLUMNS, Priority},
};

/// What a look found of one kind; times in epoch milliseconds, `None` when there is no such row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// When the first queued job is due, by priority.
    pub due_ms: [Option<i64>; Priority::ALL.len()],
    /// When the first lease runs out.
    pub lease_ms: Option<i64>,
    /// When the first schedule is due.
    pub schedule_ms: Option<i64>,
}

impl Look {
    /// The most pressing priority of which a job is due.
    pub(crate) fn due(&self, now_ms: i64) -> Option<usize> {
        self.due_ms.iter().position(|due_ms| due_ms.is_some_and(|due_ms| due_ms <= now_ms))
    }
}

/// One look at each of the kinds (at least one), in their order.
pub(crate) fn look(tx: &mut Tx<'_>, kinds: &[&'static str]) -> Result<Vec<Look>, DbError> {
    // Numbered, because the rows of VALUES come in no promised order.
    let rows = (1..=kinds.len()).map(|number| format!("({number}, CAST(${number} AS TEXT))"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "WITH known (number, kind_name) AS (VALUES {rows}) SELECT \
         (SELECT MIN(run_at_ms) FROM job WHERE kind = kind_name AND state = 0 AND priority = 0), \
         (SELECT MIN(run_at_ms) FROM job WHERE kind = kind_name AND state = 0 AND priority = 1), \
         (SELECT MIN(run_at_ms) FROM job WHERE kind = kind_name AND state = 0 AND priority = 2), \
         (SELECT MIN(lease_until_ms) FROM job WHERE kind = kind_name AND state = 1), \
         (SELECT MIN(next_run_ms) FROM job_schedule WHERE kind = kind_name) \
         FROM known ORDER BY number"
    );
    let kinds: Vec<Param<'_>> = kinds.iter().map(|kind| Param::from(*kind)).collect();
    tx.rows(&sql, &kinds, |row| {
        Ok(Look {
            due_ms: [row.get(0)?, row.get(1)?, row.get(2)?],
            lease_ms: row.get(3)?,
            schedule_ms: row.get(4)?,
        })
    })
}

/// What to claim of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub kind: &'static str,
    pub jobs_max: usize,
    pub lease_until_ms: i64,
}

/// Leases due jobs to `owner`, the most pressing and oldest first. Their attempts count from here.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    wanted: &[Wanted],
    owner: &str,
    now_ms: i64,
) -> Result<Vec<Job>, DbError> {
    // A claim waits for nobody: what another process claims, or a callback wakes, is left for the next look. So the
    // transactions that lock several jobs never wait for each other crosswise.
    let lock = tx.skip_locked();
    let due = Priority::ALL.map(|priority| {
        let number = priority.number();
        format!(
            "SELECT * FROM (SELECT job_id, priority, run_at_ms FROM job \
             WHERE kind = $1 AND state = 0 AND priority = {number} AND run_at_ms <= $2 \
             ORDER BY run_at_ms, job_id LIMIT $5{lock}) AS due_{number}"
        )
    });
    // Materialized, so that the rows are chosen and locked once.
    let sql = format!(
        "WITH due AS MATERIALIZED ({}) \
         UPDATE job SET state = 1, attempt = attempt + 1, owner = $3, lease_until_ms = $4 \
         WHERE job_id IN (SELECT job_id FROM due ORDER BY priority, run_at_ms, job_id LIMIT $5) \
         RETURNING {JOB_COLUMNS}",
        due.join(" UNION ALL ")
    );
    let mut claimed = Vec::new();
    for wanted in wanted {
        let jobs_max = i64::try_from(wanted.jobs_max).unwrap_or(i64::MAX);
        let parameters = params![wanted.kind, now_ms, owner, wanted.lease_until_ms, jobs_max];
        claimed.extend(tx.rows(&sql, parameters, Job::of_row)?);
    }
    // RETURNING has no order.
    claimed.sort_by_key(|job| (job.priority, job.run_at_ms, job.claim.job_id));
    Ok(claimed)
}

/// Puts back the jobs of a kind whose lease has run out, counting a failure; parks those whose last attempt it was.
/// Gives how many there were.
pub(crate) fn expire(
    tx: &mut Tx<'_>,
    kind: &str,
    attempts_max: u32,
    lease_now_ms: i64,
) -> Result<u64, DbError> {
    let sql = format!(
        "WITH lost AS MATERIALIZED (SELECT job_id FROM job \
         WHERE kind = $1 AND state = 1 AND lease_until_ms <= $3{}) \
         UPDATE job SET failures = failures + 1, wake_ms = NULL, owner = NULL, lease_until_ms = NULL, \
         last_error = 'the lease ran out: the worker ' || owner || ' ended, or was stopped for too long', \
         state = CASE WHEN failures + 1 >= $2 AND wake_ms IS NULL THEN 2 ELSE 0 END \
         WHERE job_id IN (SELECT job_id FROM lost)",
        tx.skip_locked()
    );
    tx.execute(&sql, params![kind, attempts_max, lease_now_ms])
}
