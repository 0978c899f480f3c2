//! Books usage that comes without days: what an imported card is said to have used, or the demo's history.

use simlink_db::{DbError, Tx};

use super::fold::{self, DayChange, Line};
use super::store;
use crate::plans::cycle::{Cycle, StartDay, business_date, number_of_day};

/// Stands for no file: any file has the later word.
const NO_FILE: i64 = 0;

/// The day on which a figure of a whole cycle is booked, as a number such as `20220901`: its first. Files that
/// bring the days of the cycle replace it with the first of them; files that only bring later days add to it.
pub fn day_of_cycle(cycle: Cycle) -> i32 {
    number_of_day(business_date(cycle.start_ms))
}

/// The day on which an imported card's figure of the running cycle is booked.
pub fn day_of_import(now_ms: i64, start_day: StartDay) -> i32 {
    day_of_cycle(Cycle::at(now_ms, start_day))
}

/// Books days of which nothing is known yet. The cards' own figures are the caller's business.
///
/// # Errors
/// Those of the database.
pub fn book(tx: &mut Tx<'_>, lines: &[Line]) -> Result<(), DbError> {
    let days: Vec<DayChange> =
        fold::last_words(lines).into_iter().map(|line| DayChange { line, before: None }).collect();
    store::put_days(tx, NO_FILE, days.iter().map(|day| day.line))?;
    store::add_to_accounts(tx, &fold::account_changes(&days))?;
    store::add_to_cycles(tx, &fold::cycle_changes(&days))
}
