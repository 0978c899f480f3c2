//! How a card of an order ends, in one transaction: detail, order, card, the next one waiting, the change log.

use serde_json::json;
use simlink_carriers::{CardStatus, Operation, Reason, Rejection};
use simlink_db::{DbError, Tx};
use simlink_jobs::JobError;

use super::bulk::feed;
use super::store::{self, DETAIL_DONE, DETAIL_FAILED, Errand};
use super::types::{Stage, lane, status};
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::failpoints;
use crate::sims::carrier_state;
use crate::southbound::Carried;

/// What became of a card of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The carrier has carried it out.
    Done,
    /// The carrier refuses.
    Refused(Rejection),
    /// No link leads to the card's carrier.
    NoLink,
    /// The carrier did not answer in time (seed 4.1.2: 30 minutes).
    Overdue,
    /// Taken back before it was sent.
    Cancelled,
    /// Not approved.
    Rejected,
}

impl Verdict {
    /// What people read in the detail's `description` and the order's `fail_reason`.
    pub(super) fn description(&self) -> Option<String> {
        Some(match self {
            Self::Done => return None,
            Self::Refused(rejection) => {
                let words = [rejection.code.as_str(), rejection.text.as_str()];
                let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                format!("{}: {}", rejection.reason.name(), words.join(" "))
            }
            Self::NoLink => "no link to this carrier is configured".to_owned(),
            Self::Overdue => "the carrier did not answer within the time allowed".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::Rejected => "not approved".to_owned(),
        })
    }

    /// The status of an order of which nothing went well.
    pub(super) const fn unsuccessful(&self) -> i64 {
        match self {
            Self::Cancelled => status::CANCELLED,
            Self::Rejected => status::REJECTED,
            _ => status::FAILED,
        }
    }
}

/// Ends an open detail. False when it had ended, or moved on, before: then nothing is changed.
///
/// # Errors
/// Those of database and queue.
pub(super) fn end(
    engine: &Engine,
    tx: &mut Tx<'_>,
    errand: &Errand,
    verdict: &Verdict,
    now_ms: i64,
) -> Result<bool, JobError> {
    let done = *verdict == Verdict::Done;
    let stage = match verdict {
        // It was on its way to the carrier, or there: nobody knows yet what becomes of it.
        Verdict::Overdue if errand.stage == Stage::UnderWay => Stage::Unsettled,
        _ => Stage::Ended,
    };
    let description = verdict.description();
    let ending = (if done { DETAIL_DONE } else { DETAIL_FAILED }, stage);
    let seen = (errand.detail_id, errand.stage);
    if !store::end_detail(tx, seen, ending, description.as_deref(), now_ms)? {
        return Ok(false);
    }
    if let Some(lane_id) = errand.bulk_lane {
        feed::note_ended(engine, tx, lane_id, errand.account, now_ms)?;
    }
    let counts = (i64::from(done), i64::from(!done));
    store::count_ended(tx, errand.order_id, counts, verdict.unsuccessful(), description.as_deref(), now_ms)?;
    let order_change = Change {
        account: Some(errand.account),
        subject: Subject::WorkOrder,
        ids: &[errand.order_id],
        kind: if done { "carried_out" } else { "failed" },
        detail: description.as_deref(),
        actor: &errand.actor,
        now_ms,
    };
    if done {
        let operation = errand.operation()?;
        let (account, card) = (errand.account, errand.sim_card_id);
        let kind = carrier_state::carried_out(
            tx,
            account,
            (card, errand.carrier),
            &operation,
            errand.stop_cause,
            now_ms,
        )?;
        let detail = card_detail(errand, &operation);
        let card_change =
            Change { subject: Subject::SimCard, ids: &[card], kind, detail: Some(&detail), ..order_change };
        changes::record_all(tx, &[card_change, order_change])?;
    } else {
        changes::record(tx, &order_change)?;
    }
    let doubtful = match verdict {
        Verdict::Refused(rejection) => {
            matches!(rejection.reason, Reason::BadState | Reason::ManagedByCarrier)
        }
        // Only the carrier knows which device the card was found in.
        Verdict::Done => errand.operation()? == Operation::BindDevice { imei: None },
        _ => false,
    };
    hand_on(engine, tx, errand, doubtful, now_ms)?;
    Ok(true)
}

