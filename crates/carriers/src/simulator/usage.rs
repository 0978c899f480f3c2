//! The usage that simulated cards make: a pure function of seed, card and day.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::knobs::Knobs;
use crate::dice::{Dice, salt_of};
use crate::{Iccid, UsageFigure, UsagePeriod};

/// The carrier's time, in hours east of Greenwich.
const HOURS_EAST: i8 = 8;

/// The most a card uses on a day, in bytes.
const DAY_BYTES_MAX: u64 = 100 * 1024 * 1024;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a card has used in `period` as the carrier knows at `now_ms`; [`None`] for a moment beyond the calendar.
pub(super) fn usage(
    seed: u64,
    iccid: &Iccid,
    period: UsagePeriod,
    knobs: &Knobs,
    now_ms: i64,
) -> Option<UsageFigure> {
    let (from, to) = match period {
        UsagePeriod::Day(day) => (day, day),
        UsagePeriod::Month(day) => (day.first_of_month(), day.last_of_month()),
    };
    let mut bytes = 0;
    let mut day = from;
    loop {
        bytes += of_day(seed, iccid, day, knobs, now_ms)?;
        if day >= to {
            return Some(UsageFigure { bytes, as_of_ms: now_ms });
        }
        day = day.checked_add(1.day()).ok()?;
    }
}

/// A day's bytes: growing through the day, a share of them known only a day after its end.
fn of_day(seed: u64, iccid: &Iccid, day: Date, knobs: &Knobs, now_ms: i64) -> Option<u64> {
    let zone = TimeZone::fixed(Offset::constant(HOURS_EAST));
    let start_ms = zone.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?.as_millisecond();
    let passed_ms = now_ms.saturating_sub(start_ms).clamp(0, DAY_MS) as u64;
    let days = i64::from(day.year()) * 400 + i64::from(day.month()) * 32 + i64::from(day.day());
    let total = Dice::new(seed, &[salt_of(iccid.as_str()), days as u64]).below(DAY_BYTES_MAX);
    let late = now_ms < start_ms.saturating_add(2 * DAY_MS);
    let known =
        if late { total - (total as f64 * knobs.late_usage_share.clamp(0.0, 1.0)) as u64 } else { total };
    Some((u128::from(known) * u128::from(passed_ms) / DAY_MS as u128) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const NOON_MS: i64 = 1_780_286_400_000;

    /// Shows that a figure depends on nothing but seed, card, period and time; that it only grows; that the days make
    /// the month; and that the late share arrives a day after the day.
    #[test]
    fn figures_grow_and_add_up() {
        let iccid: Iccid = "8986001".parse().unwrap();
        let (knobs, late) = (Knobs::default(), Knobs { late_usage_share: 0.5, ..Knobs::default() });
        let day = date(2026, 6, 1);
        let at = |knobs: &Knobs, period, now_ms| usage(7, &iccid, period, knobs, now_ms).unwrap().bytes;
        let hours: Vec<_> = (0..24)
            .map(|hour| at(&knobs, UsagePeriod::Day(day), NOON_MS - DAY_MS / 2 + hour * 3_600_000))
            .collect();
        assert!(hours.is_sorted() && hours[0] == 0 && hours[23] > 0, "{hours:?}");
        let end_ms = NOON_MS + 40 * DAY_MS;
        let days: u64 = (1..=30).map(|day| at(&knobs, UsagePeriod::Day(date(2026, 6, day)), end_ms)).sum();
        assert_eq!(days, at(&knobs, UsagePeriod::Month(day), end_ms));
        let full = at(&knobs, UsagePeriod::Day(day), end_ms);
        assert_eq!(at(&late, UsagePeriod::Day(day), NOON_MS + DAY_MS), full - full / 2);
        assert_eq!(at(&late, UsagePeriod::Day(day), NOON_MS + 2 * DAY_MS), full);
    }
}
