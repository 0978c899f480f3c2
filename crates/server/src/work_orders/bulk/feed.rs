//! The job that begins the cards of a lane, chunk by chunk, as many as may be under way at once; and that writes off
//! those of an order that was taken back.
//!
//! Each chunk is one transaction with the lane's place, so that a crash neither loses nor repeats a card. The job ends
//! when the lane is full; the card whose end leaves it half empty has it come again.

use std::sync::Arc;

use simlink_carriers::Operation;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{Context, HandlerResult, Job, JobError, NewJob, Outcome, Priority};

use super::State;
use super::store::{self, Lane, Waiting};
use crate::app::State as Memory;
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::failpoints;
use crate::http::language::Language;
use crate::limits;
use crate::sims::lifecycle::{self, CardFacts};
use crate::work_orders::of_card::blocks;
use crate::work_orders::place::{OrderCard, begin};
use crate::work_orders::settle::{self, Verdict};
use crate::work_orders::store::{NewDetail, count_ended, insert_failed};
use crate::work_orders::types::{reason, status};

/// The kind of its jobs.
pub const KIND: &str = "work_orders.feed";

/// Has the lane's cards begin.
///
/// # Errors
/// Those of database and queue.
pub fn enqueue(
    engine: &Engine,
    tx: &mut Tx<'_>,
    lane_id: i64,
    account: AccountId,
    now_ms: i64,
) -> Result<(), JobError> {
    let id = lane_id.to_string();
    let job = NewJob {
        key: Some(&id),
        account: Some(account.0),
        priority: Priority::Bulk,
        ..NewJob::new(KIND, &id, now_ms)
    };
    engine.queue.enqueue_or_wake(tx, &job, now_ms).map(|_| ())
}

/// Counts a card of a lane that has ended, and has more begin once the lane is half empty.
///
/// # Errors
/// Those of database and queue.
pub fn note_ended(
    engine: &Engine,
    tx: &mut Tx<'_>,
    lane_id: i64,
    account: AccountId,
    now_ms: i64,
) -> Result<(), JobError> {
    match store::note_ended(tx, lane_id)? {
        // Each transaction sees a figure of its own, because it holds the lane's row from here on.
        Some((limits::BULK_LANE_REFILL, true)) => enqueue(engine, tx, lane_id, account, now_ms),
        _ => Ok(()),
    }
}

/// The job's handler.
///
/// # Errors
/// Those of database and queue.
pub async fn feed(engine: Arc<Engine>, state: Arc<Memory>, job: Job, context: Context) -> HandlerResult {
    let lane_id: i64 = job.payload.parse()?;
    while let Some((lane, cards)) = engine.db.read(move |tx| next(tx, lane_id)).await? {
        if context.is_stopping() {
            return Ok(Outcome::Again { at_ms: engine.clock.now_ms() });
        }
        if lane.state == State::Begun {
            // What other processes wrote counts as well.
            engine.follower.catch_up().await;
        }
        let chunk = Chunk::of(lane, cards, &state)?;
        let (writer, now_ms) = (engine.clone(), engine.clock.now_ms());
        engine.db.write(move |tx| chunk.write(&writer, tx, now_ms)).await?;
        failpoints::hit("bulk_fed");
        engine.follower.nudge();
        engine.queue.wake();
        context.extend().await?;
    }
    Ok(Outcome::Done)
}

/// The lane and its next cards, if there is something to do for them now.
fn next(tx: &mut Tx<'_>, lane_id: i64) -> Result<Option<(Lane, Vec<Waiting>)>, DbError> {
    let Some(lane) = store::lane(tx, lane_id)? else { return Ok(None) };
    let due = match lane.state {
        State::Begun => lane.has_room(),
        State::Held => false,
        State::TakenBack | State::Rejected => true,
    };
    if !due || lane.is_whole() {
        return Ok(None);
    }
    let cards = store::next_chunk(tx, &lane)?;
    Ok(Some((lane, cards)))
}

/// A chunk with what is against each of its cards.
struct Chunk {
    lane: Lane,
    operation: Operation,
    cards: Vec<OrderCard>,
    /// How all of them end, where they do not begin at all.
    verdict: Option<Verdict>,
}

