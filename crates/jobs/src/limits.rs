//! Every limit of the queue, in one room: constants where nobody needs another figure, settings where somebody may.

/// Bytes of a kind or of a schedule's name.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of a uniqueness key.
pub const KEY_BYTES_MAX: usize = 200;
/// Bytes of a payload: an id or a few, never the data itself.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Characters kept of the reason why an attempt failed or a job was parked.
pub const REASON_CHARS_MAX: usize = 500;
/// Kinds in one registry.
pub const KINDS_MAX: usize = 100;
/// Jobs taken by one claim.
pub const CLAIM_JOBS_MAX: usize = 100;
/// How long [`run_until_idle`](crate::Worker::run_until_idle) waits for due jobs that another transaction is at.
pub const LOCKED_WAIT_MS: u64 = 5;
/// Schedules fired in one look.
pub const SCHEDULES_FIRED_MAX: i64 = 100;
/// Jobs in one page of [`parked`](crate::parked), rows in one list of [`schedules`](crate::schedules).
pub const PAGE_ROWS_MAX: i64 = 500;
/// Open jobs of a kind, unless the [`Queue`](crate::Queue) is told otherwise.
pub const OPEN_JOBS_MAX: u64 = 1_000_000;
/// How long an exact count of a full queue is believed before it is counted anew.
pub const FULL_BELIEVED_MS: i64 = 1_000;
/// How often a unique job is tried anew that ends just when it is to be woken.
pub const WAKE_TRIES_MAX: u32 = 5;

/// Limits of one [`Worker`](crate::Worker).
#[derive(Debug, Clone)]
pub struct WorkerLimits {
    /// Jobs running at the same time, of all kinds together; at least 1.
    pub running_max: usize,
    /// How long to wait at most before looking again, when nothing woke the worker: this bounds how late jobs are
    /// noticed that another process enqueued, and leases that ran out.
    pub poll_ms: u64,
    /// How long a stop waits for running jobs.
    pub stop_wait_ms: u64,
    /// Jobs run by one [`Worker::run_until_idle`](crate::Worker::run_until_idle).
    pub idle_jobs_max: u64,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        WorkerLimits { running_max: 64, poll_ms: 1_000, stop_wait_ms: 8_000, idle_jobs_max: 1_000_000 }
    }
}
