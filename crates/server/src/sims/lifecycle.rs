//! Which operation a card permits: the rules of behaviour, sections 2 and 5, as one pure function.

use std::sync::LazyLock;

use simlink_carriers::{
    Capabilities, CardKind, CardStatus, CardTraits, MobileNetwork, Operation, Unsupported,
};
use simlink_fleet::CardRef;

use crate::error_codes::ErrorCode;
use crate::http::error::{Refusal, Wording};
use crate::units::MEGABYTE_BYTES;

/// `sim_type` of a physical card.
const PHYSICAL: u8 = 3;
/// `operator_status` of a card whose flow is used up, and of one whose pool's is.
const OUT_OF_FLOW: [i8; 2] = [1, 3];
/// `operator_status` of a card that passed its threshold.
const OVER_THRESHOLD: i8 = 2;

/// What the rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardFacts {
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// The contract's carrier number.
    pub carrier: u16,
    /// 10, 11, 13, 14, 20 or 30.
    pub sim_status: u8,
    /// Why it is stopped; -1 not stopped.
    pub operator_status: i8,
    /// Whether it is a member of a pool.
    pub pooled: bool,
    /// Whether a person is registered for it.
    pub real_named: bool,
    /// Bytes used in the running cycle.
    pub flow_used: Option<i64>,
    /// Bytes left in the running cycle.
    pub flow_left: Option<i64>,
    /// Its threshold in MB; -1 is unlimited.
    pub quota_mb: Option<i32>,
    /// Bindings of a device left this month, where they are counted.
    pub bindings_left: Option<i32>,
    /// What a three-network card has besides.
    pub networks: Option<Networks>,
}

/// The networks of a three-network card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Networks {
    /// 1 with SDK, 2 without.
    pub version: u8,
    /// Whether it has an ICCID at China Mobile, Telecom, Unicom, in the order of the contract's numbers.
    pub present: [bool; 3],
    /// The contract's number of the one it is on.
    pub online: u8,
    /// The contract's number of the one that its policy forbids; 0 none.
    pub forbidden: u8,
}

impl CardFacts {
    /// The facts of a card of the fleet; `forbidden` is the network that its policy forbids, 0 none.
    pub fn of(card: CardRef<'_>, forbidden: u8) -> Self {
        let networks = card.multi().map(|multi| Networks {
            version: multi.version,
            present: [&multi.iccid_mobile, &multi.iccid_telcom, &multi.iccid_unicom].map(Option::is_some),
            online: multi.online_carrier,
            forbidden,
        });
        Self {
            sim_type: card.sim_type(),
            carrier: card.carrier(),
            sim_status: card.sim_status(),
            operator_status: card.operator_status(),
            pooled: card.pool_flag() != 0,
            real_named: card.real_named(),
            flow_used: card.flow_used(),
            flow_left: card.flow_left(),
            quota_mb: card.exceed_cut_net_quota(),
            bindings_left: card.imei_bind_remain_times(),
            networks,
        }
    }

    /// 1 or 2 for a three-network card, otherwise 0.
    pub fn version(&self) -> u8 {
        self.networks.map_or(0, |networks| networks.version)
    }

    fn traits(&self) -> CardTraits {
        let kind = match (self.sim_type, self.networks) {
            (_, Some(_)) => CardKind::ThreeNetwork,
            (PHYSICAL, None) => CardKind::Physical,
            _ => CardKind::Embedded,
        };
        CardTraits { kind, pooled: self.pooled, real_named: self.real_named }
    }

    fn is(&self, status: CardStatus) -> bool {
        i64::from(self.sim_status) == status.number()
    }
}

/// Why a card does not permit an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// `GSL.00016020`: a stop of a card that is not in use.
    NotInUse,
    /// `GSL.00016019`: a resumption of a card that is not stopped.
    NotStopped,
    /// `GSL.00016012`: it was stopped for its flow, of which nothing is left.
    NoFlowLeft,
    /// `GSL.00016014`: an activation from this `sim_status`, or of a card that is not physical.
    NotActivatable(u8),
    /// `GSL.00011015`: not with this card at this carrier.
    NotSupported,
    /// `GSL.00011016`: a bandwidth that the carrier does not have.
    UnsupportedSpeed,
    /// `GSL.00011063`: a network that the card cannot be moved to.
    UnsupportedNetwork,
}

