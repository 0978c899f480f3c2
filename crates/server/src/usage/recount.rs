//! Recounts a cycle from its days: they are the truth, and whatever says something else is wrong.

use std::collections::{BTreeMap, HashMap};

use simlink_db::{DbError, Tx};

use super::fold::{CycleChange, Line};
use super::receive::{self, Terms};
use super::store;
use crate::plans::cycle::{Cycle, Month, StartDay};

/// Cards counted that differ; more are as bad.
const CARDS_COUNTED_MAX: i64 = 10_000;

/// A cycle of a card that is not the sum of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// What must be added to make it so.
    pub change: CycleChange,
    /// The sum of the days.
    pub days: i64,
}

/// The cycles of cards with this name, such as 202207, that are not the sums of their days.
///
/// # Errors
/// Those of the database.
pub fn differences(tx: &mut Tx<'_>, cycle: i32) -> Result<Vec<Difference>, DbError> {
    let mut counted: HashMap<i64, (Line, i64)> = HashMap::new();
    // A cycle that is cut within a month has days of the month before.
    for month in [Month::from_yyyymm(cycle).plus(-1).yyyymm(), cycle] {
        store::each_day(tx, month, |line| {
            if line.cycle() == cycle {
                counted.entry(line.sim_card_id).or_insert((line, 0)).1 += line.bytes;
            }
        })?;
    }
    let mut found: BTreeMap<i64, Difference> = BTreeMap::new();
    store::each_of_cycle(tx, cycle, |change| {
        let days = counted.remove(&change.sim_card_id).map_or(0, |(_, days)| days);
        if days != change.bytes {
            let change = CycleChange { bytes: days - change.bytes, ..change };
            found.insert(change.sim_card_id, Difference { change, days });
        }
    })?;
    for (sim_card_id, (Line { account, start_day, .. }, days)) in counted {
        let change = CycleChange { cycle, sim_card_id, account, bytes: days, start_day };
        found.insert(sim_card_id, Difference { change, days });
    }
    Ok(found.into_values().collect())
}

/// How many days of accounts in the calendar month with this name, such as 202207, are not the sums of their cards'.
///
/// # Errors
/// Those of the database.
pub fn account_days_that_differ(tx: &mut Tx<'_>, month: i32) -> Result<usize, DbError> {
    Ok(store::accounts_that_differ(tx, month)?.len())
}

/// Makes every cycle with this name the sum of its days, and the figures of the cards that follow from it; and so the
/// days of accounts in the calendar month. Answers what was wrong with cycles.
///
/// # Errors
/// Those of the database.
pub fn recount(tx: &mut Tx<'_>, cycle: i32, terms: &Terms) -> Result<Vec<Difference>, DbError> {
    store::take_turn(tx)?;
    let of_accounts = store::accounts_that_differ(tx, cycle)?;
    store::add_to_accounts(tx, &of_accounts)?;
    let differences = differences(tx, cycle)?;
    let changes: Vec<CycleChange> = differences.iter().map(|difference| difference.change).collect();
    store::add_to_cycles(tx, &changes)?;
    receive::show(tx, &changes, terms)?;
    Ok(differences)
}

/// The cycles that any day or sum belongs to, oldest first.
///
/// # Errors
/// Those of the database.
pub fn cycles(tx: &mut Tx<'_>) -> Result<Vec<i32>, DbError> {
    store::cycle_names(tx)
}

/// How many cards in use, of all accounts, have another flow than what they used in the cycle that runs for them; at
/// most `CARDS_COUNTED_MAX` of each start day.
///
/// # Errors
/// Those of the database.
pub fn cards_that_differ(tx: &mut Tx<'_>, now_ms: i64) -> Result<usize, DbError> {
    let mut count = 0;
    for start_day in StartDay::all() {
        let cycle = Cycle::at(now_ms, start_day).month.yyyymm();
        count += store::cards_that_differ(tx, cycle, start_day, (0, CARDS_COUNTED_MAX), now_ms)?.len();
    }
    Ok(count)
}
