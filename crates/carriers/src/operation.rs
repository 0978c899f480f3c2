//! What a carrier can be asked to do with a card: a closed set, each with its parameters as types.

use serde::{Deserialize, Serialize};

use crate::MobileNetwork;

/// A write on one card. As JSON: `{"op": "limit_speed", "params": {"kbps": 1024}}`, or `{"op": "stop"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "params", rename_all = "snake_case")]
pub enum Operation {
    /// Suspends service.
    Stop,
    /// Ends a suspension.
    Resume,
    /// Puts an unused card into use.
    Activate,
    /// Cuts data off while the card stays in use (`cut-net` ADD).
    CutNet,
    /// Ends [`Operation::CutNet`] (`cut-net` DEL).
    RestoreNet,
    /// Cuts data off once the month's usage passes a threshold (`exceed-cut-net` 1).
    SetThreshold {
        /// In megabytes; 0 cuts at the first byte, absent is unlimited.
        quota_mb: Option<u32>,
    },
    /// Takes the threshold away (`exceed-cut-net` 2).
    CancelThreshold,
    /// Binds the card to a device.
    BindDevice {
        /// The device's 15 digits (`bind_type` 2); absent binds to the device in use (`bind_type` 1).
        imei: Option<String>,
    },
    /// Takes the real-name registration off the card.
    ClearRealName,
    /// Limits the bandwidth.
    LimitSpeed {
        /// In kbit/s, 1 Mbit/s being 1024; absent lifts the limit.
        kbps: Option<u32>,
    },
    /// Moves a three-network card to another of its networks.
    SwitchNetwork {
        /// The network to move to.
        target: MobileNetwork,
    },
    /// Gives a three-network card a switching policy.
    SetPolicy {
        /// The whole policy: a carrier does not know the platform's policies.
        policy: SwitchPolicy,
    },
    /// Sends a text message to the card; done is delivered.
    SendSms {
        /// 1 to 1000 characters.
        content: String,
        /// How many messages it takes.
        parts: u8,
        /// The template that the content follows, where the carrier wants one.
        template_id: Option<i64>,
    },
}

/// A network-switching policy as a carrier is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchPolicy {
    /// The policy's number in the platform.
    pub id: u64,
    /// What it says.
    #[serde(flatten)]
    pub rules: PolicyRules,
}

/// The two versions of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all = "snake_case")]
pub enum PolicyRules {
    /// Version 1: the card's SDK decides.
    Sdk {
        /// Absent is the network used last.
        preferred: Option<MobileNetwork>,
        /// The network of last resort.
        least_preferred: MobileNetwork,
        /// Takes the network with the best signal.
        optimal_signal: bool,
        /// Switches by itself.
        auto_switch: bool,
        /// Switches when the signal is weak.
        weak_signal_switch: bool,
        /// Switches when this address answers slowly.
        connect_ip: Option<String>,
    },
    /// Version 2: without an SDK.
    Plain {
        /// The order in which networks are tried.
        order: [MobileNetwork; 3],
        /// The network never to be used.
        blacklist: Option<MobileNetwork>,
    },
}

macro_rules! kinds {
    ($($variant:ident $name:literal;)*) => {
        /// What kind of operation, without its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum OperationKind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl OperationKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it on the wire, in keys and journals.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Operation {
            /// The kind of this operation.
            pub const fn kind(&self) -> OperationKind {
                match self { $(Self::$variant { .. } => OperationKind::$variant,)* }
            }
        }
    };
}

kinds! {
    Stop "stop";
    Resume "resume";
    Activate "activate";
    CutNet "cut_net";
    RestoreNet "restore_net";
    SetThreshold "set_threshold";
    CancelThreshold "cancel_threshold";
    BindDevice "bind_device";
    ClearRealName "clear_real_name";
    LimitSpeed "limit_speed";
    SwitchNetwork "switch_network";
    SetPolicy "set_policy";
    SendSms "send_sms";
}

impl OperationKind {
    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MobileNetwork::{ChinaMobile, ChinaTelecom, ChinaUnicom};

    /// Shows the JSON of operations, and that the `op` of each is the name of its kind.
    #[test]
    fn operations_as_json() {
        let plain = PolicyRules::Plain { order: [ChinaUnicom, ChinaMobile, ChinaTelecom], blacklist: None };
        let cases = [
            (Operation::Stop, r#"{"op":"stop"}"#),
            (
                Operation::SetThreshold { quota_mb: None },
                r#"{"op":"set_threshold","params":{"quota_mb":null}}"#,
            ),
            (Operation::LimitSpeed { kbps: Some(512) }, r#"{"op":"limit_speed","params":{"kbps":512}}"#),
            (
                Operation::SwitchNetwork { target: ChinaTelecom },
                r#"{"op":"switch_network","params":{"target":"china_telecom"}}"#,
            ),
            (
                Operation::SetPolicy { policy: SwitchPolicy { id: 7, rules: plain } },
                concat!(
                    r#"{"op":"set_policy","params":{"policy":{"id":7,"version":"plain","#,
                    r#""order":["china_unicom","china_mobile","china_telecom"],"blacklist":null}}}"#
                ),
            ),
        ];
        for (operation, json) in cases {
            let text = serde_json::to_string(&operation).unwrap();
            assert_eq!(text, json);
            assert!(text.contains(&format!(r#""op":"{}""#, operation.kind().name())));
            assert_eq!(serde_json::from_str::<Operation>(json).unwrap(), operation);
        }
    }

    /// Shows that names and kinds are one to one.
    #[test]
    fn kinds_have_names() {
        for &kind in OperationKind::ALL {
            assert_eq!(OperationKind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(OperationKind::from_name("Stop"), None);
    }
}
