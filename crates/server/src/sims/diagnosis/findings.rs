//! What can be found about a card: code, severity and words of each finding, in one table.

use crate::http::error::Wording;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// The card works, but not as it should or not for long.
    Warning,
    /// The card has no service because of it.
    Blocking,
}

impl Severity {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Blocking => "blocking",
        }
    }
}

macro_rules! causes {
    ($($name:ident $code:literal $severity:ident $zh:literal $en:literal;)*) => {
        /// What is found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Cause {
            $(#[doc = $en] $name,)*
        }

        impl Cause {
            /// Every cause.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How much it weighs.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What people read.
            pub const fn wording(self) -> Wording {
                match self { $(Self::$name => Wording { zh: $zh, en: $en },)* }
            }
        }
    };
}

causes! {
    NotActivated "not_activated" Blocking
        "卡尚未激活。" "The card has not been activated yet.";
    Disassembled "disassembled" Blocking
        "卡已拆机，无法恢复。" "The card is disassembled and cannot be put into service again.";
    OutOfFlow "stopped_out_of_flow" Blocking
        "套餐流量已用完，卡被停机；下一账期或叠加包生效后可复机。"
        "The card was stopped because its plan's flow is used up; the next cycle or an add-on package lets it resume.";
    OverThreshold "stopped_over_threshold" Blocking
        "本月用量超过断网阈值，卡被停机；提高或取消阈值后可复机。"
        "The card was stopped because it passed its threshold; raise or cancel the threshold, then resume it.";
    StoppedByPool "stopped_by_pool" Blocking
        "流量池流量用完，成员卡被停机；下一账期或池叠加包生效后可复机。"
        "The card was stopped because its pool's flow is used up; the next cycle or more flow in the pool lets it resume.";
    PlanExpired "stopped_plan_expired" Blocking
        "套餐已到期，卡被停机；请续费。" "The card was stopped because its plan has expired: renew it.";
    StoppedByOwner "stopped_by_owner" Blocking
        "用户主动停机。" "The card was stopped by its owner.";
    Violation "stopped_for_violation" Blocking
        "因违规停机。" "The card was stopped for a violation.";
    Separated "card_device_separated" Blocking
        "机卡分离停机：卡不在其绑定的设备中。" "The card was stopped because it is not in the device it is bound to.";
    StoppedOtherwise "stopped" Blocking
        "卡已停用，运营商未说明原因。" "The card is stopped; the carrier did not say why.";
    NetworkCut "network_cut" Blocking
        "数据网络已被关闭。" "The card's data network is cut off.";
    PoolStopped "pool_stopped" Blocking
        "所属流量池已停用。" "The card's pool is stopped.";
    PoolAbandoned "pool_abandoned" Warning
        "所属流量池已作废。" "The card's pool has been given up.";
    PoolUsedUp "pool_used_up" Warning
        "所属流量池本账期流量已用完。" "The flow of the card's pool is used up in this cycle.";
    PoolOverThreshold "pool_over_threshold" Warning
        "所属后向流量池本账期用量超过阈值。" "The card's back pool passed its threshold in this cycle.";
    NoPlan "no_plan" Warning
        "卡没有套餐。" "The card has no plan.";
    PlanEnded "plan_ended" Warning
        "套餐已到期，但卡尚未停机。" "The card's plan has expired, though the card is not stopped yet.";
    PlanEndsSoon "plan_ends_soon" Info
        "套餐将在七天内到期。" "The card's plan ends within seven days.";
    FlowUsedUp "flow_used_up" Warning
        "本账期流量已用完。" "The card's flow is used up in this cycle.";
    FlowLow "flow_low" Info
        "本账期剩余流量不足10%。" "Less than a tenth of the cycle's flow is left.";
    PassedThreshold "threshold_passed" Warning
        "本月用量已超过断网阈值。" "The card has passed its threshold.";
    NotRealNamed "not_real_named" Warning
        "卡未实名，运营商可能限制服务。" "Nobody is registered for the card; its carrier may restrict it.";
    NoBindingsLeft "no_bindings_left" Info
        "本月机卡绑定次数已用完。" "No binding to a device is left this month.";
    SpeedLimited "speed_limited" Info
        "卡已限速。" "The card's bandwidth is limited.";
    DeviceOffline "device_offline" Warning
        "设备上报为离线。" "The device reported itself offline.";
    OrderOpen "order_open" Info
        "有未完成的业务受理单。" "A work order on the card is under way.";
    OrderInReview "order_in_review" Info
        "有待审核的业务受理单。" "A work order on the card waits for approval.";
    OrderFailed "order_failed" Warning
        "最近一次该类业务受理失败。" "The latest work order of its kind failed.";
    CarrierDown "carrier_unavailable" Warning
        "运营商接口暂不可用，操作会延迟执行。" "The carrier does not answer at present; operations are delayed.";
    CarrierNotLinked "carrier_not_linked" Warning
        "该运营商未配置接口，无法执行操作。" "No link to the card's carrier is configured; no operation can be carried out.";
    Fine "fine" Info
        "未发现问题。" "Nothing was found to be wrong.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Shows that no two findings share a code and that each has words in both languages.
    #[test]
    fn codes_are_unique() {
        let codes: HashSet<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        assert_eq!(codes.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            let words = cause.wording();
            assert!(!words.zh.is_ascii() && words.en.ends_with('.'), "{cause:?}");
        }
    }
}