/// Whether the card permits the operation. Open orders are `work_orders::place`'s to look at.
///
/// # Errors
/// The reason why not.
pub fn may(operation: &Operation, card: &CardFacts) -> Result<(), Forbidden> {
    use CardStatus::{ActivationReady, Active, Inventory, Suspended, TestReady};
    match operation {
        Operation::Stop if !card.is(Active) => Err(Forbidden::NotInUse),
        Operation::Resume if !card.is(Suspended) => Err(Forbidden::NotStopped),
        Operation::Resume if no_flow_left(card) => Err(Forbidden::NoFlowLeft),
        Operation::Stop | Operation::Resume => Ok(()),
        Operation::Activate => {
            let fresh = [TestReady, Inventory, ActivationReady].into_iter().any(|status| card.is(status));
            let activatable = fresh && card.sim_type == PHYSICAL;
            if activatable { Ok(()) } else { Err(Forbidden::NotActivatable(card.sim_status)) }
        }
        Operation::BindDevice { .. } if card.bindings_left.is_some_and(|left| left <= 0) => {
            Err(Forbidden::NotSupported)
        }
        Operation::SwitchNetwork { target } => may_switch(*target as u8, card.networks),
        Operation::SetPolicy { .. } => card.networks.map(|_| ()).ok_or(Forbidden::NotSupported),
        _ => capabilities(card.carrier).permit(operation, card.traits()).map_err(|unsupported| {
            match unsupported {
                Unsupported::Operation => Forbidden::NotSupported,
                Unsupported::Value => Forbidden::UnsupportedSpeed,
            }
        }),
    }
}

/// Whether the carrier of that number answers who is registered for a card: those of the mainland do.
pub fn reads_real_name(carrier: u16) -> bool {
    capabilities(carrier).reads_real_name
}

/// Whether so many bytes are more than a threshold in MB allows; -1 is unlimited.
pub fn is_over(flow_used: i64, quota_mb: Option<i32>) -> bool {
    let quota = quota_mb.filter(|quota_mb| *quota_mb >= 0);
    quota.is_some_and(|mb| flow_used > i64::from(mb) * MEGABYTE_BYTES)
}

fn no_flow_left(card: &CardFacts) -> bool {
    if card.operator_status == OVER_THRESHOLD {
        // Resumable once the threshold is above what was used, or gone (behaviour, section 3).
        return is_over(card.flow_used.unwrap_or(0), card.quota_mb);
    }
    // A card without a figure of its own has nothing left that anybody knows of.
    OUT_OF_FLOW.contains(&card.operator_status) && card.flow_left.unwrap_or(0) <= 0
}

fn may_switch(target: u8, networks: Option<Networks>) -> Result<(), Forbidden> {
    let networks = networks.ok_or(Forbidden::NotSupported)?;
    let present = networks.present[usize::from(target) - 1];
    let free = target != networks.online && target != networks.forbidden;
    if present && free { Ok(()) } else { Err(Forbidden::UnsupportedNetwork) }
}

/// What the carrier of a number can do, as the contract describes it.
fn capabilities(carrier: u16) -> &'static Capabilities {
    static NETWORKS: LazyLock<[Capabilities; 3]> =
        LazyLock::new(|| MobileNetwork::ALL.map(Capabilities::of_network));
    static OTHERS: LazyLock<Capabilities> = LazyLock::new(Capabilities::basic);
    match carrier {
        1..=3 => &NETWORKS[usize::from(carrier) - 1],
        _ => &OTHERS,
    }
}

/// The name of a `sim_status`, for people.
const fn status_name(sim_status: u8) -> Wording {
    match sim_status {
        10 => Wording { zh: "可测试", en: "testable" },
        11 => Wording { zh: "未激活", en: "inactive" },
        13 => Wording { zh: "可激活", en: "activatable" },
        14 => Wording { zh: "停用", en: "stopped" },
        20 => Wording { zh: "在用", en: "in use" },
        30 => Wording { zh: "拆机", en: "disassembled" },
        _ => Wording { zh: "未知", en: "unknown" },
    }
}

impl Forbidden {
    /// The code that a client is told.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotInUse => ErrorCode::NotInUse,
            Self::NotStopped => ErrorCode::NotStopped,
            Self::NoFlowLeft => ErrorCode::StoppedForFlow,
            Self::NotActivatable(_) => ErrorCode::CannotActivate,
            Self::NotSupported => ErrorCode::OperationNotSupported,
            Self::UnsupportedSpeed => ErrorCode::UnsupportedSpeed,
            Self::UnsupportedNetwork => ErrorCode::UnsupportedTargetCarrier,
        }
    }
}

impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Self {
        match forbidden {
            Forbidden::NotActivatable(status) => Self::Worded(forbidden.code(), status_name(status)),
            _ => forbidden.code().into(),
        }
    }
}

#[cfg(test)]
mod tests;
