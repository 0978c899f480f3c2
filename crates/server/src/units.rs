//! How figures look on the wire: flows as megabytes, moments as the contract writes them.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Bytes of a megabyte: 1 MB = 1,024 kB, as the carriers count.
pub const MEGABYTE_BYTES: i64 = 1024 * 1024;

/// Bytes that serialise as megabytes with at most two decimals, rounded half away from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64)]
pub struct Megabytes(pub i64);

impl Megabytes {
    /// Hundredths of a megabyte.
    fn hundredths(self) -> i64 {
        let scaled = i128::from(self.0) * 100;
        let half = i128::from(MEGABYTE_BYTES / 2) * i128::from(self.0.signum());
        i64::try_from((scaled + half) / i128::from(MEGABYTE_BYTES)).unwrap_or(i64::MAX)
    }
}

impl Serialize for Megabytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hundredths = self.hundredths();
        if hundredths % 100 == 0 {
            serializer.serialize_i64(hundredths / 100)
        } else {
            serializer.serialize_f64(hundredths as f64 / 100.0)
        }
    }
}

/// Epoch milliseconds that serialise as `2022-09-16T01:14:58.000+00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(pub i64);

impl Moment {
    /// Writes the moment into `buffer`. Years beyond 9999 do not occur: the stores refuse them.
    fn write(self, buffer: &mut [u8; 29]) -> &str {
        let (days, ms_of_day) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        buffer.copy_from_slice(b"0000-00-00T00:00:00.000+00:00");
        let mut put = |at: usize, digits: usize, mut value: i64| {
            for place in (at..at + digits).rev() {
                buffer[place] = b'0' + u8::try_from(value % 10).unwrap_or(0);
                value /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, ms_of_day / 3_600_000);
        put(14, 2, ms_of_day / 60_000 % 60);
        put(17, 2, ms_of_day / 1000 % 60);
        put(20, 3, ms_of_day % 1000);
        // Only ASCII was put into ASCII.
        std::str::from_utf8(buffer).unwrap_or_default()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; 29]))
    }
}

/// Year, month and day of a count of days since 1970-01-01, in the Gregorian calendar. Years are counted from March,
/// so that the leap day is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows moments of the seed and around leap days, checked against a calendar library for every day of 400 years.
    #[test]
    fn moments_are_written_as_the_contract_says() {
        let text = |ms| serde_json::to_string(&Moment(ms)).expect("serialises");
        assert_eq!(text(1_663_290_898_000), "\"2022-09-16T01:14:58.000+00:00\"");
        assert_eq!(text(-1), "\"1969-12-31T23:59:59.999+00:00\"");
        for day in -100_000..100_000_i64 {
            let date = jiff::Timestamp::from_millisecond(day * 86_400_000).expect("in range");
            let date = date.to_zoned(jiff::tz::TimeZone::UTC).date();
            let expected = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(civil(day), expected, "day {day}");
        }
    }

    /// Shows that flows have at most two decimals, are rounded, and are whole numbers where they are whole.
    #[test]
    fn flows_have_two_decimals() {
        let text = |bytes| serde_json::to_string(&Megabytes(bytes)).expect("serialises");
        let cases = [
            (0, "0"),
            (30 * MEGABYTE_BYTES, "30"),
            (MEGABYTE_BYTES / 2, "0.5"),
            (MEGABYTE_BYTES / 3, "0.33"),
            (5_243, "0.01"),
            (5_242, "0"),
            (-5_243, "-0.01"),
            (-30 * MEGABYTE_BYTES - MEGABYTE_BYTES / 4, "-30.25"),
            (i64::from(u32::MAX) * MEGABYTE_BYTES + 1, "4294967295"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(bytes), expected, "{bytes} bytes");
        }
    }
}
