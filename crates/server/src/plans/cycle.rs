//! Billing cycles: when they begin and end, how they are named, and when a plan of so many periods expires.

use std::fmt;

use jiff::civil::{Date, date};
use jiff::tz::{Offset, offset};
use jiff::{Timestamp, ToSpan};

/// Business days, months and cycles are cut at midnight of Asia/Shanghai, which has kept UTC+8 without
/// daylight saving since 1991: a constant offset is exact and needs no time-zone database.
pub const BUSINESS_OFFSET: Offset = offset(8);
/// The first day of China Unicom's cycle; it is named by the month it ends in.
pub const START_DAY_UNICOM: u8 = 27;
/// The expiry of a plan is its last whole second, as the seed's examples show it (chapter 4.1.1).
pub(super) const EXPIRY_RESOLUTION_MS: i64 = 1_000;
/// Times outside these bounds (the years 1970 to 9000) are moved to the nearest bound, so that nothing overflows.
const TIME_MS_MIN: i64 = 0;
const TIME_MS_MAX: i64 = 221_845_392_000_000;
/// The longest plan counted exactly, in periods; longer ones are cut to it.
const PERIOD_COUNT_MAX: u32 = 999;
const CARRIER_UNICOM: i32 = 3;

/// The day of the month on which a carrier's cycles begin, 1 to 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartDay(u8);

impl StartDay {
    /// `None` outside 1..=28: every month has these days.
    pub fn new(day: u8) -> Option<Self> {
        (1..=28).contains(&day).then_some(Self(day))
    }

    /// Those that some carrier has.
    pub fn all() -> [Self; 2] {
        [Self(1), Self(START_DAY_UNICOM)]
    }

    /// The day that holds for a carrier code unless configured: the 27th for China Unicom, the 1st elsewhere.
    pub fn of_carrier(carrier: i32) -> Self {
        if carrier == CARRIER_UNICOM { Self(START_DAY_UNICOM) } else { Self(1) }
    }

    /// The day of the month.
    pub fn day(self) -> u8 {
        self.0
    }

    /// The name of the cycle that a day of a month belongs to.
    pub fn cycle_of(self, month: Month, day: u8) -> Month {
        month.plus(i32::from(self.0 > 1 && day >= self.0))
    }
}