impl Chunk {
    fn of(lane: Lane, cards: Vec<Waiting>, state: &Memory) -> Result<Self, DbError> {
        let operation: Operation = serde_json::from_str(&lane.operation)
            .map_err(|_| DbError::Other("an order's operation cannot be read".to_owned()))?;
        let verdict = match lane.state {
            State::Begun | State::Held => None,
            State::TakenBack => Some(Verdict::Cancelled),
            State::Rejected => Some(Verdict::Rejected),
        };
        let reader = state.fleet.read(lane.account);
        let against = |id: i64| match reader.by_id(id) {
            Some(card) => lifecycle::may(&operation, &CardFacts::of(card, 0)).err().map(|no| no.code()),
            None => Some(ErrorCode::SimCardNotFound),
        };
        let card = |(sim_card_id, sim_type, cid): Waiting| OrderCard {
            sim_card_id,
            cid,
            sim_type,
            carrier: lane.carrier,
            refusal: against(sim_card_id),
        };
        let cards = cards.into_iter().map(card).collect();
        Ok(Self { lane, operation, cards, verdict })
    }

    /// Writes a detail for each card and begins those that nothing is against. Nothing is written when another did it,
    /// or the order was held or taken back meanwhile.
    fn write(mut self, engine: &Engine, tx: &mut Tx<'_>, now_ms: i64) -> Result<(), JobError> {
        if self.verdict.is_none() {
            self.look_at_earlier_orders(engine, tx, now_ms)?;
        }
        let (lane, kind, cards) = (&self.lane, self.operation.kind(), &self.cards);
        let reasons: Vec<Option<String>> = cards.iter().map(|card| self.reason(card)).collect();
        let failed = reasons.iter().flatten().count();
        if !store::take_chunk(tx, lane, cards.len(), failed)? {
            return Ok(());
        }
        if let Some(first) = reasons.iter().flatten().next() {
            let unsuccessful = self.verdict.as_ref().map_or(status::FAILED, Verdict::unsuccessful);
            let failed = i64::try_from(failed).unwrap_or(i64::MAX);
            count_ended(tx, lane.order_id, (0, failed), unsuccessful, Some(first), now_ms)?;
        }
        let count = u32::try_from(cards.len()).unwrap_or(u32::MAX);
        // A detail and a job for each card.
        tx.stock_ids(2 * count)?;
        for ((card, reason), detail_id) in cards.iter().zip(&reasons).zip(tx.reserve_ids(count)?..) {
            let detail = NewDetail {
                detail_id,
                order_id: lane.order_id,
                account: lane.account,
                card,
                kind,
                bulk_lane: Some(lane.lane_id),
                now_ms,
            };
            match reason {
                Some(reason) => insert_failed(tx, &detail, reason)?,
                None if begin(engine, tx, &detail, false, false)? => {}
                // Another transaction placed one of the kind between our look and our row.
                None => return Err(DbError::Conflict.into()),
            }
        }
        if failed > 0 {
            self.record_failed(tx, now_ms)?;
        }
        failpoints::hit("bulk_feed_in");
        Ok(())
    }

    /// Refuses the cards on which an earlier order is in the way, and closes those that are overdue.
    fn look_at_earlier_orders(
        &mut self,
        engine: &Engine,
        tx: &mut Tx<'_>,
        now_ms: i64,
    ) -> Result<(), JobError> {
        let (lane, kind) = (&self.lane, self.operation.kind());
        let ids: Vec<i64> = self.cards.iter().map(|card| card.sim_card_id).collect();
        let since_ms = now_ms - limits::ORDER_SPACING_MS;
        let latest = store::latest_of(tx, lane.account, kind, &ids, since_ms)?;
        for card in self.cards.iter_mut().filter(|card| card.refusal.is_none()) {
            let Some(latest) = latest.get(&card.sim_card_id) else { continue };
            card.refusal = blocks(latest, kind, lane.spaced, now_ms);
            if card.refusal.is_none() && latest.is_open {
                settle::close(engine, tx, latest.detail_id, now_ms)?;
            }
        }
        Ok(())
    }

    /// Why a card ends at once.
    fn reason(&self, card: &OrderCard) -> Option<String> {
        match &self.verdict {
            Some(verdict) => verdict.description(),
            None => card.refusal.map(|code| reason(code, Language::Chinese)),
        }
    }

    fn record_failed(&self, tx: &mut Tx<'_>, now_ms: i64) -> Result<(), DbError> {
        let change = Change {
            account: Some(self.lane.account),
            subject: Subject::WorkOrder,
            ids: &[self.lane.order_id],
            kind: "failed",
            detail: None,
            actor: &self.lane.actor,
            now_ms,
        };
        changes::record(tx, &change)
    }
}
