//! Usage: what cards used by day, as files bring it, and the figures of cycles, cards and pools that follow from it.
//!
//! Days are the truth. Of two words on a day that of the later file holds, so that any order, repetition or crash of
//! files ends in the same days; cycles are sums of days, kept by differences and rebuilt by [`recount`].

pub mod book;
pub mod daily;
pub mod fold;
pub mod freshness;
pub mod lines;
pub mod monthly;
pub mod pull;
pub mod receive;
pub mod recount;
pub mod roll_over;
pub mod shares;
pub mod store;
pub mod upload;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

/// Bytes of all of an account's cards by date such as 20220731, from this one on, ascending.
///
/// # Errors
/// Those of the database.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId, first: i32) -> Result<Vec<(i32, i64)>, DbError> {
    store::of_account(tx, account, first)
}
