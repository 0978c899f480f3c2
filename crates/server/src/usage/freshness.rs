//! How fresh usage is: up to which moment that of each carrier's cards is known.

use simlink_db::{DbError, Tx};

use super::fold::{self, Line};
use super::store;
use crate::plans::cycle::day_end_ms;

/// Usage of a carrier's cards is known up to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The carrier.
    pub carrier: u16,
    /// The end of the newest day of which some came in, or when it came in where that was earlier; epoch milliseconds.
    pub as_of_ms: i64,
}

/// Notes that these lines came in.
///
/// # Errors
/// Those of the database.
pub(super) fn note(tx: &mut Tx<'_>, lines: &[Line], now_ms: i64) -> Result<(), DbError> {
    store::note_newest(tx, &fold::newest_days(lines), now_ms)
}

/// Of each carrier of which anything came in, in the order of their numbers.
///
/// # Errors
/// Those of the database.
pub fn of_carriers(tx: &mut Tx<'_>) -> Result<Vec<Freshness>, DbError> {
    let known = store::newest(tx)?;
    let shown = |(carrier, date, received_ms): (u16, i32, i64)| Freshness {
        carrier,
        as_of_ms: day_end_ms(date).min(received_ms),
    };
    Ok(known.into_iter().map(shown).collect())
}
