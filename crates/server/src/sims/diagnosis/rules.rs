//! Why a card is down, or that it is fine: one pure function over what is known of it.

use serde_json::{Map, Value, json};
use simlink_carriers::{BreakerState, Operation, OperationKind};

use super::findings::{Cause, Severity};
use crate::pools::standing::Standing;
use crate::sims::lifecycle::{self, CardFacts};
use crate::units::{MEGABYTE_BYTES, Megabytes, Moment};
use crate::work_orders::{CardOrder, Stage, in_the_way};

/// A plan that ends within this time is mentioned.
const ENDS_SOON_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// `device_status` of a device that is offline.
const OFFLINE: u8 = 4;

/// Everything that a diagnosis looks at.
#[derive(Debug, Clone)]
pub struct Symptoms {
    /// What the card permits and why it is stopped.
    pub card: CardFacts,
    /// Its network is cut.
    pub cut_net: bool,
    /// Its bandwidth limit in kbit/s.
    pub speed_kbps: Option<i32>,
    /// Its device.
    pub imei: Option<String>,
    /// What its device reported: 1 registered, 2 restarted, 3 online, 4 offline.
    pub device_status: Option<u8>,
    /// Its plan.
    pub plan: Option<String>,
    /// The end of its plan, epoch milliseconds.
    pub expire_ms: Option<i64>,
    /// Its pool.
    pub pool: Option<Standing>,
    /// Its orders of late, newest first.
    pub orders: Vec<CardOrder>,
    /// The breaker of its carrier's link; `None` without a link.
    pub breaker: Option<BreakerState>,
}

/// Something found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What.
    pub cause: Cause,
    /// The figures that show it.
    pub evidence: Map<String, Value>,
    /// What the card permits now that helps.
    pub fixes: Vec<Operation>,
}

/// Diagnoses a card: the gravest finding first; never without any.
pub fn diagnose(symptoms: &Symptoms, now_ms: i64) -> Vec<Finding> {
    let mut case = Case { symptoms, now_ms, findings: Vec::new() };
    case.state();
    case.plan_and_flow();
    case.pool();
    case.identity();
    case.orders();
    case.carrier();
    let mut findings = case.findings;
    if findings.iter().all(|finding| finding.cause.severity() == Severity::Info) {
        findings.push(Finding { cause: Cause::Fine, evidence: Map::new(), fixes: Vec::new() });
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.cause.severity()));
    findings
}

/// A diagnosis on its way.
struct Case<'a> {
    symptoms: &'a Symptoms,
    now_ms: i64,
    findings: Vec<Finding>,
}

