//! Brings cards to what they used in a cycle, where several plans of a card share it each to its own part.

use std::collections::BTreeMap;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::store;
use crate::plans::cycle::{Cycle, StartDay};
use crate::plans::share::{Base, share};
use crate::plans::sharing::{self, Sharing};
use crate::sims::store as sims_store;

pub use super::store::take_turn;

/// Brings the flows of cards in use, and of their plans, to what they used in the cycle that runs for them, such as
/// 202207. What a card has in all stays as it is.
///
/// # Errors
/// Those of the database.
pub fn take_usage(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    sims_store::take_usage(tx, account, cycle, ids)?;
    share_out(tx, account, cycle, ids)
}

/// The same for cards that stand in an earlier cycle, were just activated or bought something: each has what its plans
/// have in this cycle.
///
/// # Errors
/// Those of the database.
pub fn begin_cycle(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    sims_store::begin_cycle(tx, account, cycle, ids)?;
    share_out(tx, account, cycle, ids)
}

/// The same for cards of several carriers, each in the cycle that runs for it. Whoever also changes their plans first
/// waits with [`take_turn`] until nobody else applies usage.
///
/// # Errors
/// Those of the database.
pub fn begin_running(
    tx: &mut Tx<'_>,
    account: AccountId,
    cards: impl IntoIterator<Item = (i64, StartDay)>,
    now_ms: i64,
) -> Result<(), DbError> {
    let mut by_cycle: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for (sim_card_id, start_day) in cards {
        by_cycle.entry(Cycle::at(now_ms, start_day).month.yyyymm()).or_default().push(sim_card_id);
    }
    by_cycle.into_iter().try_for_each(|(cycle, ids)| begin_cycle(tx, account, cycle, &ids))
}

fn share_out(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    for found in sharing::sharing(tx, account, cycle, ids)? {
        let Sharing { sim_card_id, carrier, bases, add_ons } = found;
        let days = store::days_of_cycle(tx, account, sim_card_id, cycle, StartDay::of_carrier(carrier))?;
        let plans: Vec<Base> = bases.iter().map(|(_, base)| *base).collect();
        let totals: Vec<i64> = add_ons.iter().map(|(_, total)| *total).collect();
        let shares = share(&days, &plans, &totals);
        for ((id, _), bytes) in bases.iter().zip(&shares.bases) {
            sharing::set_used(tx, account, *id, *bytes, false)?;
        }
        for ((id, _), bytes) in add_ons.iter().zip(&shares.add_ons) {
            sharing::set_used(tx, account, *id, *bytes, true)?;
        }
        sims_store::set_left(tx, account, sim_card_id, shares.left)?;
    }
    Ok(())
}
