//! What was ordered on one card of late, and whether that keeps another order out.

use simlink_carriers::OperationKind;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::pages;
use super::store::Latest;
use super::types::{Source, Stage, open_code};
use crate::error_codes::ErrorCode;
use crate::limits;

/// An order as one card sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardOrder {
    /// The order.
    pub work_order_id: i64,
    /// What was asked for.
    pub kind: OperationKind,
    /// It has not ended yet.
    pub is_open: bool,
    /// It ended without success.
    pub failed: bool,
    /// How far it is.
    pub stage: Stage,
    /// When it was placed, epoch milliseconds.
    pub created_ms: i64,
    /// When it ended, epoch milliseconds.
    pub finished_ms: Option<i64>,
    /// When it is given up, epoch milliseconds.
    pub deadline_ms: i64,
    /// Why it failed.
    pub description: Option<String>,
}

/// The latest orders of a card, newest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn of_card(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    limit: i64,
) -> Result<Vec<CardOrder>, DbError> {
    pages::of_card(tx, account, sim_card_id, limit)
}

/// What a person's order of this kind would be refused with because of earlier ones, newest first.
pub fn in_the_way(orders: &[CardOrder], kind: OperationKind, now_ms: i64) -> Option<ErrorCode> {
    // One that failed before it began was never accepted.
    let latest = orders.iter().find(|order| order.kind == kind && order.deadline_ms > order.created_ms)?;
    let latest = Latest {
        detail_id: 0,
        is_open: latest.is_open,
        deadline_ms: latest.deadline_ms,
        created_ms: latest.created_ms,
    };
    blocks(&latest, kind, Source::Api.is_spaced(), now_ms)
}

/// Whether the latest order of the kind on the card keeps another one out, and what that is told. A `spaced` one is kept
/// out for five minutes after the latest.
pub(super) fn blocks(latest: &Latest, kind: OperationKind, spaced: bool, now_ms: i64) -> Option<ErrorCode> {
    if latest.is_open {
        return (now_ms < latest.deadline_ms).then_some(open_code(kind));
    }
    let soon = now_ms < latest.created_ms.saturating_add(limits::ORDER_SPACING_MS);
    (spaced && soon).then_some(ErrorCode::RepeatedTooSoon)
}