impl Case<'_> {
    fn find(&mut self, cause: Cause, evidence: Value, fixes: &[Operation]) {
        let evidence = match evidence {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let fixes = fixes.iter().filter(|operation| self.permits(operation)).cloned().collect();
        self.findings.push(Finding { cause, evidence, fixes });
    }

    /// Whether an order of this operation would be accepted now.
    fn permits(&self, operation: &Operation) -> bool {
        let orders = &self.symptoms.orders;
        lifecycle::may(operation, &self.symptoms.card).is_ok()
            && in_the_way(orders, operation.kind(), self.now_ms).is_none()
    }

    /// Service at all: what the card's state and the carrier's reason say.
    fn state(&mut self) {
        let (symptoms, card) = (self.symptoms, &self.symptoms.card);
        let state = json!({"sim_status": card.sim_status, "operator_status": card.operator_status});
        match (card.sim_status, card.operator_status) {
            (10 | 11 | 13, _) => self.find(Cause::NotActivated, state, &[Operation::Activate]),
            (30, _) => self.find(Cause::Disassembled, state, &[]),
            (14, 1) => self.find(Cause::OutOfFlow, self.flow(), &[Operation::Resume]),
            (14, 2) => {
                let evidence = json!({
                    "flow_used_mb": megabytes(card.flow_used), "exceed_cut_net_quota_mb": card.quota_mb,
                });
                self.find(Cause::OverThreshold, evidence, &self.out_of_threshold());
            }
            (14, 3) => {
                let evidence = symptoms.pool.as_ref().map_or_else(|| state.clone(), pool_evidence);
                self.find(Cause::StoppedByPool, evidence, &[Operation::Resume]);
            }
            (14, 4) => {
                self.find(Cause::PlanExpired, self.expiry(), &[Operation::Resume]);
            }
            (14, 5) => self.find(Cause::StoppedByOwner, state, &[Operation::Resume]),
            (14, 6) => self.find(Cause::Violation, state, &[Operation::Resume]),
            (14, 7) => {
                let evidence = json!({"imei": symptoms.imei, "imei_bind_remain_times": card.bindings_left});
                let fixes = [Operation::BindDevice { imei: None }, Operation::Resume];
                self.find(Cause::Separated, evidence, &fixes);
            }
            (14, _) => self.find(Cause::StoppedOtherwise, state, &[Operation::Resume]),
            _ => {}
        }
        if symptoms.cut_net {
            self.find(Cause::NetworkCut, json!({"cut_net_flag": true}), &[Operation::RestoreNet]);
        }
    }

    /// What gets a card over its threshold back: one above what was used, none at all, and then the resumption.
    fn out_of_threshold(&self) -> [Operation; 3] {
        let used_mb = self.symptoms.card.flow_used.unwrap_or(0) / MEGABYTE_BYTES;
        let quota_mb = u32::try_from(used_mb + 1).ok();
        [Operation::SetThreshold { quota_mb }, Operation::CancelThreshold, Operation::Resume]
    }

    fn plan_and_flow(&mut self) {
        let (symptoms, card, now_ms) = (self.symptoms, &self.symptoms.card, self.now_ms);
        let in_use = card.sim_status == 20;
        if !in_use {
            return;
        }
        if symptoms.plan.is_none() {
            self.find(Cause::NoPlan, json!({}), &[]);
        }
        match symptoms.expire_ms {
            Some(expire_ms) if expire_ms <= now_ms => self.find(Cause::PlanEnded, self.expiry(), &[]),
            Some(expire_ms) if expire_ms <= now_ms + ENDS_SOON_MS => {
                self.find(Cause::PlanEndsSoon, self.expiry(), &[]);
            }
            _ => {}
        }
        if let (Some(used), Some(left)) = (card.flow_used, card.flow_left)
            && !card.pooled
        {
            if left <= 0 {
                self.find(Cause::FlowUsedUp, self.flow(), &[]);
            } else if left < (used + left) / 10 {
                self.find(Cause::FlowLow, self.flow(), &[]);
            }
        }
        let quota_mb = card.quota_mb.filter(|quota_mb| *quota_mb >= 0).map(i64::from);
        if let (Some(used), Some(quota_mb)) = (card.flow_used, quota_mb)
            && used > quota_mb * MEGABYTE_BYTES
        {
            let evidence =
                json!({"flow_used_mb": megabytes(card.flow_used), "exceed_cut_net_quota_mb": quota_mb});
            let [raise, cancel, _] = self.out_of_threshold();
            self.find(Cause::PassedThreshold, evidence, &[raise, cancel]);
        }
    }

    fn pool(&mut self) {
        let Some(pool) = &self.symptoms.pool else { return };
        let used_up = pool.flow_total.is_some_and(|total| pool.flow_used >= total);
        let over = pool.threshold_bytes.is_some_and(|threshold| pool.flow_used > threshold);
        let cause = match pool.pool_status {
            -1 => Cause::PoolStopped,
            -2 => Cause::PoolAbandoned,
            _ if used_up => Cause::PoolUsedUp,
            _ if over => Cause::PoolOverThreshold,
            _ => return,
        };
        self.find(cause, pool_evidence(pool), &[]);
    }

    /// Person, device, bandwidth.
    fn identity(&mut self) {
        let (symptoms, card) = (self.symptoms, &self.symptoms.card);
        if card.sim_status == 30 {
            return;
        }
        if !card.real_named && lifecycle::reads_real_name(card.carrier) {
            self.find(Cause::NotRealNamed, json!({"real_named": false, "carrier_type": card.carrier}), &[]);
        }
        if card.bindings_left.is_some_and(|left| left <= 0) {
            let evidence = json!({"imei": symptoms.imei, "imei_bind_remain_times": card.bindings_left});
            self.find(Cause::NoBindingsLeft, evidence, &[]);
        }
        if let Some(kbps) = symptoms.speed_kbps.filter(|kbps| *kbps >= 0) {
            let lift = [Operation::LimitSpeed { kbps: None }];
            self.find(Cause::SpeedLimited, json!({"speed_value_kbps": kbps}), &lift);
        }
        if symptoms.device_status == Some(OFFLINE) {
            self.find(Cause::DeviceOffline, json!({"device_status": OFFLINE}), &[]);
        }
    }

    /// Orders under way, and those that failed without a later one of their kind.
    fn orders(&mut self) {
        let mut seen: Vec<OperationKind> = Vec::new();
        for order in &self.symptoms.orders {
            let cause = match (order.is_open, order.failed, order.stage) {
                (true, _, Stage::HeldBack) => Cause::OrderInReview,
                (true, _, _) => Cause::OrderOpen,
                (_, true, _) if !seen.contains(&order.kind) => Cause::OrderFailed,
                _ => {
                    seen.push(order.kind);
                    continue;
                }
            };
            seen.push(order.kind);
            let evidence = json!({
                "work_order_id": order.work_order_id,
                "operation": order.kind.name(),
                "create_time": Moment(order.created_ms),
                "finish_time": order.finished_ms.map(Moment),
                "description": order.description,
            });
            self.find(cause, evidence, &[]);
        }
    }

    fn carrier(&mut self) {
        let carrier = self.symptoms.card.carrier;
        match self.symptoms.breaker {
            None => self.find(Cause::CarrierNotLinked, json!({"carrier_type": carrier}), &[]),
            Some(BreakerState::Closed { .. }) => {}
            Some(BreakerState::Open { probe_at_ms }) => {
                let evidence = json!({"carrier_type": carrier, "probe_time": Moment(probe_at_ms)});
                self.find(Cause::CarrierDown, evidence, &[]);
            }
            Some(BreakerState::HalfOpen) => {
                self.find(Cause::CarrierDown, json!({"carrier_type": carrier}), &[]);
            }
        }
    }

    fn flow(&self) -> Value {
        let card = &self.symptoms.card;
        json!({"flow_used_mb": megabytes(card.flow_used), "flow_left_mb": megabytes(card.flow_left)})
    }

    fn expiry(&self) -> Value {
        json!({"expire_time": self.symptoms.expire_ms.map(Moment), "price_plan_id": self.symptoms.plan})
    }
}

fn megabytes(bytes: Option<i64>) -> Option<Megabytes> {
    bytes.map(Megabytes)
}

fn pool_evidence(pool: &Standing) -> Value {
    json!({
        "pool_id": pool.pool_id,
        "pool_name": pool.name,
        "pool_status": pool.pool_status,
        "flow_total_mb": megabytes(pool.flow_total),
        "flow_used_mb": Megabytes(pool.flow_used),
        "threshold_mb": megabytes(pool.threshold_bytes),
    })
}

#[cfg(test)]
mod tests;
