//! A card as a carrier knows it: how it is named there and what state it is in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest ICCID taken.
const ICCID_LENGTH_MAX: usize = 32;

/// A card's ICCID: 1 to 32 ASCII letters and digits. `Debug` shows its last four only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Iccid(String);

/// A text that is no ICCID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an ICCID has 1 to 32 letters and digits")]
pub struct IccidError;

impl Iccid {
    /// The whole number, for the carrier's eyes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Iccid {
    type Error = IccidError;

    fn try_from(text: String) -> Result<Self, IccidError> {
        let fits = (1..=ICCID_LENGTH_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(IccidError)
        }
    }
}

impl std::str::FromStr for Iccid {
    type Err = IccidError;

    fn from_str(text: &str) -> Result<Self, IccidError> {
        Self::try_from(text.to_owned())
    }
}

impl From<Iccid> for String {
    fn from(iccid: Iccid) -> Self {
        iccid.0
    }
}

impl fmt::Debug for Iccid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "…{}", &self.0[self.0.len().saturating_sub(4)..])
    }
}

/// How a carrier is told which card is meant. `Debug` shows no full number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRef {
    /// Always known.
    pub iccid: Iccid,
    /// The card's telephone number.
    #[serde(default)]
    pub msisdn: Option<String>,
    /// The subscriber's number in the network.
    #[serde(default)]
    pub imsi: Option<String>,
}

impl CardRef {
    /// A card of which only the ICCID is known.
    pub fn new(iccid: Iccid) -> Self {
        Self { iccid, msisdn: None, imsi: None }
    }
}

impl fmt::Debug for CardRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CardRef({:?})", self.iccid)
    }
}

/// What a card is made of, as far as carriers treat it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// A plain card of one network.
    Physical,
    /// An eSIM or vSIM.
    Embedded,
    /// One card with a profile of each of three networks.
    ThreeNetwork,
}

impl CardKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Physical, Self::Embedded, Self::ThreeNetwork];
}

/// The networks a card can be on; the discriminants are the contract's carrier numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MobileNetwork {
    /// 1
    ChinaMobile = 1,
    /// 2
    ChinaTelecom = 2,
    /// 3
    ChinaUnicom = 3,
}

impl MobileNetwork {
    /// Every network.
    pub const ALL: [Self; 3] = [Self::ChinaMobile, Self::ChinaTelecom, Self::ChinaUnicom];

    /// The network of the contract's carrier number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|network| *network as i64 == number)
    }
}

/// A card's state, the same word for every carrier; the discriminants are the contract's `sim_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStatus {
    /// 10, testable
    TestReady = 10,
    /// 11, inactive
    Inventory = 11,
    /// 13, activatable
    ActivationReady = 13,
    /// 14, stopped
    Suspended = 14,
    /// 20, in use
    Active = 20,
    /// 30, disassembled
    Retired = 30,
}

impl CardStatus {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::TestReady,
        Self::Inventory,
        Self::ActivationReady,
        Self::Suspended,
        Self::Active,
        Self::Retired,
    ];

    /// The contract's `sim_status`.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The state of the contract's `sim_status`.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.number() == number)
    }
}

/// Why a card is suspended; the discriminants are the contract's `operator_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// 1, its flow is used up
    OutOfFlow = 1,
    /// 2, its usage passed its threshold
    OverThreshold = 2,
    /// 3, its pool stopped it
    Pool = 3,
    /// 4, its plan expired
    PlanExpired = 4,
    /// 5, somebody asked for it
    Requested = 5,
    /// 6, it broke the carrier's rules
    Violation = 6,
    /// 7, it was found in another device
    DeviceSeparated = 7,
}

impl StopCause {
    /// The contract's `operator_status`.
    pub const fn number(self) -> i64 {
        self as i64
    }
}

/// The carrier's own view of a card. `None` means that the carrier does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// Its state.
    pub status: CardStatus,
    /// Why it is suspended, if it is and the carrier says.
    #[serde(default)]
    pub stop_cause: Option<StopCause>,
    /// Whether a person is registered for it.
    #[serde(default)]
    pub real_named: Option<bool>,
    /// Whether data was cut off while the card stays in use.
    #[serde(default)]
    pub net_cut: bool,
    /// The threshold in force, if any: megabytes, [`None`] inside for unlimited.
    #[serde(default)]
    pub threshold: Option<Threshold>,
    /// The bandwidth limit, in kbit/s.
    #[serde(default)]
    pub speed_kbps: Option<u32>,
    /// The device it is bound to.
    #[serde(default)]
    pub imei: Option<String>,
    /// The network that a three-network card is on.
    #[serde(default)]
    pub network: Option<MobileNetwork>,
    /// The number of the switching policy last set.
    #[serde(default)]
    pub policy_id: Option<u64>,
}

/// A usage threshold in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// In megabytes; absent is unlimited.
    pub quota_mb: Option<u32>,
}

impl CardView {
    /// A card in `status` of which nothing else is known.
    pub fn new(status: CardStatus) -> Self {
        Self {
            status,
            stop_cause: None,
            real_named: None,
            net_cut: false,
            threshold: None,
            speed_kbps: None,
            imei: None,
            network: None,
            policy_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that only 1 to 32 letters and digits are an ICCID, and that a log line never holds a whole one.
    #[test]
    fn iccids_are_checked_and_masked() {
        let iccid: Iccid = "89860012345678901234".parse().unwrap();
        assert_eq!(format!("{iccid:?} {:?}", CardRef::new(iccid.clone())), "…1234 CardRef(…1234)");
        for wrong in ["", "8986 0", "8986é", "123456789012345678901234567890123"] {
            assert_eq!(wrong.parse::<Iccid>(), Err(IccidError), "{wrong}");
        }
    }

    /// Shows the contract's numbers of states and networks.
    #[test]
    fn numbers_of_the_contract() {
        let numbers = CardStatus::ALL.map(CardStatus::number);
        assert_eq!(numbers, [10, 11, 13, 14, 20, 30]);
        for number in 0..40 {
            assert_eq!(CardStatus::from_number(number).is_some(), numbers.contains(&number), "{number}");
        }
        assert_eq!([0, 1, 2, 3, 4].map(MobileNetwork::from_number).iter().flatten().count(), 3);
    }
}