/// What is to be known of a card's change: the operation, and the card's state before and after where it has another.
fn card_detail(errand: &Errand, operation: &Operation) -> String {
    let mut detail = json!({ "operation": operation, "work_order_id": errand.order_id });
    let sim_status = match operation {
        Operation::Stop => Some(CardStatus::Suspended),
        Operation::Resume | Operation::Activate => Some(CardStatus::Active),
        _ => None,
    };
    if let Some(sim_status) = sim_status {
        detail["old"] = json!({ "sim_status": errand.sim_status });
        detail["new"] = json!({ "sim_status": sim_status.number() });
    }
    detail.to_string()
}

/// Gives the card to the order that waits for it, and has the card read if a carrier's word about it is to be
/// checked.
///
/// # Errors
/// Those of database and queue.
pub(super) fn hand_on(
    engine: &Engine,
    tx: &mut Tx<'_>,
    errand: &Errand,
    doubtful: bool,
    now_ms: i64,
) -> Result<(), JobError> {
    let Some(read_after) = store::give_card_back(tx, errand.sim_card_id, errand.detail_id)? else {
        return Ok(());
    };
    // One that is taken back at this moment does not start; it no longer waits when its end is there.
    while let Some(next) = store::next_waiting(tx, errand.sim_card_id)? {
        if start(engine, tx, next, Stage::Waiting, now_ms)? {
            failpoints::hit("hand_on");
            break;
        }
    }
    if read_after || doubtful {
        let card = (errand.account, errand.sim_card_id);
        engine.links.enqueue_read(&engine.queue, tx, card, errand.carrier, now_ms)?;
    }
    Ok(())
}

/// Sends a detail on its way that was held back, or has it wait for its card. False when it is no longer in the stage
/// `from`: then nothing is changed.
///
/// # Errors
/// Those of database and queue.
pub(super) fn start(
    engine: &Engine,
    tx: &mut Tx<'_>,
    detail_id: i64,
    from: Stage,
    now_ms: i64,
) -> Result<bool, JobError> {
    let Some(errand) = store::errand(tx, detail_id)? else { return Ok(false) };
    if !store::take_card(tx, errand.sim_card_id, detail_id)? {
        return Ok(store::set_stage(tx, detail_id, from, Stage::Waiting)?);
    }
    if !store::set_stage(tx, detail_id, from, Stage::UnderWay)? {
        store::give_card_back(tx, errand.sim_card_id, detail_id)?;
        return Ok(false);
    }
    engine.links.enqueue_carry(&engine.queue, tx, &errand.carried(), now_ms)?;
    Ok(true)
}

/// Closes a detail that took too long. What may have been sent is still asked about by its job, for the card's sake;
/// whatever the carrier answers changes nothing about the order.
///
/// # Errors
/// Those of database and queue.
pub(super) fn close(engine: &Engine, tx: &mut Tx<'_>, detail_id: i64, now_ms: i64) -> Result<(), JobError> {
    let Some(errand) = store::errand(tx, detail_id)? else { return Ok(()) };
    if end(engine, tx, &errand, &Verdict::Overdue, now_ms)? && errand.stage == Stage::UnderWay {
        engine.links.wake_carry(&engine.queue, tx, &errand.carried(), now_ms)?;
    }
    Ok(())
}

impl Errand {
    /// The operation as the carrier is asked for it.
    pub(super) fn operation(&self) -> Result<Operation, DbError> {
        serde_json::from_str(&self.operation)
            .map_err(|_| DbError::Other("an order's operation cannot be read".to_owned()))
    }

    /// What the job that carries it is made of.
    pub(super) fn carried(&self) -> Carried {
        Carried {
            detail_id: self.detail_id,
            account: self.account,
            carrier: self.carrier,
            lane: lane(self.total_count == 1 && self.bulk_lane.is_none()),
        }
    }
}
