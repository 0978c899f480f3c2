//! Every SIM card of the node's accounts in memory: found by its numbers, filtered, sorted and counted exactly.
//!
//! The database is the truth; this is rebuilt from it and follows its changes. Nothing here knows SQL or HTTP.
//! A [`Fleet`] holds accounts; [`Fleet::read`] gives a [`Reader`] of one of them, which answers [`Query`]s with
//! [`CardRef`]s. Inside, a card is a row in a slot; lookups (by hash), orders (by key) and sets (by value) are
//! made of slots, and a list is answered by intersecting sets and walking an order.

mod account;
mod card;
mod card_ref;
mod cost;
mod facet;
mod fleet;
mod key_order;
mod lookup;
#[cfg(test)]
mod model_test;
mod names;
mod order;
mod query;
mod reader;
mod row;
mod segments;
mod select;
mod sets;
mod slot_set;
mod term;
mod values;
mod verify;

pub use card::{ATTRIBUTE_SLOTS, Card, MAX_TAGS_OF_A_CARD, MultiSim};
pub use card_ref::CardRef;
pub use cost::Cost;
pub use fleet::Fleet;
pub use query::{MultiQuery, Query, Sort, SortKey};
pub use reader::{Reader, Selection};

/// An account (tenant). Nothing in the fleet is reachable without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);
