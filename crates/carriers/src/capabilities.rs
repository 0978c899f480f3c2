//! What a carrier can do on which cards, as data, and the one rule that reads it.

use crate::{CardKind, MobileNetwork, Operation, OperationKind};

/// One operation that a carrier offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The operation.
    pub operation: OperationKind,
    /// The kinds of cards it is offered for.
    pub kinds: Vec<CardKind>,
    /// Only for members of a pool.
    pub pooled_only: bool,
    /// Only while a person is registered for the card.
    pub real_named_only: bool,
}

/// What a carrier can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The writes it offers, one grant an operation.
    pub grants: Vec<Grant>,
    /// The bandwidth limits it knows, in kbit/s, ascending; lifting the limit is always possible.
    pub speeds_kbps: Vec<u32>,
    /// Whether a card can be bound to a device by its IMEI, not only to the one in use.
    pub binds_by_imei: bool,
    /// Whether it answers who is registered for a card.
    pub reads_real_name: bool,
    /// The most cards in one read; at least 1.
    pub cards_per_read: usize,
}

/// What the rule needs to know of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardTraits {
    /// What it is made of.
    pub kind: CardKind,
    /// Whether it is a member of a pool.
    pub pooled: bool,
    /// Whether a person is registered for it.
    pub real_named: bool,
}

/// Why a carrier cannot do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Not this operation on this card.
    #[error("the carrier does not offer the operation for this card")]
    Operation,
    /// The operation, but not with this value.
    #[error("the carrier does not offer this value")]
    Value,
}

/// China Telecom's bandwidths: 1 and 64..512 kbit/s, then 1..150 Mbit/s.
const TELECOM_SPEEDS_KBPS: [u32; 23] = [
    1, 64, 256, 512, 1_024, 3_072, 5_120, 7_168, 10_240, 20_480, 30_720, 40_960, 51_200, 61_440, 71_680,
    81_920, 92_160, 102_400, 112_640, 122_880, 133_120, 143_360, 153_600,
];

/// China Unicom's bandwidths; 7.25 Mbit/s is 7424.
const UNICOM_SPEEDS_KBPS: [u32; 5] = [256, 512, 1_024, 2_048, 7_424];

/// The most cards in one read of the built-in profiles.
const CARDS_PER_READ: usize = 100;

impl Capabilities {
    /// The operations of one of the three networks, as the contract describes them.
    pub fn of_network(network: MobileNetwork) -> Self {
        use OperationKind::*;
        let mut all = Self::basic();
        all.reads_real_name = true;
        all.grant(&[SwitchNetwork, SetPolicy], &[CardKind::ThreeNetwork]);
        match network {
            MobileNetwork::ChinaMobile => {
                all.grant(&[BindDevice, SendSms], &CardKind::ALL);
                all.grant_pooled(&[SetThreshold, CancelThreshold]);
            }
            MobileNetwork::ChinaTelecom => {
                all.grant(
                    &[CutNet, RestoreNet, SetThreshold, CancelThreshold, BindDevice, ClearRealName, SendSms],
                    &CardKind::ALL,
                );
                all.grant(&[LimitSpeed], &[CardKind::Physical, CardKind::ThreeNetwork]);
                all.binds_by_imei = true;
                all.speeds_kbps = TELECOM_SPEEDS_KBPS.to_vec();
            }
            MobileNetwork::ChinaUnicom => {
                all.grant_pooled(&[SetThreshold, CancelThreshold]);
                all.grant(&[LimitSpeed], &[CardKind::Physical, CardKind::ThreeNetwork]);
                all.grants
                    .iter_mut()
                    .filter(|grant| grant.operation == LimitSpeed)
                    .for_each(|grant| grant.real_named_only = true);
                all.speeds_kbps = UNICOM_SPEEDS_KBPS.to_vec();
            }
        }
        all
    }

    /// The operations of carriers abroad and of eSIM and vSIM platforms: stop and resume, and activation of physical
    /// cards.
    pub fn basic() -> Self {
        let mut all = Self {
            grants: Vec::new(),
            speeds_kbps: Vec::new(),
            binds_by_imei: false,
            reads_real_name: false,
            cards_per_read: CARDS_PER_READ,
        };
        all.grant(&[OperationKind::Stop, OperationKind::Resume], &CardKind::ALL);
        all.grant(&[OperationKind::Activate], &[CardKind::Physical, CardKind::ThreeNetwork]);
        all
    }

    /// A carrier that offers `operations` for every card.
    pub fn of_operations(operations: &[OperationKind]) -> Self {
        let mut all = Self { grants: Vec::new(), ..Self::basic() };
        all.grant(operations, &CardKind::ALL);
        all
    }

