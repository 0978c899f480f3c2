//! The card as callers hand it over: one owned record with every field the fleet keeps.

use compact_str::CompactString;

/// A card carries at most this many tags; the fleet keeps the first ones in the order of their ids.
pub const MAX_TAGS_OF_A_CARD: usize = 10;
/// Slots of custom attributes of an account.
pub const ATTRIBUTE_SLOTS: usize = 6;

/// A SIM card with all its fields. Times are epoch milliseconds, volumes are bytes.
///
/// `i64::MIN` and `i32::MIN` in an optional number are the same as `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// Unique, 0..2^53; the newest card has the highest.
    pub id: i64,
    /// Container id.
    pub cid: CompactString,
    /// 19 or 20 digits.
    pub iccid: CompactString,
    /// International mobile subscriber identity.
    pub imsi: Option<CompactString>,
    /// Phone number.
    pub msisdn: Option<CompactString>,
    /// Device the card sits in.
    pub imei: Option<CompactString>,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// 1 China Mobile, 2 China Telecom, 3 China Unicom, 4 overseas, 101.. eSIM and vSIM.
    pub carrier: u16,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: u8,
    /// Why it is stopped; -1 not stopped.
    pub operator_status: i8,
    /// The user of the card is registered.
    pub real_named: bool,
    /// The network is cut.
    pub cut_net: bool,
    /// Cutting at a threshold is on.
    pub exceed_cut_net: bool,
    /// The card has an SMS package.
    pub sms_enabled: bool,
    /// That threshold in MB.
    pub exceed_cut_net_quota: Option<i32>,
    /// Bindings of a device left this month.
    pub imei_bind_remain_times: Option<i32>,
    /// Speed limit in kbit/s.
    pub speed_value: Option<i32>,
    /// 1..4; physical cards have none.
    pub device_status: Option<u8>,
    /// When the device status was reported.
    pub device_status_ms: Option<i64>,
    /// Activation.
    pub act_ms: Option<i64>,
    /// End of the plan.
    pub expire_ms: Option<i64>,
    /// When the card came to the account.
    pub created_ms: i64,
    /// Model of the device.
    pub device_model: Option<CompactString>,
    /// Id of the device at the platform.
    pub node_id: Option<CompactString>,
    /// Network the device reported.
    pub network_type: Option<CompactString>,
    /// Signal strength the device reported.
    pub dbm: Option<CompactString>,
    /// Signal level the device reported.
    pub signal_level: Option<CompactString>,
    /// Purchase batch.
    pub order_id: Option<i64>,
    /// Pool of the card.
    pub pool_id: Option<i64>,
    /// 0, 1, 2, 11 or 12.
    pub pool_flag: u8,
    /// Plan in the catalogue.
    pub price_plan_id: Option<CompactString>,
    /// The card's instance of the plan.
    pub sim_price_plan_id: Option<i64>,
    /// Bytes used in the running cycle.
    pub flow_used: Option<i64>,
    /// Bytes left in the running cycle.
    pub flow_left: Option<i64>,
    /// Tags in any order; see [`MAX_TAGS_OF_A_CARD`].
    pub tag_ids: Vec<i64>,
    /// `customer_attribute1..6`.
    pub attributes: [Option<CompactString>; ATTRIBUTE_SLOTS],
    /// Present on three-network cards.
    pub multi: Option<MultiSim>,
}

/// What a three-network card has besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultiSim {
    /// 1 with SDK, 2 without.
    pub version: u8,
    /// ICCID at China Mobile.
    pub iccid_mobile: Option<CompactString>,
    /// ICCID at China Unicom.
    pub iccid_unicom: Option<CompactString>,
    /// ICCID at China Telecom.
    pub iccid_telcom: Option<CompactString>,
    /// The carrier it is on: 1, 2 or 3.
    pub online_carrier: u8,
    /// Its network switch policy.
    pub policy_id: Option<i64>,
}
