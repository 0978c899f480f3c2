//! The rules a card of a file must keep, as pure functions.

use super::limits;
use super::records::{CardRecord, MultiSimRecord};
use super::row::Fault;

/// Carrier codes: 1 to 4 for physical cards, the others for eSIM and vSIM (chapter 4.2.1).
pub const CARRIERS: &[i64] =
    &[1, 2, 3, 4, 101, 102, 201, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511];
/// Codes of `sim_status` (chapter 4.1.1).
pub const SIM_STATUSES: &[i64] = &[10, 11, 13, 14, 20, 30];
/// Codes of `operator_status` (chapter 4.1.1).
pub const OPERATOR_STATUSES: &[i64] = &[-1, 1, 2, 3, 4, 5, 6, 7];
/// What an ICCID looks like, for messages.
pub const ICCID_FORM: &str = "is not an ICCID: 19 or 20 letters and digits beginning with 89";
/// Which carrier goes with which type, for messages.
pub const CARRIER_FORM: &str =
    "doesn't fit sim_type: 1 to 4 are physical (3), 101, 102, 201, 501 to 511 are vSIM (1) or eSIM (2)";

/// Physical cards.
pub const SIM_TYPE_PHYSICAL: u8 = 3;
/// In use.
pub const STATUS_IN_USE: u8 = 20;
/// Stopped, for the reason in `operator_status`.
pub const STATUS_STOPPED: u8 = 14;
/// `operator_status` of a card that isn't stopped.
pub const NOT_STOPPED: i8 = -1;
/// The reason of a stopped card whose file gives none: its owner.
pub const STOPPED_BY_OWNER: i8 = 5;

/// Whether a text is an ICCID in form; its check digit is not looked at.
pub fn is_iccid(text: &str) -> bool {
    matches!(text.len(), 19 | 20)
        && text.starts_with("89")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What names a card by its ICCID: the 20-character form is the 19-character one with a check digit.
pub fn iccid_key(iccid: &str) -> &str {
    if iccid.len() == 20 && is_iccid(iccid) { &iccid[..19] } else { iccid }
}

/// The check digit that the Luhn formula gives a string of ASCII digits.
pub fn luhn_digit(digits: &[u8]) -> u8 {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .map(|byte| byte - b'0')
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 0 { doubled(digit) } else { digit }))
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).expect("a remainder of ten fits")
}

/// Whether a text is all digits and its last one is the Luhn digit of the others.
pub fn is_luhn(text: &str) -> bool {
    match text.as_bytes().split_last() {
        Some((check, digits)) => is_digits(text) && luhn_digit(digits) == *check,
        None => false,
    }
}

/// Whether a text is an IMEI: 15 digits, the last being the check digit.
pub fn is_imei(text: &str) -> bool {
    text.len() == 15 && is_luhn(text)
}

/// Whether a text is a name in the sense of tags and attributes: Chinese, letters, digits, `-` and `_`.
pub fn is_name(text: &str, chars_max: usize) -> bool {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '-' | '_' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
    };
    !text.is_empty() && text.chars().all(allowed) && text.chars().count() <= chars_max
}

/// Whether a carrier has cards of this type.
pub fn carrier_fits(carrier: i32, sim_type: u8) -> bool {
    match sim_type {
        SIM_TYPE_PHYSICAL => (1..=4).contains(&carrier),
        1 | 2 => matches!(carrier, 101 | 102 | 201 | 501..=511),
        _ => false,
    }
}

/// Whether a carrier is one of the mainland, where holders are verified by name.
pub fn is_mainland(carrier: i32) -> bool {
    matches!(carrier, 1..=3 | 101 | 102)
}

/// Reads `20220916` when there is such a day.
pub fn parse_business_day(text: &str) -> Option<i32> {
    if text.len() != 8 || !is_digits(text) {
        return None;
    }
    let number: i32 = text.parse().ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    (2000..2100).contains(&year).then_some(number)
}

/// Everything that must hold of a card, whichever way its record was made.
pub fn check_card(card: &CardRecord) -> Result<(), Fault> {
    check_identity(card)?;
    check_state(card)?;
    check_belongings(card)?;
    card.multi_sim.as_ref().map_or(Ok(()), |multi_sim| check_multi_sim(card, multi_sim))
}

fn check_identity(card: &CardRecord) -> Result<(), Fault> {
    if !is_iccid(&card.iccid) {
        return Err(Fault::at("iccid", ICCID_FORM));
    }
    if card.cid.is_empty() || !card.cid.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::at("cid", "contains something else than letters, digits and signs"));
    }
    if !carrier_fits(card.carrier, card.sim_type) {
        return Err(Fault::at("carrier", CARRIER_FORM));
    }
    if card.imsi.as_deref().is_some_and(|imsi| imsi.len() > limits::IMSI_DIGITS_MAX || !is_digits(imsi)) {
        return Err(Fault::at("imsi", "is not an IMSI: at most 15 digits"));
    }
    if card.imei.as_deref().is_some_and(|imei| !is_imei(imei)) {
        return Err(Fault::at("imei", "is not an IMEI: 15 digits with a valid check digit"));
    }
    Ok(())
}

