//! One attempt at a job: the handler runs until it answers, panics or is cut off, then the job is ended.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use simlink_db::Tx;
use tokio::time::Instant;

use crate::{
    Claim, Context, Job, JobError, Outcome, endings,
    registry::{HandlerResult, Kind},
    worker::{Inner, Place},
};

/// What to do with a job, in one transaction.
enum Ending {
    Complete,
    Again { at_ms: i64 },
    Retry { at_ms: i64, reason: String },
    Park { reason: String },
    Release,
}

/// Runs the job of the kind at `index`. `begun` is from before the claim; the place is taken until the job is ended.
pub(crate) async fn run(worker: Arc<Inner>, index: usize, job: Job, begun: Instant, place: Option<Place>) {
    let kind = &worker.parts.registry.kinds[index];
    let claim = job.claim;
    let ending = if *worker.stopping.borrow() {
        Some(Ending::Release)
    } else {
        let failures = job.failures;
        let mut cut_off = worker.cut_off.subscribe();
        tokio::select! {
            handled = handle(&worker, kind, job, begun) => match handled {
                Ok(outcome) => ending(&worker, kind, failures, outcome),
                Err(error) => {
                    let reason = format!("{error:#}");
                    ending(&worker, kind, failures, Outcome::Retry { after_ms: None, reason })
                }
            },
            // An error means that the worker is gone, and then this future is too.
            Ok(_) = cut_off.wait_for(|cut_off| *cut_off) => Some(Ending::Release),
        }
    };
    if let Some(ending) = ending {
        end(&worker, kind, claim, ending).await;
    }
    drop(place);
}

async fn handle(worker: &Inner, kind: &Kind, job: Job, begun: Instant) -> HandlerResult {
    let parts = &worker.parts;
    let (db, clock, stopping) = (parts.db.clone(), Arc::clone(&parts.clock), worker.stopping.subscribe());
    let context = Context::new(db, clock, job.claim, kind.settings, begun, stopping);
    let handler = AssertUnwindSafe(async { (kind.handler)(job, context.clone()).await }).catch_unwind();
    // The deadline is asked first: a process that was stopped past it does not go on with the handler.
    tokio::select! {
        biased;
        () = context.over() => Err(format!("no end within {} ms", kind.settings.timeout_ms).into()),
        result = handler => result.unwrap_or_else(|_| Err("the handler panicked".into())),
    }
}

/// What an outcome means for a job that failed `failures` times before.
fn ending(worker: &Inner, kind: &Kind, failures: u32, outcome: Outcome) -> Option<Ending> {
    let failures = failures.saturating_add(1);
    Some(match outcome {
        Outcome::Settled => return None,
        Outcome::Done => Ending::Complete,
        Outcome::Again { at_ms } => Ending::Again { at_ms },
        Outcome::Park { reason } => Ending::Park { reason },
        Outcome::Retry { reason, .. } if failures >= kind.settings.attempts_max => Ending::Park { reason },
        Outcome::Retry { after_ms, reason } => {
            let wait_ms =
                after_ms.unwrap_or_else(|| kind.settings.backoff.wait_ms(failures, (worker.parts.random)()));
            Ending::Retry { at_ms: worker.parts.clock.now_ms().saturating_add(wait_ms.max(0)), reason }
        }
    })
}

async fn end(worker: &Inner, kind: &Kind, claim: Claim, ending: Ending) {
    let (kind, job_id, attempt) = (kind.name, claim.job_id, claim.attempt);
    match &ending {
        Ending::Retry { reason, .. } => tracing::info!(kind, job_id, attempt, reason, "a job failed"),
        Ending::Park { reason } => tracing::warn!(kind, job_id, attempt, reason, "a job is parked"),
        Ending::Complete | Ending::Again { .. } | Ending::Release => {}
    }
    match worker.parts.db.write(move |tx| ending.apply(tx, claim)).await {
        Ok(()) => {}
        Err(JobError::Lost) => tracing::warn!(kind, job_id, attempt, "an attempt ended too late to count"),
        // The lease runs out, and the job is tried again.
        Err(error) => {
            tracing::error!(kind, job_id, attempt, cause = %error, "the end of an attempt was not recorded");
        }
    }
}

impl Ending {
    fn apply(&self, tx: &mut Tx<'_>, claim: Claim) -> Result<(), JobError> {
        match self {
            Ending::Complete => endings::complete(tx, claim),
            Ending::Again { at_ms } => endings::again(tx, claim, *at_ms),
            Ending::Retry { at_ms, reason } => endings::retry(tx, claim, *at_ms, reason),
            Ending::Park { reason } => endings::park(tx, claim, reason),
            Ending::Release => endings::release(tx, claim),
        }
    }
}
