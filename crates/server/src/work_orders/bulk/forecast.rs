//! What an order would come to, without placing it: the same rules, asked about the cards and the earlier orders as they
//! are now.

use std::collections::BTreeMap;

use serde::Serialize;
use simlink_carriers::OperationKind;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::store;
use crate::error_codes::ErrorCode;
use crate::http::language::Language;
use crate::limits;
use crate::work_orders::of_card::blocks;
use crate::work_orders::place::OrderCard;
use crate::work_orders::types::{OrderType, reason};

/// What an order would come to if it were placed now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Forecast {
    /// The type of the order.
    work_order_type: u8,
    /// Whether an operator would have to approve it first.
    reviewed: bool,
    /// All cards.
    total_count: usize,
    /// Those that would be brought to their carrier.
    accepted_count: usize,
    /// Those that would fail at once.
    refused_count: usize,
    /// Why they would.
    refusals: Vec<Refused>,
}

/// Cards that would fail at once for the same reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refused {
    error_code: &'static str,
    error_msg: String,
    count: usize,
    /// The first of them.
    sim_card_ids: Vec<i64>,
}

/// An order that nobody has placed.
pub struct Question {
    /// Whose cards they are.
    pub account: AccountId,
    /// What would be asked of the carriers.
    pub kind: OperationKind,
    /// The type of the order.
    pub order_type: OrderType,
    /// Its cards, with what the rules say.
    pub cards: Vec<OrderCard>,
    /// Whether the same operation within five minutes would be in its way.
    pub spaced: bool,
    /// Whether an operator would have to approve it.
    pub reviewed: bool,
}

/// Answers what an order would come to, with reasons in the language.
///
/// # Errors
/// Those of the database.
pub fn forecast(
    tx: &mut Tx<'_>,
    question: &Question,
    language: Language,
    now_ms: i64,
) -> Result<Forecast, DbError> {
    let kind = question.kind;
    let mut refused: BTreeMap<&'static str, (ErrorCode, Vec<i64>)> = BTreeMap::new();
    for cards in question.cards.chunks(limits::CARDS_PER_CHANGE) {
        let ids: Vec<i64> = cards.iter().map(|card| card.sim_card_id).collect();
        let since_ms = now_ms - limits::ORDER_SPACING_MS;
        let latest = store::latest_of(tx, question.account, kind, &ids, since_ms)?;
        for card in cards {
            let earlier = latest.get(&card.sim_card_id);
            let blocked = || blocks(earlier?, kind, question.spaced, now_ms);
            if let Some(code) = card.refusal.or_else(blocked) {
                refused.entry(code.text().code).or_insert((code, Vec::new())).1.push(card.sim_card_id);
            }
        }
    }
    let refused_count = refused.values().map(|(_, ids)| ids.len()).sum();
    let refusals = refused.into_values().map(|(code, mut ids)| {
        let count = ids.len();
        ids.truncate(limits::FORECAST_CARDS_NAMED);
        Refused { error_code: code.text().code, error_msg: reason(code, language), count, sim_card_ids: ids }
    });
    Ok(Forecast {
        work_order_type: question.order_type.0,
        reviewed: question.reviewed,
        total_count: question.cards.len(),
        accepted_count: question.cards.len() - refused_count,
        refused_count,
        refusals: refusals.collect(),
    })
}
