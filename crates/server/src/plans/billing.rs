//! Which billing cycles may be asked for: this month's and the five before it.

use super::cycle::Month;
use crate::error_codes::ErrorCode;
use crate::limits;

/// Reads `2022-07` or `202207` as a cycle that may be asked for at a time.
///
/// # Errors
/// `GSL.00011004` for anything else, the future, and what lies too far back.
pub fn asked(text: &str, now_ms: i64) -> Result<Month, ErrorCode> {
    let age = |month: &Month| Month::at(now_ms).months_since(*month);
    Month::parse(text)
        .filter(|month| (0..limits::CYCLES_SHOWN).contains(&age(month)))
        .ok_or(ErrorCode::InvalidBillingCycle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the first and last cycle of the window on both sides of a turn of the year and of a month in Shanghai.
    #[test]
    fn six_cycles_may_be_asked_for() {
        const NEW_YEAR_MS: i64 = 1_704_038_400_000;
        for (text, now_ms, fits) in [
            ("2024-01", NEW_YEAR_MS, true),
            ("202308", NEW_YEAR_MS, true),
            ("2023-07", NEW_YEAR_MS, false),
            ("2024-02", NEW_YEAR_MS, false),
            ("2024-01", NEW_YEAR_MS - 1, false),
            ("2023-07", NEW_YEAR_MS - 1, true),
            ("2023-13", NEW_YEAR_MS, false),
            ("2023/12", NEW_YEAR_MS, false),
            ("", NEW_YEAR_MS, false),
        ] {
            assert_eq!(asked(text, now_ms).is_ok(), fits, "{text} {now_ms}");
        }
    }
}
