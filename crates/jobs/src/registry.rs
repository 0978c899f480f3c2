//! Which handler runs which kind of job, and within what bounds.

use std::{error::Error, fmt, pin::Pin};

use crate::{
    Backoff, Context, Job, JobError, Outcome,
    limits::{KINDS_MAX, NAME_BYTES_MAX},
};

/// What a handler answers. An error is a failure like [`Outcome::Retry`]; its text is what the operator reads.
pub type HandlerResult = Result<Outcome, Box<dyn Error + Send + Sync>>;

pub(crate) type Running = Pin<Box<dyn Future<Output = HandlerResult> + Send>>;

/// Bounds of one kind.
#[derive(Debug, Clone, Copy)]
pub struct KindSettings {
    /// Jobs of the kind that one worker runs at the same time; at least 1. Below the worker's own bound, it leaves room
    /// for other kinds.
    pub concurrent_max: usize,
    /// Failures after which a job is parked; at least 1.
    pub attempts_max: u32,
    /// How long one attempt may take before it is cut off; below `lease_ms`.
    pub timeout_ms: u64,
    /// How long a claim holds without being extended: after a crash the job waits for this long.
    pub lease_ms: u64,
    /// The wait between attempts.
    pub backoff: Backoff,
}

impl Default for KindSettings {
    fn default() -> Self {
        KindSettings {
            concurrent_max: 16,
            attempts_max: 10,
            timeout_ms: 25_000,
            lease_ms: 30_000,
            backoff: Backoff::default(),
        }
    }
}

pub(crate) struct Kind {
    pub name: &'static str,
    pub settings: KindSettings,
    pub handler: Box<dyn Fn(Job, Context) -> Running + Send + Sync>,
}

/// The kinds that a worker runs. It leaves alone jobs and schedules of kinds it does not know: a newer version may.
#[derive(Default)]
pub struct Registry {
    pub(crate) kinds: Vec<Kind>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Registry {
    /// Says who runs the jobs of a kind.
    ///
    /// # Errors
    /// [`JobError::Invalid`] when the kind is registered already, there are too many, or the settings make no sense.
    pub fn register<F, Fut>(
        &mut self,
        kind: &'static str,
        settings: KindSettings,
        handler: F,
    ) -> Result<(), JobError>
    where
        F: Fn(Job, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = HandlerResult> + Send + 'static,
    {
        let refusal = if self.names().any(|known| known == kind) {
            "is registered already"
        } else if self.kinds.len() >= KINDS_MAX {
            "is one too many"
        } else if kind.is_empty() || kind.len() > NAME_BYTES_MAX {
            "has no good name"
        } else if settings.timeout_ms == 0 || settings.timeout_ms >= settings.lease_ms {
            "needs a timeout above 0 and below its lease"
        } else if settings.concurrent_max == 0 || settings.attempts_max == 0 {
            "needs at least one attempt, one job at a time"
        } else {
            let handler = Box::new(move |job, context| Box::pin(handler(job, context)) as Running);
            self.kinds.push(Kind { name: kind, settings, handler });
            return Ok(());
        };
        Err(JobError::Invalid(format!("the kind {kind:?} {refusal}")))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.iter().map(|kind| kind.name)
    }
}
