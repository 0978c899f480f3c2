//! The one door: API, console, operator and automation alike place their orders here, in one transaction.

use anyhow::Context;
use simlink_carriers::Operation;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::settle;
use super::store::{self, Latest, NewDetail, NewRow};
use super::types::{OrderType, Source, Stage, lane, open_code, status};
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::failpoints;
use crate::http::error::Refusal;
use crate::limits;
use crate::southbound::Carried;

/// A card of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCard {
    /// Its id.
    pub sim_card_id: i64,
    /// Its container id.
    pub cid: String,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// The contract's carrier number.
    pub carrier: u16,
    /// Why the card does not permit the operation: among many cards it fails at once.
    pub refusal: Option<ErrorCode>,
}

/// An order to be placed. Whether its cards permit the operation has been looked at (`sims::lifecycle`); the one card
/// of an order of one does.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Whose cards they are.
    pub account: AccountId,
    /// What is asked of the carriers.
    pub operation: Operation,
    /// Who asks.
    pub source: Source,
    /// At least one card, none twice.
    pub cards: Vec<OrderCard>,
    /// `req_detail` where it is not the one card's `容器ID:…`.
    pub request: Option<String>,
    /// The `operator_status` that a stop leaves behind.
    pub stop_cause: i64,
    /// Whether an operator must approve it first.
    pub reviewed: bool,
    /// A user's id, or the name of a rule.
    pub actor: String,
}

/// Places an order of one card: the order, its detail, the job that carries it and a row in the change log. Answers its
/// id; after the commit the queue wants a [`wake`](simlink_jobs::Queue::wake).
///
/// It is refused while one of its kind is open on the card, and within five minutes after one was accepted. An open
/// order older than 30 minutes is closed instead of being in the way (seed 4.1.2).
///
/// # Errors
/// `GSL.00016009`, `…10`, `…15`, `…16` and those of database and queue.
pub fn place(engine: &Engine, tx: &mut Tx<'_>, order: &NewOrder, now_ms: i64) -> Result<i64, Refusal> {
    let fate = admit(engine, tx, order, &order.cards[0], now_ms)?;
    if let Err(code) = fate {
        return Err(code.into());
    }
    write(engine, tx, order, OrderType::of_one_card(order.operation.kind()), &[fate], now_ms)
}

/// Places an order of many cards as [`place`] does. A card that does not permit the operation, or on which an earlier
/// order is in the way, fails at once; the others go on.
///
/// # Errors
/// Those of database and queue.
pub fn place_many(engine: &Engine, tx: &mut Tx<'_>, order: &NewOrder, now_ms: i64) -> Result<i64, Refusal> {
    let mut fates = Vec::with_capacity(order.cards.len());
    for card in &order.cards {
        fates.push(match card.refusal {
            Some(code) => Err(code),
            None => admit(engine, tx, order, card, now_ms)?,
        });
    }
    write(engine, tx, order, OrderType::of_many_cards(order.operation.kind()), &fates, now_ms)
}

/// Writes an order whose cards have these fates.
fn write(
    engine: &Engine,
    tx: &mut Tx<'_>,
    order: &NewOrder,
    order_type: OrderType,
    fates: &[Result<(), ErrorCode>],
    now_ms: i64,
) -> Result<i64, Refusal> {
    let kind = order.operation.kind();
    let total_count = u32::try_from(order.cards.len()).context("too many cards")?;
    // The order, and a detail and a job for each card.
    tx.stock_ids(1 + 2 * total_count)?;
    let order_id = tx.reserve_ids(1 + total_count)?;
    let fail_count = fates.iter().filter(|fate| fate.is_err()).count();
    let status = match order.reviewed {
        _ if fail_count == order.cards.len() => status::FAILED,
        true => status::IN_REVIEW,
        false => status::PROCESSING,
    };
    let sim_type = common_sim_type(&order.cards);
    store::insert_order(tx, order, &NewRow { order_id, order_type, sim_type, status, fail_count }, now_ms)?;
    for ((card, fate), detail_id) in order.cards.iter().zip(fates).zip(order_id + 1..) {
        let detail = NewDetail { detail_id, order_id, account: order.account, card, kind, now_ms };
        match fate {
            Err(code) => store::insert_failed(tx, &detail, code.text().zh)?,
            Ok(()) => begin(engine, tx, order, &detail)?,
        }
    }
    let change = Change {
        account: Some(order.account),
        subject: Subject::WorkOrder,
        ids: &[order_id],
        kind: "placed",
        detail: None,
        actor: &order.actor,
        now_ms,
    };
    changes::record(tx, &change)?;
    failpoints::hit("place_in");
    Ok(order_id)
}

/// Whether earlier orders let one in on this card. One that is open and overdue is closed on the way.
fn admit(
    engine: &Engine,
    tx: &mut Tx<'_>,
    order: &NewOrder,
    card: &OrderCard,
    now_ms: i64,
) -> Result<Result<(), ErrorCode>, Refusal> {
    let Some(latest) = store::latest(tx, order.account, card.sim_card_id, order.operation.kind())? else {
        return Ok(Ok(()));
    };
    if let Some(code) = blocks(&latest, order, now_ms) {
        return Ok(Err(code));
    }
    if latest.is_open {
        settle::close(engine, tx, latest.detail_id, now_ms)?;
    }
    Ok(Ok(()))
}

/// Writes the detail of a card and sends it on its way, or has it wait for the card or for approval.
fn begin(engine: &Engine, tx: &mut Tx<'_>, order: &NewOrder, detail: &NewDetail<'_>) -> Result<(), Refusal> {
    let single = order.cards.len() == 1;
    let stage = if order.reviewed {
        Stage::InReview
    } else if store::take_card(tx, detail.card.sim_card_id, detail.detail_id)? {
        Stage::UnderWay
    } else {
        Stage::Waiting
    };
    let deadline_ms = if order.reviewed { i64::MAX } else { detail.now_ms + limits::order_life_ms(single) };
    if !store::insert_detail(tx, detail, stage, deadline_ms)? {
        // Another transaction placed one of the kind between our look and our row.
        return Err(if single { open_code(detail.kind).into() } else { DbError::Conflict.into() });
    }
    if stage == Stage::UnderWay {
        let carried = Carried {
            detail_id: detail.detail_id,
            account: order.account,
            carrier: detail.card.carrier,
            lane: lane(order.cards.len()),
        };
        engine.links.enqueue_carry(&engine.queue, tx, &carried, detail.now_ms)?;
    }
    Ok(())
}

/// Whether the latest order of the kind on the card keeps another one out, and what that is told.
fn blocks(latest: &Latest, order: &NewOrder, now_ms: i64) -> Option<ErrorCode> {
    if latest.is_open {
        return (now_ms < latest.deadline_ms).then_some(open_code(order.operation.kind()));
    }
    let soon = now_ms < latest.created_ms.saturating_add(limits::ORDER_SPACING_MS);
    (order.source.is_spaced() && soon).then_some(ErrorCode::RepeatedTooSoon)
}

fn common_sim_type(cards: &[OrderCard]) -> Option<u8> {
    let first = cards.first()?.sim_type;
    cards.iter().all(|card| card.sim_type == first).then_some(first)
}
