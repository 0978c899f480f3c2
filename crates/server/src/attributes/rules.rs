//! What an attribute may be called, and which values may be set: pure.

use compact_str::CompactString;
use serde::Serialize;

use super::list::default_names;
use crate::error_codes::ErrorCode;
use crate::files::rules::is_name;
use crate::http::error::Refusal;
use crate::http::language::Language;
use crate::limits;

/// Characters of a name (seed 4.7.2).
pub const NAME_CHARS_MAX: usize = 32;

/// The columns of the SIM list: members of `SimDeviceVO`, and what the cloud console calls them.
const COLUMNS: &[&str] = &[
    "sim_card_id",
    "account_id",
    "cid",
    "sim_pool_id",
    "imei",
    "sim_status",
    "device_status",
    "device_model",
    "act_date",
    "device_status_date",
    "node_id",
    "iccid",
    "network_type",
    "dbm",
    "signal_level",
    "sim_type",
    "tag_names",
    "order_id",
    "expire_time",
    "price_plan_name",
    "sim_price_plan_id",
    "flow_left",
    "flow_used",
    "operator_status",
    "msisdn",
    "imsi",
    "customer_attribute1",
    "customer_attribute2",
    "customer_attribute3",
    "customer_attribute4",
    "customer_attribute5",
    "customer_attribute6",
    "real_named",
    "cut_net_flag",
    "exceed_cut_net_flag",
    "exceed_cut_net_quota",
    "imei_bind_remain_times",
    "speed_value",
    "容器ID",
    "设备IMEI",
    "SIM卡状态",
    "SIM卡类型",
    "设备状态",
    "设备模组",
    "设备标识",
    "激活日期",
    "设备状态变更时间",
    "网络类型",
    "信号强度",
    "信号等级",
    "标签",
    "标签名",
    "批次号",
    "到期时间",
    "在用套餐名",
    "剩余流量",
    "已用流量",
    "停机类型",
    "流量池",
];

/// Checks a name: its characters and length, then that no column of the SIM list is called so. The names that slots
/// have before anybody names them are such columns, too.
///
/// # Errors
/// `GSL.00027001` or `GSL.00027003`.
pub fn check_name(name: &str) -> Result<(), ErrorCode> {
    if !is_name(name, NAME_CHARS_MAX) {
        return Err(ErrorCode::AttributeNameIllegal);
    }
    let is_default = (1..=6).any(|slot| default_names(slot).0 == name);
    if is_default || COLUMNS.iter().any(|column| column.eq_ignore_ascii_case(name)) {
        return Err(ErrorCode::AttributeNameReserved);
    }
    Ok(())
}

/// Values to be set on a card, by slot; `None` leaves a slot as it is, an empty text empties it.
pub type Values = [Option<CompactString>; 6];

/// One card that values cannot be set on.
#[derive(Serialize)]
struct Failure {
    fail_reason: String,
    sim_card_id: i64,
}

/// Refuses values for slots that are not enabled; each such value of a card is named with its reason, at most
/// [`limits::FAILURES_NAMED_MAX`] of them.
///
/// # Errors
/// `GSL.00012031`.
pub fn check_enabled(cards: &[(i64, Values)], enabled: [bool; 6], language: Language) -> Result<(), Refusal> {
    let set =
        cards.iter().flat_map(|(id, values)| (1..).zip(values).map(move |(slot, value)| (*id, slot, value)));
    let failures = set.filter(|(_, slot, value)| value.is_some() && !enabled[slot - 1]);
    let failures: Vec<Failure> = failures
        .take(limits::FAILURES_NAMED_MAX)
        .map(|(sim_card_id, slot, _)| {
            let (chinese, english) = default_names(i32::try_from(slot).unwrap_or_default());
            let fail_reason = match language {
                Language::Chinese => format!("{chinese}未启用"),
                Language::English => format!("{english} is not enabled"),
            };
            Failure { fail_reason, sim_card_id }
        })
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    let list = serde_json::to_string(&failures).map_err(anyhow::Error::from)?;
    Err(Refusal::Business(ErrorCode::AttributesNotSet, vec![list]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows what a name may be: 1 to 32 characters of the allowed kinds, and no column of the list in any case.
    #[test]
    fn names_are_checked() {
        let illegal = Err(ErrorCode::AttributeNameIllegal);
        let reserved = Err(ErrorCode::AttributeNameReserved);
        let long = "字".repeat(32);
        let cases = [
            ("地区", Ok(())),
            ("Site-1_b", Ok(())),
            (&long, Ok(())),
            ("自定义属性七", Ok(())),
            ("", illegal),
            (" ", illegal),
            ("a b", illegal),
            ("a.b", illegal),
            ("é", illegal),
            ("a\0", illegal),
            ("imei", reserved),
            ("ICCID", reserved),
            ("Customer_Attribute6", reserved),
            ("自定义属性三", reserved),
            ("剩余流量", reserved),
        ];
        for (name, expected) in cases {
            assert_eq!(check_name(name), expected, "{name}");
        }
        assert_eq!(check_name(&"字".repeat(33)), illegal);
    }

    /// Shows that every member of the contract's list is reserved.
    #[test]
    fn the_contracts_columns_are_reserved() {
        let schemas: serde_json::Value =
            serde_json::from_str(include_str!("../../../../contract/schemas.json")).expect("JSON");
        for name in schemas["SimDeviceVO"].as_object().expect("members").keys() {
            assert!(COLUMNS.contains(&name.as_str()), "{name}");
        }
    }

    /// Shows the list of failures in both languages, in the cards' order, and that what is enabled or absent passes.
    #[test]
    fn values_need_an_enabled_slot() {
        let values = |slots: &[usize]| {
            let mut values = Values::default();
            slots.iter().for_each(|slot| values[slot - 1] = Some(CompactString::default()));
            values
        };
        let enabled = [true, true, false, false, true, true];
        let check = |cards: &[(i64, Values)], language| match check_enabled(cards, enabled, language) {
            Err(Refusal::Business(ErrorCode::AttributesNotSet, list)) => list[0].clone(),
            Err(other) => panic!("{other}"),
            Ok(()) => String::new(),
        };
        assert_eq!(check(&[(7, values(&[1, 2, 5, 6])), (8, values(&[]))], Language::English), "");
        assert_eq!(
            check(&[(7, values(&[1])), (8, values(&[3])), (9, values(&[1, 4]))], Language::Chinese),
            r#"[{"fail_reason":"自定义属性三未启用","sim_card_id":8},{"fail_reason":"自定义属性四未启用","sim_card_id":9}]"#
        );
        assert_eq!(
            check(&[(8, values(&[3]))], Language::English),
            r#"[{"fail_reason":"Custom Attribute 3 is not enabled","sim_card_id":8}]"#
        );
        let many: Vec<_> = (0..600).map(|id| (id, values(&[3]))).collect();
        assert_eq!(
            check(&many, Language::English).matches("fail_reason").count(),
            limits::FAILURES_NAMED_MAX
        );
    }
}