fn check_state(card: &CardRecord) -> Result<(), Fault> {
    let stopped = card.sim_status == STATUS_STOPPED;
    if stopped && card.operator_status == NOT_STOPPED {
        return Err(Fault::at("operator_status", "must name the reason (1 to 7) of a stopped card"));
    }
    if !stopped && card.operator_status != NOT_STOPPED {
        return Err(Fault::at("operator_status", "must be -1 for a card that isn't stopped (14)"));
    }
    match (card.sim_status, card.act_ms) {
        (STATUS_IN_USE | STATUS_STOPPED, None) => {
            return Err(Fault::at("act_date", "is missing for a card in use (20) or stopped (14)"));
        }
        (10 | 11 | 13, Some(_)) => {
            return Err(Fault::at("act_date", "must be empty for a card not activated (10, 11, 13)"));
        }
        _ => {}
    }
    if let (Some(act_ms), Some(expire_ms)) = (card.act_ms, card.expire_ms)
        && expire_ms < act_ms
    {
        return Err(Fault::at("expire_time", "is before act_date"));
    }
    Ok(())
}

fn check_belongings(card: &CardRecord) -> Result<(), Fault> {
    if card.real_named && !is_mainland(card.carrier) {
        return Err(Fault::at("real_named", "is only for carriers of the mainland (1, 2, 3, 101, 102)"));
    }
    if card.pool_id.is_some() && card.sim_type != SIM_TYPE_PHYSICAL {
        return Err(Fault::at("pool_id", "is only for physical cards"));
    }
    if card.tags.len() > limits::CARD_TAGS_MAX {
        return Err(Fault::at("tags", format!("are more than {}", limits::CARD_TAGS_MAX)));
    }
    for (index, tag) in card.tags.iter().enumerate() {
        if !is_name(tag, limits::TAG_NAME_CHARS_MAX) {
            return Err(Fault::at(
                "tags",
                "contain one that isn't 1 to 100 Chinese characters, letters, digits, - or _",
            ));
        }
        if card.tags[..index].contains(tag) {
            return Err(Fault::at("tags", "name one twice"));
        }
    }
    Ok(())
}

fn check_multi_sim(card: &CardRecord, multi_sim: &MultiSimRecord) -> Result<(), Fault> {
    if card.sim_type != SIM_TYPE_PHYSICAL || !(1..=3).contains(&card.carrier) {
        return Err(Fault::at("version", "is only for physical cards of the carriers 1, 2 and 3"));
    }
    let networks = [
        ("iccid_mobile", multi_sim.iccid_mobile.as_deref()),
        ("iccid_unicom", multi_sim.iccid_unicom.as_deref()),
        ("iccid_telcom", multi_sim.iccid_telcom.as_deref()),
    ];
    let mut known: Vec<&str> = Vec::with_capacity(networks.len());
    for (column, iccid) in networks {
        let Some(iccid) = iccid else { continue };
        if !is_iccid(iccid) {
            return Err(Fault::at(column, ICCID_FORM));
        }
        if known.contains(&iccid_key(iccid)) {
            return Err(Fault::at(column, "is the ICCID of another network of the card"));
        }
        known.push(iccid_key(iccid));
    }
    if known.len() < 2 {
        return Err(Fault::at("version", "needs at least two of iccid_mobile, iccid_unicom, iccid_telcom"));
    }
    if multi_sim.iccid_of(multi_sim.online_carrier).is_none() {
        return Err(Fault::at("online_carrier", "is a network the card has no ICCID for"));
    }
    Ok(())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_their_forms() {
        // Shows what counts as ICCID, IMEI, name and day, at the edges of each.
        assert!(is_iccid("8986012345678901234") && is_iccid("898601234567890123Ab"));
        for text in [
            "",
            "898601234567890123",
            "898601234567890123456",
            "9986012345678901234",
            "89860123456789012 4",
            "89８601234567890123",
        ] {
            assert!(!is_iccid(text), "{text}");
        }
        assert_eq!(iccid_key("89860123456789012345"), "8986012345678901234");
        assert_eq!((luhn_digit(b"7992739871"), luhn_digit(b"49015420323751")), (b'3', b'8'));
        assert!(is_imei("490154203237518"));
        for text in ["490154203237517", "49015420323751", "4901542032375180", "49015420323751x", ""] {
            assert!(!is_imei(text), "{text}");
        }
        assert!(is_name("华东-01_a", 100) && !is_name("", 100) && !is_name("a b", 100) && !is_name("é", 100));
        assert!(is_name(&"字".repeat(100), 100) && !is_name(&"字".repeat(101), 100));
        assert_eq!(parse_business_day("20240229"), Some(20_240_229));
        for text in ["20230229", "2024022", "20241301", "19991231", "２０24022"] {
            assert_eq!(parse_business_day(text), None, "{text}");
        }
    }

    #[test]
    fn carriers_belong_to_types() {
        // Shows the whole table of codes against the three types.
        for code in CARRIERS {
            let code = i32::try_from(*code).unwrap();
            assert_eq!(carrier_fits(code, 3), code < 100, "{code}");
            assert_eq!((carrier_fits(code, 1), carrier_fits(code, 2)), (code > 100, code > 100), "{code}");
        }
        assert!(!carrier_fits(5, 3) && !carrier_fits(103, 2) && !carrier_fits(500, 1) && !carrier_fits(1, 4));
        assert!(is_mainland(102) && !is_mainland(4) && !is_mainland(201));
    }
}
