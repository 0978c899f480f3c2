//! The one door: API, console, operator and automation alike place their orders here, in one transaction.

use anyhow::Context;
use simlink_carriers::Operation;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::JobError;

use super::of_card::blocks;
use super::review::note;
use super::settle;
use super::store::{self, NewDetail, NewRow};
use super::types::{OrderType, Source, Stage, lane, open_code, reason, status};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::failpoints;
use crate::http::error::Refusal;
use crate::http::language::Language;
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
        let detail =
            NewDetail { detail_id, order_id, account: order.account, card, kind, bulk_lane: None, now_ms };
        let single = order.cards.len() == 1;
        match fate {
            Err(code) => store::insert_failed(tx, &detail, &reason(*code, Language::Chinese))?,
            Ok(()) if begin(engine, tx, &detail, order.reviewed, single)? => {}
            // Another transaction placed one of the kind between our look and our row.
            Ok(()) => return Err(if single { open_code(kind).into() } else { DbError::Conflict.into() }),
        }
    }
    note(tx, order.account, order_id, "placed", &order.actor, now_ms)?;
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
    if let Some(code) = blocks(&latest, order.operation.kind(), order.source.is_spaced(), now_ms) {
        return Ok(Err(code));
    }
    if latest.is_open {
        settle::close(engine, tx, latest.detail_id, now_ms)?;
    }
    Ok(Ok(()))
}

/// Writes the detail of a card and sends it on its way, or has it wait for the card or for approval. False when one of
/// the kind is open on the card: then nothing is written that may stay.
///
/// # Errors
/// Those of database and queue.
pub(super) fn begin(
    engine: &Engine,
    tx: &mut Tx<'_>,
    detail: &NewDetail<'_>,
    reviewed: bool,
    single: bool,
) -> Result<bool, JobError> {
    let stage = if reviewed {
        Stage::HeldBack
    } else if store::take_card(tx, detail.card.sim_card_id, detail.detail_id)? {
        Stage::UnderWay
    } else {
        Stage::Waiting
    };
    let deadline_ms = if reviewed { i64::MAX } else { detail.now_ms + limits::order_life_ms(single) };
    if !store::insert_detail(tx, detail, stage, deadline_ms)? {
        return Ok(false);
    }
    if stage == Stage::UnderWay {
        let carried = Carried {
            detail_id: detail.detail_id,
            account: detail.account,
            carrier: detail.card.carrier,
            lane: lane(single),
        };
        engine.links.enqueue_carry(&engine.queue, tx, &carried, detail.now_ms)?;
    }
    Ok(true)
}

/// The type that all cards have, if they have one.
pub(super) fn common_sim_type(cards: &[OrderCard]) -> Option<u8> {
    let first = cards.first()?.sim_type;
    cards.iter().all(|card| card.sim_type == first).then_some(first)
}