/// A calendar month, the name of a cycle; ordered and countable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of a calendar date.
    fn of(date: Date) -> Self {
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// The calendar month of a time.
    pub fn at(time_ms: i64) -> Self {
        Self::of(business_date(time_ms))
    }

    /// The month of a number such as `202207`, whose last two digits are 01 to 12.
    pub fn from_yyyymm(number: i32) -> Self {
        Self(number / 100 * 12 + number % 100 - 1)
    }

    /// Reads `2022-07` or `202207`; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = match text.len() {
            6 => (text.get(..4)?, text.get(4..)?),
            7 if text.as_bytes()[4] == b'-' => (text.get(..4)?, text.get(5..)?),
            _ => return None,
        };
        let number = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i32>().ok()).flatten()
        };
        let (year, month) = (number(year)?, number(month)?);
        ((1970..=9000).contains(&year) && (1..=12).contains(&month)).then_some(Self(year * 12 + month - 1))
    }

    /// The month as a number, `202207`.
    pub fn yyyymm(self) -> i32 {
        self.0.div_euclid(12) * 100 + self.0.rem_euclid(12) + 1
    }

    /// The month so many months later (earlier when negative).
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// How many months this one lies after `other`.
    pub fn months_since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    fn day(self, day: u8) -> Date {
        let year = i16::try_from(self.0.div_euclid(12)).expect("months come from bounded times");
        let month = i8::try_from(self.0.rem_euclid(12) + 1).expect("a remainder of 12 fits");
        date(year, month, i8::try_from(day).expect("start days end at 28"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// One billing cycle, from `start_ms` up to but without `end_ms` (epoch milliseconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The month the cycle is named by: the one it ends in.
    pub month: Month,
    /// Its first millisecond.
    pub start_ms: i64,
    /// The first millisecond after it.
    pub end_ms: i64,
}

impl Cycle {
    /// The cycle that a month names.
    pub fn named(month: Month, start_day: StartDay) -> Self {
        let first = if start_day.0 == 1 { month } else { month.plus(-1) };
        Self {
            month,
            start_ms: day_start_ms(first.day(start_day.0)),
            end_ms: day_start_ms(first.plus(1).day(start_day.0)),
        }
    }

    /// The cycle that runs at a time.
    pub fn at(time_ms: i64, start_day: StartDay) -> Self {
        let today = business_date(time_ms);
        let day = u8::try_from(today.day()).expect("days of a month are positive");
        Self::named(start_day.cycle_of(Month::of(today), day), start_day)
    }

    /// The last whole second of the cycle, the form in which the API shows an end.
    pub fn last_second_ms(self) -> i64 {
        self.end_ms - EXPIRY_RESOLUTION_MS
    }
}

/// How long a plan lasts: so many days, or so many billing cycles (`period` and `period_type` of chapter 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Whole business days, the day of activation counting as the first.
    Days(u32),
    /// Billing cycles, the one of activation counting as the first.
    Cycles(u32),
}

impl Period {
    /// From the contract's integers; `None` for a count below one or an unknown type.
    pub fn new(count: i32, period_type: u8) -> Option<Self> {
        let count = u32::try_from(count).ok().filter(|count| *count > 0)?.min(PERIOD_COUNT_MAX);
        match period_type {
            10 => Some(Self::Days(count)),
            20 => Some(Self::Cycles(count)),
            30 => Some(Self::Cycles(count * 3)),
            40 => Some(Self::Cycles(count * 6)),
            50 => Some(Self::Cycles(count * 12)),
            _ => None,
        }
    }

    /// When a plan activated at `act_ms` expires: the last second of its last day or cycle.
    pub fn expire_ms(self, act_ms: i64, start_day: StartDay) -> i64 {
        match self {
            Self::Days(days) => {
                let end = business_date(act_ms).saturating_add(i64::from(days).days());
                day_start_ms(end) - EXPIRY_RESOLUTION_MS
            }
            Self::Cycles(cycles) => {
                let first = Cycle::at(act_ms, start_day).month;
                let later = i32::try_from(cycles - 1).expect("counts are cut to PERIOD_COUNT_MAX years");
                Cycle::named(first.plus(later), start_day).last_second_ms()
            }
        }
    }
}

/// The business day of a time.
pub fn business_date(time_ms: i64) -> Date {
    let time = Timestamp::from_millisecond(time_ms.clamp(TIME_MS_MIN, TIME_MS_MAX))
        .expect("the bounds lie within a timestamp's range");
    BUSINESS_OFFSET.to_datetime(time).date()
}

/// A day as a number, `20220916`.
pub fn number_of_day(day: Date) -> i32 {
    i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day())
}

/// The first millisecond of a business day.
pub fn day_start_ms(day: Date) -> i64 {
    let time = BUSINESS_OFFSET.to_timestamp(day.at(0, 0, 0, 0)).expect("days come from bounded times");
    time.as_millisecond()
}

