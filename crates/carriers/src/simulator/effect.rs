//! What an operation does to a card in the simulated network; pure.

use crate::card::Threshold;
use crate::{CardStatus, CardView, Operation, Reason, StopCause};

/// The device that a card without one is found in.
const DEVICE_IN_USE: &str = "490154203237518";

/// The card after `operation`, or why the network refuses. A card already as wished stays as it is.
pub(super) fn apply(card: &CardView, operation: &Operation) -> Result<CardView, Reason> {
    use CardStatus::{Active, Retired, Suspended};
    let mut next = card.clone();
    if card.status == Retired {
        return Err(Reason::BadState);
    }
    match operation {
        Operation::Stop => match card.status {
            Active => (next.status, next.stop_cause) = (Suspended, Some(StopCause::Requested)),
            Suspended => {}
            _ => return Err(Reason::BadState),
        },
        Operation::Resume => match (card.status, card.stop_cause) {
            (Suspended, Some(StopCause::Violation)) => return Err(Reason::ManagedByCarrier),
            (Suspended, _) => (next.status, next.stop_cause) = (Active, None),
            (Active, _) => {}
            _ => return Err(Reason::BadState),
        },
        Operation::Activate => match card.status {
            Suspended => return Err(Reason::BadState),
            _ => next.status = Active,
        },
        Operation::CutNet => next.net_cut = true,
        Operation::RestoreNet => next.net_cut = false,
        Operation::SetThreshold { quota_mb } => next.threshold = Some(Threshold { quota_mb: *quota_mb }),
        Operation::CancelThreshold => next.threshold = None,
        Operation::BindDevice { imei: Some(imei) } => next.imei = Some(imei.clone()),
        Operation::BindDevice { imei: None } => {
            next.imei.get_or_insert_with(|| DEVICE_IN_USE.to_owned());
        }
        Operation::ClearRealName => next.real_named = Some(false),
        Operation::LimitSpeed { kbps } => next.speed_kbps = *kbps,
        Operation::SwitchNetwork { target } => match card.network {
            Some(_) => next.network = Some(*target),
            None => return Err(Reason::NotSupported),
        },
        Operation::SetPolicy { policy } => match card.network {
            Some(_) => next.policy_id = Some(policy.id),
            None => return Err(Reason::NotSupported),
        },
        Operation::SendSms { .. } if card.status != Active => return Err(Reason::BadState),
        Operation::SendSms { .. } => {}
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CardStatus::{ActivationReady, Active, Inventory, Retired, Suspended, TestReady};
    use Operation::{Activate, Resume, Stop};
    use Reason::{BadState, ManagedByCarrier, NotSupported};

    /// Shows stop, resume and activate from every state.
    #[test]
    fn states() {
        let table = [
            (TestReady, [Err(BadState), Err(BadState), Ok(Active)]),
            (Inventory, [Err(BadState), Err(BadState), Ok(Active)]),
            (ActivationReady, [Err(BadState), Err(BadState), Ok(Active)]),
            (Active, [Ok(Suspended), Ok(Active), Ok(Active)]),
            (Suspended, [Ok(Suspended), Ok(Active), Err(BadState)]),
            (Retired, [Err(BadState), Err(BadState), Err(BadState)]),
        ];
        for (status, expected) in table {
            let got = [Stop, Resume, Activate].map(|operation| {
                let next = apply(&CardView::new(status), &operation)?;
                assert!(next.stop_cause.is_none() || next.status == Suspended);
                Ok(next.status)
            });
            assert_eq!(got, expected, "{status:?}");
        }
        let frozen = CardView { stop_cause: Some(StopCause::Violation), ..CardView::new(Suspended) };
        assert_eq!(apply(&frozen, &Resume), Err(ManagedByCarrier));
    }

    /// Shows what the other operations set and take away, and that each carried out twice is as once.
    #[test]
    fn settings() {
        let card = CardView {
            real_named: Some(true),
            network: Some(crate::MobileNetwork::ChinaMobile),
            ..CardView::new(Active)
        };
        let rules = crate::PolicyRules::Plain { order: crate::MobileNetwork::ALL, blacklist: None };
        let target = crate::MobileNetwork::ChinaUnicom;
        let cases = [
            (Operation::CutNet, CardView { net_cut: true, ..card.clone() }),
            (Operation::RestoreNet, card.clone()),
            (
                Operation::SetThreshold { quota_mb: Some(0) },
                CardView { threshold: Some(Threshold { quota_mb: Some(0) }), ..card.clone() },
            ),
            (Operation::CancelThreshold, card.clone()),
            (
                Operation::BindDevice { imei: Some("1".into()) },
                CardView { imei: Some("1".into()), ..card.clone() },
            ),
            (
                Operation::BindDevice { imei: None },
                CardView { imei: Some(DEVICE_IN_USE.into()), ..card.clone() },
            ),
            (Operation::ClearRealName, CardView { real_named: Some(false), ..card.clone() }),
            (Operation::LimitSpeed { kbps: Some(64) }, CardView { speed_kbps: Some(64), ..card.clone() }),
            (Operation::SwitchNetwork { target }, CardView { network: Some(target), ..card.clone() }),
            (Operation::SendSms { content: "1".into(), parts: 1, template_id: None }, card.clone()),
            (
                Operation::SetPolicy { policy: crate::SwitchPolicy { id: 9, rules } },
                CardView { policy_id: Some(9), ..card.clone() },
            ),
        ];
        for (operation, expected) in cases {
            let once = apply(&card, &operation).unwrap();
            assert_eq!(once, expected, "{operation:?}");
            assert_eq!(apply(&once, &operation).unwrap(), expected, "{operation:?} again");
        }
        let plain = CardView::new(Active);
        assert_eq!(apply(&plain, &Operation::SwitchNetwork { target }), Err(NotSupported));
    }
}
