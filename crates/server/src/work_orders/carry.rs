//! The job that carries one card of an order: asks the carrier, or inquires about what was asked before, and writes
//! what it says.
//!
//! The first attempt sends; every later one inquires first, because the one before may have ended between sending
//! and writing. What the carrier never received is sent again under the same key, which it executes at most once.

use std::sync::Arc;

use simlink_carriers::{
    CardRef, Iccid, Inquiry, Instruction, Lane, Link, NotSent, Outcome, Rejection, UnknownCause,
};
use simlink_db::{DbError, Tx};
use simlink_jobs::{self as jobs, Claim, Context, HandlerResult, Job, JobError};

use super::settle::{self, Verdict};
use super::store::{self, Errand};
use super::types::{Stage, status};
use crate::engine::Engine;
use crate::failpoints;
use crate::limits;

/// Carries the detail that the job names over `link`; `None` for a carrier to which no link leads.
pub async fn carry(
    engine: Arc<Engine>,
    link: Option<&Link>,
    lane: Lane,
    job: Job,
    context: Context,
) -> HandlerResult {
    let detail_id: i64 = job.payload.parse()?;
    let Some(errand) = engine.db.read(move |tx| store::errand(tx, detail_id)).await? else {
        return Ok(jobs::Outcome::Done);
    };
    failpoints::hit("carry_claimed");
    let walk = Walk { engine: &engine, errand, lane, claim: job.claim, context };
    match (walk.errand.stage, link) {
        (Stage::UnderWay, _) if engine.clock.now_ms() >= walk.errand.deadline_ms => walk.overdue().await,
        (Stage::UnderWay, Some(link)) => walk.send(link).await,
        (Stage::UnderWay, None) => walk.end(Verdict::NoLink).await,
        (Stage::Unsettled, Some(link)) => walk.look_after(link).await,
        _ => Ok(jobs::Outcome::Done),
    }
}

/// One attempt at carrying a detail.
struct Walk<'a> {
    engine: &'a Arc<Engine>,
    errand: Errand,
    lane: Lane,
    claim: Claim,
    context: Context,
}

/// A call that the link did not let through; the job comes again.
struct Later {
    at_ms: i64,
}