    /// Whether the carrier can carry out `operation` on such a card.
    pub fn permit(&self, operation: &Operation, card: CardTraits) -> Result<(), Unsupported> {
        let kind = operation.kind();
        let grant = self.grants.iter().find(|grant| grant.operation == kind).ok_or(Unsupported::Operation)?;
        if !grant.kinds.contains(&card.kind)
            || (grant.pooled_only && !card.pooled)
            || (grant.real_named_only && !card.real_named)
        {
            return Err(Unsupported::Operation);
        }
        match operation {
            Operation::LimitSpeed { kbps: Some(kbps) } if self.speeds_kbps.binary_search(kbps).is_err() => {
                Err(Unsupported::Value)
            }
            Operation::BindDevice { imei: Some(_) } if !self.binds_by_imei => Err(Unsupported::Operation),
            _ => Ok(()),
        }
    }

    fn grant(&mut self, operations: &[OperationKind], kinds: &[CardKind]) {
        self.grants.extend(operations.iter().map(|&operation| Grant {
            operation,
            kinds: kinds.to_vec(),
            pooled_only: false,
            real_named_only: false,
        }));
    }

    fn grant_pooled(&mut self, operations: &[OperationKind]) {
        self.grant(operations, &CardKind::ALL);
        let pooled = self.grants.iter_mut().filter(|grant| operations.contains(&grant.operation));
        pooled.for_each(|grant| grant.pooled_only = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CardKind::{Embedded, Physical, ThreeNetwork};
    use MobileNetwork::{ChinaMobile, ChinaTelecom, ChinaUnicom};

    /// One operation of each kind, with a value that every carrier offering it takes.
    fn samples() -> Vec<Operation> {
        use Operation::*;
        let rules =
            crate::PolicyRules::Plain { order: [ChinaMobile, ChinaTelecom, ChinaUnicom], blacklist: None };
        vec![
            Stop,
            Resume,
            Activate,
            CutNet,
            RestoreNet,
            SetThreshold { quota_mb: Some(10) },
            CancelThreshold,
            BindDevice { imei: None },
            ClearRealName,
            LimitSpeed { kbps: Some(1_024) },
            SwitchNetwork { target: ChinaUnicom },
            SetPolicy { policy: crate::SwitchPolicy { id: 1, rules } },
            SendSms { content: "1".into(), parts: 1, template_id: None },
        ]
    }

    /// Shows, for every carrier, kind of card, pool membership and registration, exactly which operations pass:
    /// `*` always, `p` only pooled, `r` only real-named, `-` never; in the order of `samples`.
    #[test]
    fn every_operation_on_every_card() {
        let profiles = [Some(ChinaMobile), Some(ChinaTelecom), Some(ChinaUnicom), None];
        let table = [
            [(Physical, "***--pp*----*"), (Embedded, "**---pp*----*"), (ThreeNetwork, "***--pp*--***")],
            [(Physical, "**********--*"), (Embedded, "**-******---*"), (ThreeNetwork, "*************")],
            [(Physical, "***--pp--r---"), (Embedded, "**---pp------"), (ThreeNetwork, "***--pp--r**-")],
            [(Physical, "***----------"), (Embedded, "**-----------"), (ThreeNetwork, "***----------")],
        ];
        let mut cases = 0;
        for (profile, rows) in profiles.into_iter().zip(table) {
            let all = profile.map_or_else(Capabilities::basic, Capabilities::of_network);
            for (kind, row) in rows {
                for (operation, mark) in samples().iter().zip(row.chars()) {
                    for (pooled, real_named) in [(false, false), (false, true), (true, false), (true, true)] {
                        let wanted = match mark {
                            '*' => true,
                            'p' => pooled,
                            'r' => real_named,
                            _ => false,
                        };
                        let got = all.permit(operation, CardTraits { kind, pooled, real_named });
                        let expected = if wanted { Ok(()) } else { Err(Unsupported::Operation) };
                        assert_eq!(got, expected, "{profile:?} {kind:?} {operation:?} {pooled} {real_named}");
                        cases += 1;
                    }
                }
            }
        }
        assert_eq!(cases, 4 * 3 * 13 * 4);
    }

    /// Shows which values are taken: every bandwidth of the table and none between, and the IMEI only at Telecom.
    #[test]
    fn values() {
        let card = CardTraits { kind: Physical, pooled: true, real_named: true };
        let telecom = Capabilities::of_network(ChinaTelecom);
        let unicom = Capabilities::of_network(ChinaUnicom);
        for (all, speeds) in [(&telecom, &TELECOM_SPEEDS_KBPS[..]), (&unicom, &UNICOM_SPEEDS_KBPS[..])] {
            assert!(speeds.is_sorted());
            let taken = (0..200_000)
                .filter(|&kbps| all.permit(&Operation::LimitSpeed { kbps: Some(kbps) }, card).is_ok());
            assert_eq!(taken.collect::<Vec<_>>(), speeds);
            assert_eq!(all.permit(&Operation::LimitSpeed { kbps: None }, card), Ok(()));
            assert_eq!(all.permit(&Operation::LimitSpeed { kbps: Some(2) }, card), Err(Unsupported::Value));
        }
        let bind = Operation::BindDevice { imei: Some("490154203237518".into()) };
        assert_eq!(telecom.permit(&bind, card), Ok(()));
        assert_eq!(Capabilities::of_network(ChinaMobile).permit(&bind, card), Err(Unsupported::Operation));
    }
}
