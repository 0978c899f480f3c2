//! The job that delivers one message: asks the carrier, or inquires about what was asked before, until the carrier
//! says that it arrived or will not.

use std::sync::Arc;

use simlink_carriers::{CardRef, Iccid, Instruction, Lane, Link, Operation, Outcome};
use simlink_db::{DbError, Tx};
use simlink_jobs::{self as jobs, Claim, Context, HandlerResult, Job, JobError};

use super::store::{self, Errand};
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::limits;
use crate::southbound::{Asking, poll_wait_ms};

/// Delivers the message that the job names over `link`; `None` for a carrier to which no link leads.
pub async fn deliver(engine: Arc<Engine>, link: Option<&Link>, job: Job, context: Context) -> HandlerResult {
    let sms_message_id: i64 = job.payload.parse()?;
    let found = engine.db.read(move |tx| store::errand(tx, sms_message_id)).await?;
    let Some(errand) = found.filter(Errand::is_open) else { return Ok(jobs::Outcome::Done) };
    let now_ms = engine.clock.now_ms();
    let Some(link) = link else { return end(&engine, errand, Some("no link".to_owned()), job.claim).await };
    if now_ms >= errand.deadline_ms() {
        return end(&engine, errand, Some("not delivered in time".to_owned()), job.claim).await;
    }
    let instruction = errand.instruction()?;
    let asking = Asking { link, lane: Lane::Bulk, clock: &engine.clock, context: &context };
    let may_be_there = job.claim.attempt > 1 || errand.reference.is_some();
    let outcome = match asking.outcome(&instruction, errand.reference.as_ref(), may_be_there).await {
        Ok(outcome) => outcome,
        Err(later) => return Ok(jobs::Outcome::Again { at_ms: later.at_ms }),
    };
    // Until its time is over a message is asked about again, however often that comes to nothing.
    let again_ms = |suggested_ms: Option<u64>| {
        let wait_ms = poll_wait_ms(suggested_ms, job.claim.attempt);
        engine.clock.now_ms().saturating_add_unsigned(wait_ms).min(errand.deadline_ms())
    };
    match outcome {
        Outcome::Done => end(&engine, errand, None, job.claim).await,
        Outcome::Rejected(rejection) if !rejection.reason.is_retryable() => {
            end(&engine, errand, Some(rejection.reason.name().to_owned()), job.claim).await
        }
        Outcome::Rejected(rejection) => {
            Ok(jobs::Outcome::Again { at_ms: again_ms(rejection.retry_after_ms) })
        }
        Outcome::Unknown(_) => Ok(jobs::Outcome::Again { at_ms: again_ms(None) }),
        Outcome::Accepted { reference, poll_after_ms } => {
            let (at_ms, claim) = (again_ms(poll_after_ms), job.claim);
            let work = move |tx: &mut Tx<'_>| {
                if errand.reference.as_ref() != Some(&reference) {
                    store::note_reference(tx, sms_message_id, &reference)?;
                }
                jobs::again(tx, claim, at_ms)
            };
            engine.db.write(work).await?;
            Ok(jobs::Outcome::Settled)
        }
    }
}

/// Ends the message, and with it the job, in one transaction.
async fn end(engine: &Engine, errand: Errand, failure: Option<String>, claim: Claim) -> HandlerResult {
    let now_ms = engine.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| {
        if store::end(tx, errand.sms_message_id, failure.as_deref(), now_ms)? {
            let change = Change {
                account: Some(errand.account),
                subject: Subject::SmsMessage,
                ids: &[errand.sms_message_id],
                kind: if failure.is_some() { "failed" } else { "delivered" },
                detail: failure.as_deref(),
                actor: &errand.actor,
                now_ms,
            };
            changes::record(tx, &change)?;
        }
        jobs::complete(tx, claim)
    };
    engine.db.write::<_, JobError, _>(work).await?;
    Ok(jobs::Outcome::Settled)
}

impl Errand {
    fn deadline_ms(&self) -> i64 {
        self.sent_ms.saturating_add(limits::SMS_LIFE_MS)
    }

    fn instruction(&self) -> Result<Instruction, DbError> {
        let iccid: Iccid = self
            .iccid
            .parse()
            .map_err(|_| DbError::Other("a card's ICCID is none that a carrier knows".to_owned()))?;
        let card = CardRef { iccid, msisdn: self.msisdn.clone(), imsi: self.imsi.clone() };
        let operation = Operation::SendSms {
            content: self.content.clone(),
            parts: self.parts,
            template_id: self.template_id,
        };
        let number = |id: i64| u64::try_from(id).unwrap_or_default();
        // Ids are unique over all tables, so that a message's is no order's.
        Ok(Instruction::new(
            number(self.sms_message_id),
            number(self.sim_card_id),
            card,
            operation,
            self.deadline_ms(),
        ))
    }
}
