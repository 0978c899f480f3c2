//! The forms of single values in files: times, megabytes, booleans; read leniently, written in one way.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::limits;
use crate::plans::cycle::BUSINESS_OFFSET;

/// Bytes of a megabyte in this house.
pub const BYTES_PER_MEGABYTE: i64 = 1_048_576;
/// Decimals that bring a number of bytes back exactly: a ten-millionth of a megabyte is a tenth of a byte.
const MEGABYTE_DECIMALS_WRITTEN: u32 = 7;
/// Decimals read; 10^12 times a megabyte still fits the arithmetic.
const MEGABYTE_DECIMALS_READ_MAX: usize = 12;
/// 2000-01-01T00:00:00Z and 2100-01-01T00:00:00Z: outside them a time is a mistake.
const TIME_MS_MIN: i64 = 946_684_800_000;
const TIME_MS_MAX: i64 = 4_102_444_800_000;

/// Reads `2022-09-16T01:14:58.000+00:00`, `…Z`, RFC 3339, and `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-dd` as
/// Asia/Shanghai, to epoch milliseconds. The error says what is accepted.
pub fn parse_time_ms(text: &str) -> Result<i64, String> {
    let time_ms = match (text.len(), text.as_bytes().get(10)) {
        (10, _) => text.parse::<Date>().ok().and_then(|date| business_ms(date.at(0, 0, 0, 0))),
        (19, Some(b' ')) => text.parse::<DateTime>().ok().and_then(business_ms),
        (_, Some(b'T' | b't')) => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
        _ => None,
    };
    match time_ms {
        Some(time_ms) if (TIME_MS_MIN..TIME_MS_MAX).contains(&time_ms) => Ok(time_ms),
        Some(_) => Err(format!("{} is not between the years 2000 and 2099", quoted(text))),
        None => Err(format!(
            "{} is not a time such as 2022-09-16T01:14:58.000+00:00, 2022-09-16 09:14:58 or 2022-09-16",
            quoted(text)
        )),
    }
}

fn business_ms(time: DateTime) -> Option<i64> {
    BUSINESS_OFFSET.to_timestamp(time).ok().map(Timestamp::as_millisecond)
}

/// Appends a time in the API's form, `2022-09-16T01:14:58.000+00:00`.
pub fn write_time(out: &mut String, time_ms: i64) {
    let time = Offset::UTC.to_datetime(Timestamp::from_millisecond(time_ms).unwrap_or_default());
    let (date, clock) = (time.date(), time.time());
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+00:00",
        date.year(),
        date.month(),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
    .expect("a String takes everything");
}

/// Reads a number of megabytes with decimals, such as `102.59`, to the nearest byte.
pub fn parse_megabytes(text: &str) -> Result<i64, String> {
    let wrong = || format!("{} is not a number of megabytes such as 30 or 102.59", quoted(text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !is_number(whole)
        || !is_number(fraction)
        || fraction.len() > MEGABYTE_DECIMALS_READ_MAX
    {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    if whole > limits::MEGABYTES_MAX {
        return Err(format!("{} is more than {} megabytes", quoted(text), limits::MEGABYTES_MAX));
    }
    let fraction_bytes = if fraction.is_empty() {
        0
    } else {
        let scale = 10_i128.pow(u32::try_from(fraction.len()).expect("at most twelve decimals"));
        let numerator: i128 = fraction.parse().map_err(|_| wrong())?;
        let bytes = (numerator * i128::from(BYTES_PER_MEGABYTE) * 2 + scale) / (2 * scale);
        i64::try_from(bytes).expect("a fraction of a megabyte is at most one")
    };
    Ok(whole * BYTES_PER_MEGABYTE + fraction_bytes)
}

/// Appends bytes as megabytes with as many decimals as reading them back exactly needs. Never negative.
pub fn write_megabytes(out: &mut String, bytes: i64) {
    let (whole, rest) = (bytes / BYTES_PER_MEGABYTE, bytes % BYTES_PER_MEGABYTE);
    let scale = 10_i64.pow(MEGABYTE_DECIMALS_WRITTEN);
    let decimals = (rest * scale * 2 + BYTES_PER_MEGABYTE) / (2 * BYTES_PER_MEGABYTE);
    write!(out, "{whole}").expect("a String takes everything");
    if decimals > 0 {
        let start = out.len();
        write!(out, ".{decimals:07}").expect("a String takes everything");
        let kept = out[start..].trim_end_matches('0').len();
        out.truncate(start + kept);
    }
}

/// Reads `true`, `false`, `1` or `0`, in any case of letters.
pub fn parse_boolean(text: &str) -> Result<bool, String> {
    if text == "1" || text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text == "0" || text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(format!("{} is neither true nor false", quoted(text)))
    }
}

/// A foreign value as it may stand in a message: bounded, and no control characters.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    let visible = |letter: char| if letter.is_control() { '�' } else { letter };
    out.extend(text.chars().take(limits::QUOTED_VALUE_CHARS_MAX).map(visible));
    if text.chars().nth(limits::QUOTED_VALUE_CHARS_MAX).is_some() {
        out.push('…');
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_accepted_form() {
        // Shows that each form names the same instant, naive ones in Asia/Shanghai, and that others are refused.
        let instant = 1_663_290_898_000;
        for (text, expected) in [
            ("2022-09-16T01:14:58.000+00:00", instant),
            ("2022-09-16T01:14:58Z", instant),
            ("2022-09-16T01:14:58.000Z", instant),
            ("2022-09-16T09:14:58+08:00", instant),
            ("2022-09-16 09:14:58", instant),
            ("2022-09-16", 1_663_257_600_000),
            ("2022-09-16T01:14:58.123+00:00", instant + 123),
        ] {
            assert_eq!(parse_time_ms(text), Ok(expected), "{text}");
        }
        let mut text = String::new();
        write_time(&mut text, instant);
        assert_eq!(text, "2022-09-16T01:14:58.000+00:00");
        for text in [
            "",
            "2022",
            "2022-02-30",
            "2022-09-16T01:14:58",
            "16.09.2022",
            "1999-01-01",
            "2022-09-16 25:00:00",
            "2100-02-01",
        ] {
            assert!(parse_time_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn megabytes_keep_every_byte() {
        // Shows decimal forms to bytes, bytes back to the shortest exact form, and refusals.
        for (text, bytes) in
            [("0", 0), ("30", 31_457_280), ("1.5", 1_572_864), ("102.59", 107_573_412), ("0.0000010", 1)]
        {
            assert_eq!(parse_megabytes(text), Ok(bytes), "{text}");
        }
        for bytes in
            [0, 1, 2, 3, 1_048_575, 1_048_576, 1_048_577, 107_573_412, 999_999_999_999, (1 << 50) - 1]
        {
            let mut text = String::new();
            write_megabytes(&mut text, bytes);
            assert_eq!(parse_megabytes(&text), Ok(bytes), "{text}");
        }
        for text in ["", ".5", "-1", "1e3", "1,5", "0.1234567890123", "99999999999999999999", "1.2.3"] {
            assert!(parse_megabytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn booleans_and_quotes() {
        // Shows the accepted booleans, and that a foreign value is cut and cleaned before it is repeated.
        assert_eq!((parse_boolean("TRUE"), parse_boolean("0")), (Ok(true), Ok(false)));
        assert!(parse_boolean("yes").is_err());
        assert_eq!(quoted("a\nb"), "'a�b'");
        assert_eq!(quoted(&"x".repeat(41)).chars().count(), 43);
    }
}
