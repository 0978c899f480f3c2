//! The card as the fleet keeps it: about 280 bytes that lie together, so that showing it touches few cache lines.

use std::ops::Deref;

use compact_str::CompactString;

use crate::card::{ATTRIBUTE_SLOTS, MAX_TAGS_OF_A_CARD, MultiSim};
use crate::values::NO_VALUE;

/// The id of a row that holds no card.
pub(crate) const VACANT: i64 = i64::MIN;
/// ICCIDs that a card can have: its own and three at the carriers of a three-network card.
pub(crate) const ICCIDS: usize = 4;
/// `sim_status` and `operator_status` of a card that its owner stopped.
const STOPPED: u8 = 14;
const BY_OWNER: i8 = 5;

/// An optional number in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Long(i64);

impl Long {
    pub fn get(self) -> Option<i64> {
        (self.0 != i64::MIN).then_some(self.0)
    }
}

impl From<Option<i64>> for Long {
    fn from(value: Option<i64>) -> Self {
        Self(value.unwrap_or(i64::MIN))
    }
}

/// An optional number in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Int(i32);

impl Int {
    pub fn get(self) -> Option<i32> {
        (self.0 != i32::MIN).then_some(self.0)
    }
}

impl From<Option<i32>> for Int {
    fn from(value: Option<i32>) -> Self {
        Self(value.unwrap_or(i32::MIN))
    }
}

/// The account's own short numbers of the tags of a card, in the order of the tag ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TagList {
    tags: [u16; MAX_TAGS_OF_A_CARD],
    len: u8,
}

impl Deref for TagList {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.tags[..usize::from(self.len)]
    }
}

impl FromIterator<u16> for TagList {
    fn from_iter<I: IntoIterator<Item = u16>>(tags: I) -> Self {
        let mut list = Self::default();
        for tag in tags.into_iter().take(MAX_TAGS_OF_A_CARD) {
            list.tags[usize::from(list.len)] = tag;
            list.len += 1;
        }
        list
    }
}

/// What few cards have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Extra {
    pub device_model: Option<CompactString>,
    pub node_id: Option<CompactString>,
    pub network_type: Option<CompactString>,
    pub dbm: Option<CompactString>,
    pub signal_level: Option<CompactString>,
    pub multi: Option<MultiSim>,
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub id: i64,
    pub cid: CompactString,
    pub iccid: CompactString,
    pub imsi: Option<CompactString>,
    pub msisdn: Option<CompactString>,
    pub imei: Option<CompactString>,
    pub flow_used: Long,
    pub flow_left: Long,
    pub act_ms: Long,
    pub expire_ms: Long,
    pub device_status_ms: Long,
    pub created_ms: i64,
    pub order_id: Long,
    pub pool_id: Long,
    pub sim_price_plan_id: Long,
    pub extra: Option<Box<Extra>>,
    pub exceed_cut_net_quota: Int,
    pub imei_bind_remain_times: Int,
    pub speed_value: Int,
    pub plan: u32,
    pub attributes: [u32; ATTRIBUTE_SLOTS],
    pub tags: TagList,
    pub carrier: u16,
    pub sim_type: u8,
    pub sim_status: u8,
    pub operator_status: i8,
    pub device_status: Option<u8>,
    pub pool_flag: u8,
    pub real_named: bool,
    pub cut_net: bool,
    pub exceed_cut_net: bool,
    pub sms_enabled: bool,
}

impl Row {
    /// A row without a card.
    pub fn vacant() -> Self {
        Self {
            id: VACANT,
            cid: CompactString::default(),
            iccid: CompactString::default(),
            imsi: None,
            msisdn: None,
            imei: None,
            flow_used: None.into(),
            flow_left: None.into(),
            act_ms: None.into(),
            expire_ms: None.into(),
            device_status_ms: None.into(),
            created_ms: 0,
            order_id: None.into(),
            pool_id: None.into(),
            sim_price_plan_id: None.into(),
            extra: None,
            exceed_cut_net_quota: None.into(),
            imei_bind_remain_times: None.into(),
            speed_value: None.into(),
            plan: NO_VALUE,
            attributes: [NO_VALUE; ATTRIBUTE_SLOTS],
            tags: TagList::default(),
            carrier: 0,
            sim_type: 0,
            sim_status: 0,
            operator_status: 0,
            device_status: None,
            pool_flag: 0,
            real_named: false,
            cut_net: false,
            exceed_cut_net: false,
            sms_enabled: false,
        }
    }

    pub fn multi(&self) -> Option<&MultiSim> {
        self.extra.as_ref()?.multi.as_ref()
    }

    pub fn is_stopped_by_owner(&self) -> bool {
        self.sim_status == STOPPED && self.operator_status == BY_OWNER
    }

    /// The ICCIDs of the card: its own and, on a three-network card, those at the three carriers.
    pub fn iccids(&self) -> [Option<&str>; ICCIDS] {
        let multi = self.multi();
        [
            Some(&self.iccid),
            multi.and_then(|multi| multi.iccid_mobile.as_deref()),
            multi.and_then(|multi| multi.iccid_unicom.as_deref()),
            multi.and_then(|multi| multi.iccid_telcom.as_deref()),
        ]
    }

    /// Whether one of the card's ICCIDs is the number asked for.
    pub fn has_iccid(&self, asked: &str) -> bool {
        self.iccids().into_iter().flatten().any(|iccid| {
            iccid == asked || (iccid.len() != asked.len() && iccid_key(iccid) == iccid_key(asked))
        })
    }
}

/// A 20-digit ICCID without its check digit, anything else unchanged: both forms of an ICCID have one key.
pub(crate) fn iccid_key(iccid: &str) -> &[u8] {
    let bytes = iccid.as_bytes();
    if bytes.len() == 20 { &bytes[..19] } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row stays within five cache lines: the page of a list is read from memory that nobody has touched lately.
    #[test]
    fn a_row_is_small() {
        assert!(size_of::<Row>() <= 304, "{}", size_of::<Row>());
    }

    /// The key joins the 19- and the 20-digit form and nothing else.
    #[test]
    fn iccid_keys_of_both_forms() {
        assert_eq!(iccid_key("89860012345678901234"), b"8986001234567890123");
        assert_eq!(iccid_key("8986001234567890123"), b"8986001234567890123");
        assert_eq!(iccid_key("898600"), b"898600");
    }
}
