//! `X-Sdk-Date`: when a request was signed, and whether that is near enough to the server's clock.

use jiff::{civil::DateTime, tz::TimeZone};

use crate::{Headers, Request, RequestError};

/// The header that carries the signing time, in lower case.
pub(crate) const DATE_HEADER: &str = "x-sdk-date";

/// How far the signing time may lie from the server's clock in either direction, milliseconds.
pub const SKEW_MS_MAX: i64 = 15 * 60 * 1000;

/// When the request says it was signed: milliseconds since the Unix epoch.
///
/// # Errors
/// [`RequestError::MissingDate`], [`RequestError::InvalidDate`], [`RequestError::RepeatedHeader`]
pub fn signed_at<H: Headers + ?Sized>(request: &Request<'_, H>) -> Result<i64, RequestError> {
    let date = request.header(DATE_HEADER)?.ok_or(RequestError::MissingDate)?;
    epoch_ms(date).ok_or(RequestError::InvalidDate)
}

/// Whether a signing time is at most [`SKEW_MS_MAX`] before or after `now_ms` (both epoch milliseconds).
#[must_use]
pub const fn within_skew(signed_at_ms: i64, now_ms: i64) -> bool {
    signed_at_ms.abs_diff(now_ms) <= SKEW_MS_MAX.unsigned_abs()
}

/// Reads `YYYYMMDDTHHMMSSZ`, nothing else: no fraction, no offset, no leap second.
fn epoch_ms(date: &[u8]) -> Option<i64> {
    if date.len() != 16 || date[8] != b'T' || date[15] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| {
        date[from..to]
            .iter()
            .try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
    };
    let short = |from: usize| number(from, from + 2).and_then(|value| i8::try_from(value).ok());
    let moment =
        DateTime::new(number(0, 4)?, short(4)?, short(6)?, short(9)?, short(11)?, short(13)?, 0).ok()?;
    Some(TimeZone::UTC.to_timestamp(moment).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_dates() {
        // Real moments are read, everything else is refused.
        for (date, expected) in [
            ("19700101T000000Z", Some(0)),
            ("20240115T033655Z", Some(1_705_289_815_000)),
            ("20240229T235959Z", Some(1_709_251_199_000)),
            ("20230229T000000Z", None),
            ("20241301T000000Z", None),
            ("20240100T000000Z", None),
            ("20240115T240000Z", None),
            ("20240115T006000Z", None),
            ("20240115T235960Z", None),
            ("20240115T033655", None),
            ("20240115 033655Z", None),
            ("20240115T033655z", None),
            ("20240115T033655+", None),
            ("2024-01-15T03:36:55Z", None),
            ("20240115T033655ZZ", None),
            ("2024011ST033655Z", None),
            ("+2240115T033655Z", None),
            ("99991231T235959Z", None),
            ("", None),
        ] {
            assert_eq!(epoch_ms(date.as_bytes()), expected, "{date}");
        }
    }

    #[test]
    fn header_of_a_request() {
        // The date header may be absent, repeated, or padded.
        let read = |headers: &[(&str, &str)]| {
            signed_at(&Request { method: "GET", raw_path: "/", raw_query: "", headers, body: b"" })
        };
        assert_eq!(read(&[]), Err(RequestError::MissingDate));
        assert_eq!(read(&[("X-Sdk-Date", "yesterday")]), Err(RequestError::InvalidDate));
        assert_eq!(read(&[("X-Sdk-Date", " 19700101T000001Z ")]), Ok(1000));
        assert!(matches!(
            read(&[("X-Sdk-Date", "19700101T000001Z"), ("x-sdk-date", "19700101T000001Z")]),
            Err(RequestError::RepeatedHeader { .. })
        ));
    }

    #[test]
    fn skew_limits() {
        // Exactly fifteen minutes pass in both directions, a millisecond more does not.
        let signed_ms = 1_705_289_815_000;
        for (offset_ms, expected) in [
            (0, true),
            (SKEW_MS_MAX, true),
            (-SKEW_MS_MAX, true),
            (SKEW_MS_MAX + 1, false),
            (-SKEW_MS_MAX - 1, false),
        ] {
            assert_eq!(within_skew(signed_ms, signed_ms + offset_ms), expected, "{offset_ms}");
        }
        assert!(!within_skew(i64::MIN, i64::MAX));
    }
}