impl Walk<'_> {
    /// Sends, or inquires about what may have been sent.
    async fn send(self, link: &Link) -> HandlerResult {
        if self.errand.order_status == status::REVIEWED {
            let order_id = self.errand.order_id;
            self.engine.db.write(move |tx| store::begin_order(tx, order_id)).await?;
        }
        let instruction = self.instruction()?;
        let may_be_there = self.claim.attempt > 1 || self.errand.reference.is_some();
        failpoints::hit("carry_before_send");
        let outcome = match self.ask(link, &instruction, may_be_there).await {
            Ok(outcome) => outcome,
            Err(later) => return Ok(jobs::Outcome::Again { at_ms: later.at_ms }),
        };
        failpoints::hit("carry_after_send");
        match outcome {
            Outcome::Done => self.end(Verdict::Done).await,
            Outcome::Rejected(rejection) if rejection.reason.is_retryable() => Ok(again_after(&rejection)),
            Outcome::Rejected(rejection) => self.end(Verdict::Refused(rejection)).await,
            Outcome::Accepted { reference, poll_after_ms } => {
                let detail_id = self.errand.detail_id;
                let is_new = self.errand.reference.as_ref() != Some(&reference);
                let wait_ms = poll_wait_ms(poll_after_ms, self.claim.attempt);
                let at_ms = self.engine.clock.now_ms().saturating_add_unsigned(wait_ms);
                let at_ms = at_ms.min(self.errand.deadline_ms);
                let claim = self.claim;
                let work = move |tx: &mut Tx<'_>| {
                    if is_new {
                        store::note_reference(tx, detail_id, &reference)?;
                    }
                    failpoints::hit("carry_in_accept");
                    jobs::again(tx, claim, at_ms)
                };
                let outcome = self.settled(work).await;
                failpoints::hit("carry_after_accept");
                outcome
            }
            Outcome::Unknown(cause) => Ok(retry(cause)),
        }
    }

    /// Asks what became of an order that was closed before the carrier had said it, and then for the card itself:
    /// the answer changes the card, not the order.
    async fn look_after(self, link: &Link) -> HandlerResult {
        let instruction = self.instruction()?;
        let inquiry =
            self.through(|| link.inquire(self.lane, &instruction, self.errand.reference.as_ref())).await;
        let wait = |reason: String| {
            Ok(jobs::Outcome::Retry { after_ms: Some(limits::LOOK_AFTER_INTERVAL_MS), reason })
        };
        let read = match inquiry {
            Err(later) => return Ok(jobs::Outcome::Again { at_ms: later.at_ms }),
            Ok(Inquiry::NeverReceived) => false,
            Ok(Inquiry::Known(Outcome::Accepted { .. })) => return wait("still under way".to_owned()),
            Ok(Inquiry::Known(Outcome::Unknown(cause))) => return wait(cause.to_string()),
            Ok(Inquiry::Known(Outcome::Done | Outcome::Rejected(_))) => true,
        };
        let (engine, errand, claim) = (self.engine.clone(), self.errand.clone(), self.claim);
        let now_ms = engine.clock.now_ms();
        let work = move |tx: &mut Tx<'_>| {
            store::set_stage(tx, errand.detail_id, Stage::Unsettled, Stage::Ended)?;
            failpoints::hit("look_after_in");
            if read {
                let card = (errand.account, errand.sim_card_id);
                engine.links.enqueue_read(&engine.queue, tx, card, errand.carrier, now_ms)?;
            }
            jobs::complete(tx, claim)
        };
        let outcome = self.settled(work).await;
        failpoints::hit("look_after_done");
        outcome
    }

    /// Closes the order for having taken too long; the job then goes on looking after it.
    async fn overdue(self) -> HandlerResult {
        let (engine, detail_id, claim) = (self.engine.clone(), self.errand.detail_id, self.claim);
        let now_ms = engine.clock.now_ms();
        let work = move |tx: &mut Tx<'_>| {
            settle::close(&engine, tx, detail_id, now_ms)?;
            failpoints::hit("overdue_in_close");
            jobs::again(tx, claim, now_ms)
        };
        let outcome = self.settled(work).await;
        failpoints::hit("overdue_closed");
        outcome
    }

    async fn end(self, verdict: Verdict) -> HandlerResult {
        let (engine, errand, claim) = (self.engine.clone(), self.errand.clone(), self.claim);
        let now_ms = engine.clock.now_ms();
        failpoints::hit("carry_before_settle");
        let work = move |tx: &mut Tx<'_>| {
            if settle::end(&engine, tx, &errand, &verdict, now_ms)? {
                failpoints::hit("carry_in_settle");
                jobs::complete(tx, claim)
            } else {
                // Closed meanwhile: the order stays as it is, the card is looked after.
                jobs::again(tx, claim, now_ms)
            }
        };
        let outcome = self.settled(work).await;
        failpoints::hit("carry_after_settle");
        outcome
    }

    /// Runs a transaction that ends the job, and has this process follow it.
    async fn settled<F>(&self, work: F) -> HandlerResult
    where
        F: FnOnce(&mut Tx<'_>) -> Result<(), JobError> + Send + 'static,
    {
        self.engine.db.write(work).await?;
        self.engine.follower.nudge();
        self.engine.queue.wake();
        Ok(jobs::Outcome::Settled)
    }

    /// Asks the carrier: for the operation itself, or, where that may have happened before, what became of it.
    async fn ask(
        &self,
        link: &Link,
        instruction: &Instruction,
        may_be_there: bool,
    ) -> Result<Outcome, Later> {
        if may_be_there {
            let reference = self.errand.reference.as_ref();
            let inquiry = self.through(|| link.inquire(self.lane, instruction, reference)).await?;
            failpoints::hit("carry_inquired");
            match inquiry {
                Inquiry::Known(outcome) => return Ok(outcome),
                Inquiry::NeverReceived => {}
            }
        }
        self.through(|| link.submit(self.lane, instruction)).await
    }

    /// Waits for the link to let a call through, as long as this attempt may: bulk work is paced here.
    async fn through<T, C, F>(&self, call: C) -> Result<T, Later>
    where
        C: Fn() -> F,
        F: Future<Output = Result<T, NotSent>>,
    {
        loop {
            let not_sent = match call().await {
                Ok(answer) => return Ok(answer),
                Err(not_sent) => not_sent,
            };
            let at_ms = not_sent.retry_at_ms;
            let wait_ms = u64::try_from(at_ms - self.engine.clock.now_ms()).unwrap_or(0).max(1);
            let wait = std::time::Duration::from_millis(wait_ms);
            let enough = self.context.remaining() > wait + limits::CALL_REMAINDER_MIN;
            if !self.engine.clock.runs() || !enough || self.context.is_stopping() {
                return Err(Later { at_ms });
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn instruction(&self) -> Result<Instruction, DbError> {
        let errand = &self.errand;
        let iccid: Iccid = errand
            .iccid
            .parse()
            .map_err(|_| DbError::Other("a card's ICCID is none that a carrier knows".to_owned()))?;
        let card = CardRef { iccid, msisdn: errand.msisdn.clone(), imsi: errand.imsi.clone() };
        let number = |id: i64| u64::try_from(id).unwrap_or_default();
        Ok(Instruction::new(
            number(errand.order_id),
            number(errand.sim_card_id),
            card,
            errand.operation()?,
            errand.deadline_ms,
        ))
    }
}

/// How long to wait before the carrier is asked again, if it does not tell before: as it suggests, then ever longer.
fn poll_wait_ms(suggested_ms: Option<u64>, attempt: i64) -> u64 {
    let first_ms = suggested_ms.unwrap_or(limits::POLL_AFTER_MS).max(1);
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(10);
    first_ms.saturating_mul(1 << doublings).min(limits::POLL_AFTER_MS_MAX)
}

fn retry(cause: UnknownCause) -> jobs::Outcome {
    jobs::Outcome::Retry { after_ms: None, reason: cause.to_string() }
}

/// A refusal that may pass: as soon as the carrier suggests, otherwise after the backoff of the kind.
fn again_after(rejection: &Rejection) -> jobs::Outcome {
    let after_ms = rejection.retry_after_ms.and_then(|ms| i64::try_from(ms).ok());
    jobs::Outcome::Retry { after_ms, reason: rejection.reason.name().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the wait between inquiries doubles from what the carrier suggests, up to a minute.
    #[test]
    fn polls_grow_rarer() {
        let waits = [1, 2, 3, 4, 5, 6, 99].map(|attempt| poll_wait_ms(Some(5_000), attempt));
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
        assert_eq!(poll_wait_ms(Some(0), 1), 1);
        assert_eq!(poll_wait_ms(Some(u64::MAX), 9), 60_000);
        assert_eq!(poll_wait_ms(None, 1), limits::POLL_AFTER_MS);
    }
}
