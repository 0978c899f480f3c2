//! What one line of each file says, in our words: the records that readers and the demo make and the import stores.

use compact_str::CompactString;

/// A SIM card and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRecord {
    /// The owning account, by its domain name.
    pub account: CompactString,
    /// The purchase batch.
    pub order_id: Option<i64>,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// 1 to 4 for physical cards, 101, 102, 201, 501 to 511 for the others.
    pub carrier: i32,
    /// The container id: ICCID of a physical card, EID of an eSIM, an id of its own for vSIM and three-network cards.
    pub cid: CompactString,
    /// 19 or 20 characters beginning with 89.
    pub iccid: CompactString,
    /// Up to 15 digits.
    pub imsi: Option<CompactString>,
    /// Up to 32 characters.
    pub msisdn: Option<CompactString>,
    /// 15 digits with a valid check digit.
    pub imei: Option<CompactString>,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: u8,
    /// Why the card is stopped, 1 to 7; -1 while it isn't.
    pub operator_status: i8,
    /// The plan the card has.
    pub price_plan_id: Option<CompactString>,
    /// When it was activated, epoch milliseconds.
    pub act_ms: Option<i64>,
    /// When its plan expires, epoch milliseconds.
    pub expire_ms: Option<i64>,
    /// Whether its holder's name is verified.
    pub real_named: bool,
    /// 1 registered, 2 restarted, 3 online, 4 offline.
    pub device_status: Option<u8>,
    /// When the device's status last changed, epoch milliseconds.
    pub device_status_ms: Option<i64>,
    /// The device's module.
    pub device_model: Option<CompactString>,
    /// The device's id.
    pub node_id: Option<CompactString>,
    /// The radio network the device is on.
    pub network_type: Option<CompactString>,
    /// Signal strength.
    pub dbm: Option<CompactString>,
    /// 1 poor, 2 good, 3 excellent.
    pub signal_level: Option<CompactString>,
    /// Whether the card has an SMS package.
    pub sms_enabled: bool,
    /// The pool the card is a member of.
    pub pool_id: Option<i64>,
    /// Names of its tags.
    pub tags: Vec<CompactString>,
    /// Values of the custom attributes 1 to 6.
    pub customer_attributes: [Option<CompactString>; 6],
    /// What makes it a three-network card.
    pub multi_sim: Option<MultiSimRecord>,
    /// Usage of the running cycle in bytes; none for a card that was never in use.
    pub flow_used_bytes: Option<i64>,
    /// When the card was bought, epoch milliseconds; none takes the time of the import.
    pub created_ms: Option<i64>,
}

/// The three networks of one card (chapter 4.10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiSimRecord {
    /// 1 with SDK, 2 without. The system's policy of the same number is the one it begins with.
    pub version: u8,
    /// ICCID of China Mobile.
    pub iccid_mobile: Option<CompactString>,
    /// ICCID of China Unicom.
    pub iccid_unicom: Option<CompactString>,
    /// ICCID of China Telecom.
    pub iccid_telcom: Option<CompactString>,
    /// The carrier it is on: 1 Mobile, 2 Telecom, 3 Unicom.
    pub online_carrier: u8,
}

impl MultiSimRecord {
    /// The ICCID the card has with a carrier (1 to 3).
    pub fn iccid_of(&self, carrier: u8) -> Option<&CompactString> {
        match carrier {
            1 => self.iccid_mobile.as_ref(),
            2 => self.iccid_telcom.as_ref(),
            3 => self.iccid_unicom.as_ref(),
            _ => None,
        }
    }
}

/// A plan of the catalogue: the 16 members of `ProPricePlanVo` (chapter 4.2.1) and what its list filters by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRecord {
    /// Its id.
    pub price_plan_id: CompactString,
    /// Its name.
    pub price_plan_name: CompactString,
    /// A longer text.
    pub description: Option<CompactString>,
    /// Megabytes of each cycle (`flow_total`).
    pub flow_total_mb: i64,
    /// 1 basic, 2 add-on.
    pub package_type: u8,
    /// How many periods it lasts.
    pub period: i32,
    /// 10 day, 20 month, 30 quarter, 40 half-year, 50 year.
    pub period_type: u8,
    /// 1 at activation, 2 at once, 3 with the next cycle.
    pub effect_type: u8,
    /// How long a card may stay inactive, in `silent_period_unit`.
    pub silent_period_day: i32,
    /// 1 year, 2 month, 3 day.
    pub silent_period_unit: u8,
    /// Whether it renews itself.
    pub auto_renew: bool,
    /// Where it is valid, in words.
    pub location_desc: Option<CompactString>,
    /// 1 China, 2 Europe, 3 Oceania, 4 Africa, 5 Asia-Pacific.
    pub location_type: u8,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// A carrier code that fits the type.
    pub carrier_type: i32,
    /// Its price in cents (`price`).
    pub price_cents: i64,
    /// 1 for 2G to 4G, 2 for NB.
    pub network_type: u8,
    /// 1 to 11, the countries of chapter 4.2.1.
    pub country_type: Option<u8>,
}

/// How a pool is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The members' plans add up to the pool's flow.
    Forward,
    /// Paid by what was used.
    Back,
}

impl PoolKind {
    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back => "back",
        }
    }
}

/// A pool of cards that share their flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRecord {
    /// The owning account, by its domain name.
    pub account: CompactString,
    /// Its id.
    pub pool_id: i64,
    /// Its name, unique in the account.
    pub pool_name: CompactString,
    /// How it is paid.
    pub kind: PoolKind,
    /// The plan of its members.
    pub price_plan_id: CompactString,
    /// Since when it works, epoch milliseconds.
    pub effective_ms: i64,
    /// The usage of a cycle above which it is stopped, in bytes (`threshold_mb`).
    pub threshold_bytes: Option<i64>,
}

/// A card of an uploaded list, and values for its custom attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardListRecord {
    /// 19 or 20 characters beginning with 89; it names the card where there is one.
    pub iccid: Option<CompactString>,
    /// The container id.
    pub cid: Option<CompactString>,
    /// Values of the custom attributes 1 to 6.
    pub customer_attributes: [Option<CompactString>; 6],
}

/// What a card used on a day, so far: a later file replaces the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// 19 or 20 characters beginning with 89.
    pub iccid: CompactString,
    /// The business day as a number, `20220916`.
    pub date: i32,
    /// Bytes of the day (`mb`).
    pub bytes: i64,
}
