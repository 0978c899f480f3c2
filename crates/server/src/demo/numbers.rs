//! The numbers a card carries, each a function of the card's place in the fleet: unique by construction,
//! with the prefixes of real issuers and valid check digits.

use std::fmt::Write as _;

use compact_str::CompactString;

use crate::files::rules::luhn_digit;

/// Cards one demo can have before numbers would repeat.
pub const SERIALS_MAX: u64 = 11_000_000;

/// Prefixes of one carrier: issuer, subscriber and telephone number.
pub struct Prefixes {
    /// Of ICCIDs.
    pub iccid: &'static [&'static str],
    /// Of IMSIs: country and network code.
    pub imsi: &'static [&'static str],
    /// Of MSISDNs.
    pub msisdn: &'static [&'static str],
}

const MOBILE: Prefixes = Prefixes {
    iccid: &["898600", "898602", "898604", "898607"],
    imsi: &["46000", "46002", "46004", "46007"],
    msisdn: &["1440", "14765", "10648"],
};
const TELECOM: Prefixes =
    Prefixes { iccid: &["898603", "898611"], imsi: &["46003", "46011"], msisdn: &["1410", "14905", "10649"] };
const UNICOM: Prefixes = Prefixes {
    iccid: &["898601", "898606", "898609"],
    imsi: &["46001", "46006", "46009"],
    msisdn: &["1400", "14620", "10646"],
};

macro_rules! abroad {
    ($iccid:literal, $imsi:literal, $msisdn:literal) => {
        Prefixes { iccid: &[$iccid], imsi: &[$imsi], msisdn: &[$msisdn] }
    };
}

/// The prefixes of a carrier code.
pub const fn prefixes(carrier: i32) -> Prefixes {
    match carrier {
        1 | 101 => MOBILE,
        2 | 102 => TELECOM,
        3 => UNICOM,
        201 => abroad!("894920", "26201", "4915"),
        501 => abroad!("898520", "45400", "8526"),
        502 => abroad!("898530", "45500", "8536"),
        503 => abroad!("896600", "52001", "668"),
        504 => abroad!("898110", "44010", "8190"),
        505 => abroad!("898550", "45601", "8551"),
        506 => abroad!("896210", "51010", "628"),
        507 => abroad!("896019", "50212", "601"),
        508 => abroad!("896501", "52501", "658"),
        509 => abroad!("899401", "41302", "947"),
        510 => abroad!("898861", "46692", "8869"),
        511 => abroad!("898800", "47001", "8801"),
        _ => abroad!("894420", "23450", "4477"),
    }
}

/// Twenty digits for the mainland: issuer, year, province, serial number, check digit.
pub fn iccid_mainland(prefix: &str, year: u8, province: u8, serial: u64) -> CompactString {
    with_luhn(format_args!("{prefix}{year:02}{province:02}{serial:09}"))
}

/// Nineteen digits elsewhere: issuer, serial number, check digit.
pub fn iccid_abroad(prefix: &str, serial: u64) -> CompactString {
    with_luhn(format_args!("{prefix}{serial:012}"))
}

/// Fifteen digits.
pub fn imsi(prefix: &str, serial: u64) -> CompactString {
    compact(format_args!("{prefix}{:010}", scattered(serial, 10_000_000_000, 3_141_592_653)))
}

/// Thirteen digits.
pub fn msisdn(prefix: &str, serial: u64) -> CompactString {
    compact(format_args!(
        "{prefix}{:0width$}",
        scattered(serial, 100_000_000, 27_182_817),
        width = 13 - prefix.len()
    ))
}

/// Fifteen digits: one of twelve type codes of cellular modules, a serial number, the check digit.
pub fn imei(serial: u64) -> CompactString {
    const TYPE_CODES: [u32; 12] = [
        86_012_504, 86_147_306, 86_285_205, 86_384_104, 86_415_703, 86_536_605, 86_642_504, 86_719_203,
        86_831_106, 86_900_405, 35_780_210, 35_912_411,
    ];
    let number = scattered(serial, 12_000_000, 7_368_787);
    let type_code = TYPE_CODES[(number / 1_000_000) as usize];
    with_luhn(format_args!("{type_code:08}{:06}", number % 1_000_000))
}

/// An EID: 32 digits that leave 1 when divided by 97 (GSMA SGP.29).
pub fn eid(serial: u64) -> CompactString {
    let head =
        89_049_032_u128 * 10_u128.pow(22) + u128::from(scattered(serial, 10_000_000_000, 1_618_033_989));
    compact(format_args!("{head:030}{:02}", 98 - head * 100 % 97))
}

/// The container id of a vSIM: sixteen digits.
pub fn vsim_cid(serial: u64) -> CompactString {
    compact(format_args!("8601{:012}", scattered(serial, 1_000_000_000_000, 387_420_489)))
}

/// The container id of a three-network card: sixteen digits.
pub fn multi_cid(serial: u64) -> CompactString {
    compact(format_args!("4441{:012}", scattered(serial, 1_000_000_000_000, 387_420_489)))
}

/// Another number below `modulus` for each serial below it: `step` has no factor in common with `modulus`.
fn scattered(serial: u64, modulus: u64, step: u64) -> u64 {
    let wide = (u128::from(serial) + 1) * u128::from(step) % u128::from(modulus);
    u64::try_from(wide).expect("a remainder is below its modulus")
}

fn compact(digits: std::fmt::Arguments<'_>) -> CompactString {
    let mut out = CompactString::const_new("");
    out.write_fmt(digits).expect("a string takes everything");
    out
}

fn with_luhn(digits: std::fmt::Arguments<'_>) -> CompactString {
    let mut out = compact(digits);
    out.push(char::from(luhn_digit(out.as_bytes())));
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::files::rules::{is_iccid, is_imei, is_luhn};

    #[test]
    fn numbers_have_their_forms_and_never_repeat() {
        // Shows length, check digits and uniqueness over serials near both ends of the range.
        let mut seen = HashSet::new();
        for serial in (0..20_000).chain(SERIALS_MAX - 20_000..SERIALS_MAX) {
            let home = iccid_mainland("898600", 24, 10, serial);
            let abroad = iccid_abroad("898520", serial);
            assert!(home.len() == 20 && is_iccid(&home) && is_luhn(&home));
            assert!(abroad.len() == 19 && is_iccid(&abroad) && is_luhn(&abroad));
            assert!(is_imei(&imei(serial)));
            assert_eq!(eid(serial).parse::<u128>().unwrap() % 97, 1);
            assert_eq!((eid(serial).len(), imsi("46000", serial).len()), (32, 15));
            for text in [home, abroad, imei(serial), eid(serial), vsim_cid(serial), multi_cid(serial)] {
                assert!(seen.insert(text));
            }
            for text in [imsi("46000", serial), msisdn("14765", serial), msisdn("1440", serial)] {
                assert!(seen.insert(text));
            }
        }
    }
}