/// The first millisecond after a business day such as `20220916`; the epoch for a number that is no day.
pub fn day_end_ms(date: i32) -> i64 {
    let part = |number: i32| i8::try_from(number).unwrap_or(0);
    let year = i16::try_from(date / 10_000).unwrap_or(0);
    let day = Date::new(year, part(date / 100 % 100), part(date % 100));
    day.map_or(0, |day| day_start_ms(day.saturating_add(1.days())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn cycles_are_cut_and_named_as_the_seed_shows() {
        // Shows the bounds of cycles on both sides of their cuts, for both kinds of start day and over a new year.
        for (carrier, at, name, start, end) in [
            (3, "2022-09-16T01:14:58Z", "2022-09", "2022-08-26T16:00:00Z", "2022-09-26T15:59:59Z"),
            (3, "2022-09-26T15:59:59Z", "2022-09", "2022-08-26T16:00:00Z", "2022-09-26T15:59:59Z"),
            (3, "2022-09-26T16:00:00Z", "2022-10", "2022-09-26T16:00:00Z", "2022-10-26T15:59:59Z"),
            (3, "2022-12-31T16:00:00Z", "2023-01", "2022-12-26T16:00:00Z", "2023-01-26T15:59:59Z"),
            (1, "2022-09-30T15:59:59Z", "2022-09", "2022-08-31T16:00:00Z", "2022-09-30T15:59:59Z"),
            (2, "2022-09-30T16:00:00Z", "2022-10", "2022-09-30T16:00:00Z", "2022-10-31T15:59:59Z"),
            (102, "2024-02-29T00:00:00Z", "2024-02", "2024-01-31T16:00:00Z", "2024-02-29T15:59:59Z"),
        ] {
            let cycle = Cycle::at(ms(at), StartDay::of_carrier(carrier));
            assert_eq!(cycle.month.to_string(), name, "{at}");
            assert_eq!((cycle.start_ms, cycle.last_second_ms()), (ms(start), ms(end)), "{at}");
            assert_eq!(Cycle::named(Month::parse(name).unwrap(), StartDay::of_carrier(carrier)), cycle);
        }
    }

    #[test]
    fn plans_expire_with_their_last_cycle() {
        // Shows the seed's own example first, then each period type, the cycle of activation counting as the first.
        for (carrier, act, count, period_type, expires) in [
            (3, "2022-09-16T01:14:58Z", 1, 50, "2023-08-26T15:59:59Z"),
            (3, "2022-09-26T16:00:00Z", 1, 50, "2023-09-26T15:59:59Z"),
            (2, "2022-09-16T01:14:58Z", 1, 50, "2023-08-31T15:59:59Z"),
            (1, "2022-09-16T01:14:58Z", 3, 50, "2025-08-31T15:59:59Z"),
            (1, "2022-12-16T01:14:58Z", 1, 20, "2022-12-31T15:59:59Z"),
            (1, "2022-12-16T01:14:58Z", 1, 30, "2023-02-28T15:59:59Z"),
            (2, "2023-09-30T15:59:59Z", 1, 40, "2024-02-29T15:59:59Z"),
            (501, "2023-12-30T16:00:00Z", 1, 10, "2023-12-31T15:59:59Z"),
            (501, "2023-12-31T15:59:59Z", 7, 10, "2024-01-06T15:59:59Z"),
        ] {
            let period = Period::new(count, period_type).unwrap();
            assert_eq!(
                period.expire_ms(ms(act), StartDay::of_carrier(carrier)),
                ms(expires),
                "{act} {period:?}"
            );
        }
    }

    #[test]
    fn days_end_at_midnight() {
        // Shows the end of a day, of a leap day and of a year, and that nonsense is none.
        for (date, end) in [
            (20_220_916, "2022-09-16T16:00:00Z"),
            (20_240_229, "2024-02-29T16:00:00Z"),
            (20_231_231, "2023-12-31T16:00:00Z"),
        ] {
            assert_eq!(day_end_ms(date), ms(end), "{date}");
        }
        assert_eq!((day_end_ms(20_230_229), day_end_ms(0), day_end_ms(i32::MAX)), (0, 0, 0));
    }

    #[test]
    fn nonsense_is_refused_and_extremes_do_not_overflow() {
        // Shows that names, start days and periods out of range are None and the extremes of time are survivable.
        for text in
            ["", "2022-13", "2022-00", "202213", "2022/07", "2022-7", "22-07", "+22-07", "２０22", "9999-01"]
        {
            assert_eq!(Month::parse(text), None, "{text}");
        }
        assert_eq!(Month::parse("202207"), Month::parse("2022-07"));
        assert_eq!(Month::parse("202207").map(Month::yyyymm), Some(202_207));
        assert_eq!((StartDay::new(0), StartDay::new(29)), (None, None));
        assert_eq!((Period::new(0, 50), Period::new(1, 60), Period::new(-1, 20)), (None, None, None));
        let longest = Period::new(i32::MAX, 50).unwrap();
        let latest = longest.expire_ms(ms("2099-12-31T00:00:00Z"), StartDay(27));
        assert_eq!(latest, ms("3098-12-26T15:59:59Z"));
        assert!(Cycle::at(i64::MIN, StartDay(1)).start_ms < Cycle::at(i64::MAX, StartDay(27)).start_ms);
    }
}
