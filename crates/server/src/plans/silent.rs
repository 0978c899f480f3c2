//! The silent period of a plan: how long a card may stay inactive before its carrier activates it (seed 4.2.1).

use jiff::Span;

use super::cycle::{business_date, day_start_ms};

/// The end of a silent period of so many units (1 years, 2 months, 3 days) that begins on the business day of
/// `since_ms`: the first moment after it, epoch milliseconds. `None` for a plan without one.
pub fn silent_until_ms(since_ms: i64, count: i32, unit: u8) -> Option<i64> {
    if count <= 0 {
        return None;
    }
    let span = match unit {
        1 => Span::new().try_years(count),
        2 => Span::new().try_months(count),
        3 => Span::new().try_days(count),
        _ => return None,
    };
    Some(day_start_ms(business_date(since_ms).saturating_add(span.ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows each unit over the ends of months and a leap day, and that nothing is made of nonsense.
    #[test]
    fn silent_periods_end() {
        let ms = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        for (since, count, unit, until) in [
            ("2023-07-15T03:00:00Z", 6, 2, Some("2024-01-14T16:00:00Z")),
            ("2023-08-31T03:00:00Z", 6, 2, Some("2024-02-28T16:00:00Z")),
            ("2023-07-14T16:00:00Z", 6, 2, Some("2024-01-14T16:00:00Z")),
            ("2023-07-14T15:59:59Z", 6, 2, Some("2024-01-13T16:00:00Z")),
            ("2024-02-29T03:00:00Z", 1, 1, Some("2025-02-27T16:00:00Z")),
            ("2023-12-31T03:00:00Z", 90, 3, Some("2024-03-29T16:00:00Z")),
            ("2023-12-31T03:00:00Z", 0, 2, None),
            ("2023-12-31T03:00:00Z", -1, 2, None),
            ("2023-12-31T03:00:00Z", 1, 4, None),
        ] {
            assert_eq!(silent_until_ms(ms(since), count, unit), until.map(ms), "{since} {count} {unit}");
        }
        assert!(silent_until_ms(i64::MAX, i32::MAX, 1).is_none_or(|until_ms| until_ms > 0));
    }
}
