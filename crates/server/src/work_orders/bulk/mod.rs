//! Orders of any number of cards: accepted whole in one commit, begun a few at a time ([`feed`]), held, taken back and
//! tried again (`hold`).
//!
//! The cards of an order stand in lanes, one a carrier, each a row of chunks. A lane has only so many cards under way
//! at once, so that an order of a hundred thousand neither fills the queue nor holds cards that it does not work on.

pub(super) mod feed;
mod forecast;
pub(super) mod hold;
pub(super) mod store;

use std::collections::BTreeMap;

use anyhow::Context;
use simlink_db::Tx;

use super::place::{NewOrder, OrderCard, common_sim_type};
use super::review::note;
use super::store::{NewRow, insert_order};
use super::types::{OrderType, status};
use crate::engine::Engine;
use crate::failpoints;
use crate::http::error::Refusal;
use crate::limits;

pub use feed::KIND as FEED_KIND;
pub use feed::feed;
pub use forecast::{Forecast, Question, forecast};

/// What is done with the cards of an order that have not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// They are begun.
    Begun = 0,
    /// They wait until the order goes on.
    Held = 1,
    /// They are taken back.
    TakenBack = 2,
    /// They are rejected.
    Rejected = 3,
}

impl State {
    /// The state of a stored number; the column has a CHECK.
    pub fn of_number(number: i64) -> Self {
        match number {
            0 => Self::Begun,
            1 => Self::Held,
            2 => Self::TakenBack,
            _ => Self::Rejected,
        }
    }
}

/// Places an order whose cards begin bit by bit, and answers its id. What their rules and earlier orders say is looked
/// at when their turn comes. With `spaced`, the same operation on a card within five minutes is in the way.
///
/// # Errors
/// Those of database and queue.
pub fn place(
    engine: &Engine,
    tx: &mut Tx<'_>,
    order: &NewOrder,
    spaced: bool,
    now_ms: i64,
) -> Result<i64, Refusal> {
    let order_id = tx.reserve_ids(1)?;
    let row = NewRow {
        order_id,
        order_type: OrderType::of_many_cards(order.operation.kind()),
        sim_type: common_sim_type(&order.cards),
        status: if order.reviewed { status::IN_REVIEW } else { status::PROCESSING },
        fail_count: 0,
    };
    insert_order(tx, order, &row, now_ms)?;
    store::insert(tx, order_id, spaced)?;
    let mut by_carrier: BTreeMap<u16, Vec<&OrderCard>> = BTreeMap::new();
    for card in &order.cards {
        by_carrier.entry(card.carrier).or_default().push(card);
    }
    let lane_count = u32::try_from(by_carrier.len()).context("too many carriers")?;
    for ((carrier, cards), lane_id) in by_carrier.into_iter().zip(tx.reserve_ids(lane_count)?..) {
        store::insert_lane(tx, order_id, lane_id, carrier, &cards)?;
        if !order.reviewed {
            feed::enqueue(engine, tx, lane_id, order.account, now_ms)?;
        }
    }
    note(tx, order.account, order_id, "placed", &order.actor, now_ms)?;
    failpoints::hit("bulk_placed_in");
    Ok(order_id)
}

/// The chunks of a lane.
fn chunks<'a>(cards: &'a [&'a OrderCard]) -> impl ExactSizeIterator<Item = &'a [&'a OrderCard]> {
    cards.chunks(limits::BULK_CHUNK_CARDS)
}
