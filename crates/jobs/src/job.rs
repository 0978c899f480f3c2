//! What a job is: what is asked for, what a worker is given, and how an attempt ends.

use simlink_db::{DbError, Row};

/// What goes first when several jobs of a kind are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// Somebody waits for it.
    Interactive,
    /// The usual.
    #[default]
    Normal,
    /// Bulk work, done when nothing else is due.
    Bulk,
}

impl Priority {
    pub(crate) const ALL: [Priority; 3] = [Priority::Interactive, Priority::Normal, Priority::Bulk];

    pub(crate) fn number(self) -> u8 {
        match self {
            Priority::Interactive => 0,
            Priority::Normal => 1,
            Priority::Bulk => 2,
        }
    }

    /// The column holds 0, 1 or 2 by its CHECK.
    fn of_number(number: u8) -> Priority {
        Priority::ALL.into_iter().find(|priority| priority.number() == number).unwrap_or_default()
    }
}

/// A job to be enqueued. Start from [`NewJob::new`] and set what differs.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    /// Which handler runs it.
    pub kind: &'static str,
    /// At most one job of a kind and key is open; `None` binds nothing.
    pub key: Option<&'a str>,
    /// An id or a few, as text or small JSON; at most [`PAYLOAD_BYTES_MAX`](crate::limits::PAYLOAD_BYTES_MAX) bytes.
    pub payload: &'a str,
    /// What goes first.
    pub priority: Priority,
    /// Not before this time, in epoch milliseconds.
    pub run_at_ms: i64,
    /// Whose it is, for lists; the queue makes nothing of it.
    pub account: Option<i64>,
}

impl<'a> NewJob<'a> {
    /// A job without a key, of normal priority, of no account.
    pub fn new(kind: &'static str, payload: &'a str, run_at_ms: i64) -> Self {
        NewJob { kind, key: None, payload, priority: Priority::Normal, run_at_ms, account: None }
    }
}

/// What became of a job that was enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It was added.
    New {
        /// Its id.
        job_id: i64,
    },
    /// One of the same kind and key is open, and serves.
    AlreadyOpen,
}

/// The right to end one attempt at a job: it is worth nothing once another attempt has begun or the job has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The job.
    pub job_id: i64,
    /// Which claim of it this is, from 1.
    pub attempt: i64,
}

/// A job as its handler gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it is ended with.
    pub claim: Claim,
    /// Its kind.
    pub kind: String,
    /// Its uniqueness key.
    pub key: Option<String>,
    /// Its payload.
    pub payload: String,
    /// Whose it is.
    pub account: Option<i64>,
    /// Its priority.
    pub priority: Priority,
    /// Since when it is due, in epoch milliseconds.
    pub run_at_ms: i64,
    /// Failed attempts so far.
    pub failures: u32,
    /// When it was enqueued, in epoch milliseconds.
    pub created_ms: i64,
}

/// The columns of a [`Job`], in the order in which [`Job::of_row`] reads them.
pub(crate) const JOB_COLUMNS: &str =
    "job_id, attempt, kind, unique_key, payload, account_id, priority, run_at_ms, failures, created_ms";

impl Job {
    pub(crate) fn of_row(row: &Row<'_>) -> Result<Job, DbError> {
        Ok(Job {
            claim: Claim { job_id: row.get(0)?, attempt: row.get(1)? },
            kind: row.get(2)?,
            key: row.get(3)?,
            payload: row.get(4)?,
            account: row.get(5)?,
            priority: Priority::of_number(row.get(6)?),
            run_at_ms: row.get(7)?,
            failures: row.get(8)?,
            created_ms: row.get(9)?,
        })
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done; the worker removes the job. For work without an effect in the database, or one that may happen
    /// twice.
    Done,
    /// The handler has ended the job itself, in the transaction of its effect, with [`complete`](crate::complete) or
    /// one of its siblings. The worker does nothing more.
    Settled,
    /// It failed: once more after a while, or parked when it was the last attempt.
    Retry {
        /// How long to wait; `None` takes the backoff of the kind.
        after_ms: Option<i64>,
        /// Why, for the operator.
        reason: String,
    },
    /// It cannot go on without the operator.
    Park {
        /// Why, for the operator.
        reason: String,
    },
    /// It went well and is to run again; this counts as no failure and ends a row of them.
    Again {
        /// When, in epoch milliseconds.
        at_ms: i64,
    },
}
