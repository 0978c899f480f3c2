//! The job that carries one card of an order: asks the carrier, or inquires about what was asked before, and writes
//! what it says.
//!
//! The first attempt sends; every later one inquires first, because the one before may have ended between sending
//! and writing. What the carrier never received is sent again under the same key, which it executes at most once.

use std::sync::Arc;

use simlink_carriers::{CardRef, Iccid, Inquiry, Instruction, Lane, Link, Outcome, Rejection, UnknownCause};
use simlink_db::{DbError, Tx};
use simlink_jobs::{self as jobs, Claim, Context, HandlerResult, Job, JobError};

use super::settle::{self, Verdict};
use super::store::{self, Errand};
use super::types::{Stage, status};
use crate::engine::Engine;
use crate::failpoints;
use crate::limits;
use crate::southbound::{Asking, poll_wait_ms};

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
        let reference = self.errand.reference.as_ref();
        let outcome = match self.asking(link).outcome(&instruction, reference, may_be_there).await {
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
        let inquiry = self.asking(link).inquiry(&instruction, self.errand.reference.as_ref()).await;
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

    fn asking<'b>(&'b self, link: &'b Link) -> Asking<'b> {
        Asking { link, lane: self.lane, clock: &self.engine.clock, context: &self.context }
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

fn retry(cause: UnknownCause) -> jobs::Outcome {
    jobs::Outcome::Retry { after_ms: None, reason: cause.to_string() }
}

/// A refusal that may pass: as soon as the carrier suggests, otherwise after the backoff of the kind.
fn again_after(rejection: &Rejection) -> jobs::Outcome {
    let after_ms = rejection.retry_after_ms.and_then(|ms| i64::try_from(ms).ok());
    jobs::Outcome::Retry { after_ms, reason: rejection.reason.name().to_owned() }
}
