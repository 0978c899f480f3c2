//! What can go wrong with a job, in words a caller can act on.

use simlink_db::DbError;

/// An error of the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The database refused or failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The job is no longer this attempt's: its lease ran out and another took it, or it was ended already. Returned
    /// from inside a transaction it undoes that transaction, which is the point of it.
    #[error("the job is no longer this attempt's")]
    Lost,
    /// As many jobs of the kind are open as may be: try again later.
    #[error("the queue of {kind} is full: {max} jobs are open")]
    QueueFull {
        /// The kind.
        kind: String,
        /// Open jobs allowed.
        max: u64,
    },
    /// A name, key or payload is too long, or a setting makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// [`Worker::run_until_idle`](crate::Worker::run_until_idle) found still more to do.
    #[error("still not idle after {ran} jobs")]
    Restless {
        /// Jobs run.
        ran: u64,
    },
}
