//! What orders are: their kinds, how they stand, and how the operator sees them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::units::Moment;

/// What is bought. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New cards.
    Cards = 1,
    /// More periods of the plans that cards have.
    Renewal = 2,
    /// Plans and add-on packages, of cards or a pool.
    Plans = 3,
}

/// How an order stands. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its cards are not shipped yet.
    AwaitingShipment = 1,
    /// Its cards are being renewed.
    UnderWay = 2,
    /// Nothing is left to do.
    Completed = 3,
}

/// The words for kinds, by their numbers less one.
pub const KINDS: &[&str] = &["cards", "renewal", "plans", "transfer"];
/// The words for statuses, by their numbers less one.
pub const STATUSES: &[&str] = &["awaiting_shipment", "under_way", "completed"];

/// A purchase order.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseOrder {
    pub(super) order_id: i64,
    /// The account's name.
    pub(super) account: String,
    /// `cards`, `renewal`, `plans` or `transfer`.
    pub(super) kind: &'static str,
    /// `awaiting_shipment`, `under_way` or `completed`.
    pub(super) status: &'static str,
    /// The order whose cards are renewed, or were handed over.
    pub(super) source_order_id: Option<i64>,
    pub(super) price_plan_id: Option<String>,
    /// The pool that an add-on package is for.
    pub(super) sim_pool_id: Option<i64>,
    /// Cards, or packages of a pool.
    pub(super) quantity: i64,
    /// Periods that each plan is renewed by.
    pub(super) periods: i64,
    /// What all of it costs, in cents.
    pub(super) price: i64,
    pub(super) create_time: Moment,
    pub(super) finish_time: Option<Moment>,
}

/// The word with this number.
pub fn word(words: &[&'static str], number: i64) -> &'static str {
    usize::try_from(number - 1).ok().and_then(|place| words.get(place)).copied().unwrap_or("")
}

/// The number of a word.
pub fn number(words: &[&str], word: &str) -> Option<i64> {
    let place = words.iter().position(|known| *known == word)?;
    i64::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that each kind and status has its word, there and back.
    #[test]
    fn numbers_have_words() {
        assert_eq!(word(KINDS, Kind::Cards as i64), "cards");
        assert_eq!(word(KINDS, Kind::Plans as i64), "plans");
        assert_eq!(word(STATUSES, Status::AwaitingShipment as i64), "awaiting_shipment");
        assert_eq!(number(KINDS, "renewal"), Some(Kind::Renewal as i64));
        assert_eq!(number(STATUSES, "completed"), Some(Status::Completed as i64));
        assert_eq!((number(STATUSES, "none"), word(KINDS, 0), word(KINDS, 9)), (None, "", ""));
    }
}
