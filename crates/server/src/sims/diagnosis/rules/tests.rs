//! A table of cards and what is found about each.

use simlink_carriers::OperationKind;

use super::*;

const NOW_MS: i64 = 1_705_289_815_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A card of China Telecom in use with which nothing is wrong.
fn healthy() -> Symptoms {
    Symptoms {
        card: CardFacts {
            sim_type: 3,
            carrier: 2,
            sim_status: 20,
            operator_status: -1,
            pooled: false,
            real_named: true,
            flow_used: Some(10 * MEGABYTE_BYTES),
            flow_left: Some(90 * MEGABYTE_BYTES),
            quota_mb: None,
            bindings_left: Some(2),
            networks: None,
        },
        cut_net: false,
        speed_kbps: None,
        imei: None,
        device_status: None,
        plan: Some("plan".to_owned()),
        expire_ms: Some(NOW_MS + 30 * DAY_MS),
        pool: None,
        orders: Vec::new(),
        breaker: Some(BreakerState::Closed { failures: 0 }),
    }
}

/// The same card, stopped for a reason.
fn stopped(operator_status: i8) -> Symptoms {
    let mut card = healthy();
    (card.card.sim_status, card.card.operator_status) = (14, operator_status);
    card
}

fn with(mut symptoms: Symptoms, change: impl FnOnce(&mut Symptoms)) -> Symptoms {
    change(&mut symptoms);
    symptoms
}

fn order(kind: OperationKind, age_ms: i64, is_open: bool, failed: bool) -> CardOrder {
    CardOrder {
        work_order_id: 7,
        kind,
        is_open,
        failed,
        stage: if is_open { Stage::UnderWay } else { Stage::Ended },
        created_ms: NOW_MS - age_ms,
        finished_ms: (!is_open).then_some(NOW_MS - age_ms),
        deadline_ms: NOW_MS - age_ms + 30 * 60 * 1000,
        description: failed.then(|| "bad_state: x".to_owned()),
    }
}

fn pool(pool_status: i32, flow_used: i64, flow_total: Option<i64>) -> Option<Standing> {
    Some(Standing {
        pool_id: 1,
        name: "p".to_owned(),
        pool_status,
        flow_total,
        flow_used,
        threshold_bytes: flow_total.is_none().then_some(100),
        cycle: 202_401,
    })
}

/// The codes found, and the kinds of the operations that each permits.
fn found(symptoms: &Symptoms) -> Vec<(&'static str, Vec<OperationKind>)> {
    let findings = diagnose(symptoms, NOW_MS);
    let kinds = |fixes: &[Operation]| fixes.iter().map(Operation::kind).collect();
    findings.iter().map(|finding| (finding.cause.code(), kinds(&finding.fixes))).collect()
}

/// Shows for each state and reason what is found first and which operations are offered: only those that the card's
/// rules permit.
#[test]
fn each_state_has_its_finding() {
    use OperationKind::{Activate, BindDevice, CancelThreshold, Resume, SetThreshold};
    let fresh = with(healthy(), |fresh| fresh.card.sim_status = 13);
    let embedded = with(fresh.clone(), |card| card.card.sim_type = 2);
    let empty = with(stopped(1), |card| card.card.flow_left = Some(0));
    let over = with(stopped(2), |card| card.card.quota_mb = Some(5));
    let raised = with(stopped(2), |card| card.card.quota_mb = Some(50));
    let cases = [
        (healthy(), "fine", vec![]),
        (fresh, "not_activated", vec![Activate]),
        (embedded, "not_activated", vec![]),
        (with(healthy(), |card| card.card.sim_status = 30), "disassembled", vec![]),
        (empty, "stopped_out_of_flow", vec![]),
        (stopped(1), "stopped_out_of_flow", vec![Resume]),
        (over, "stopped_over_threshold", vec![SetThreshold, CancelThreshold]),
        (raised, "stopped_over_threshold", vec![SetThreshold, CancelThreshold, Resume]),
        (with(stopped(3), |card| card.card.flow_left = None), "stopped_by_pool", vec![]),
        (stopped(4), "stopped_plan_expired", vec![Resume]),
        (stopped(5), "stopped_by_owner", vec![Resume]),
        (stopped(6), "stopped_for_violation", vec![Resume]),
        (stopped(7), "card_device_separated", vec![BindDevice, Resume]),
        (stopped(-1), "stopped", vec![Resume]),
    ];
    for (symptoms, code, fixes) in cases {
        assert_eq!(found(&symptoms)[0], (code, fixes));
    }
}

/// Shows what else is found about a card, each by itself beside a healthy rest.
#[test]
fn each_symptom_has_its_finding() {
    use OperationKind::{CancelThreshold, LimitSpeed, RestoreNet, SetThreshold, Stop};
    type Change = fn(&mut Symptoms);
    let cases: [(Change, &str, Vec<OperationKind>); 19] = [
        (|card| card.cut_net = true, "network_cut", vec![RestoreNet]),
        (|card| card.plan = None, "no_plan", vec![]),
        (|card| card.expire_ms = Some(NOW_MS), "plan_ended", vec![]),
        (|card| card.expire_ms = Some(NOW_MS + DAY_MS), "plan_ends_soon", vec![]),
        (|card| card.card.flow_left = Some(0), "flow_used_up", vec![]),
        (|card| card.card.flow_left = Some(MEGABYTE_BYTES), "flow_low", vec![]),
        (|card| card.card.quota_mb = Some(9), "threshold_passed", vec![SetThreshold, CancelThreshold]),
        (|card| card.card.real_named = false, "not_real_named", vec![]),
        (|card| card.card.bindings_left = Some(0), "no_bindings_left", vec![]),
        (|card| card.speed_kbps = Some(1024), "speed_limited", vec![LimitSpeed]),
        (|card| card.device_status = Some(4), "device_offline", vec![]),
        (|card| card.pool = pool(-1, 0, Some(9)), "pool_stopped", vec![]),
        (|card| card.pool = pool(-2, 0, Some(9)), "pool_abandoned", vec![]),
        (|card| card.pool = pool(2, 9, Some(9)), "pool_used_up", vec![]),
        (|card| card.pool = pool(2, 101, None), "pool_over_threshold", vec![]),
        (|card| card.breaker = None, "carrier_not_linked", vec![]),
        (|card| card.breaker = Some(BreakerState::HalfOpen), "carrier_unavailable", vec![]),
        (|card| card.orders = vec![order(Stop, DAY_MS, false, true)], "order_failed", vec![]),
        (|card| card.orders = vec![order(Stop, 1, true, false)], "order_open", vec![]),
    ];
    for (change, code, fixes) in cases {
        let found = found(&with(healthy(), change));
        assert!(found.contains(&(code, fixes)), "{code}: {found:?}");
        let others: Vec<_> = found.iter().filter(|found| found.0 != code && found.0 != "fine").collect();
        assert!(others.is_empty(), "{code}: {others:?}");
    }
}

/// Shows that an order that is open, or was accepted within five minutes, takes its operation off the fixes; that a
/// failure is forgotten once a later order of its kind went well; and that the gravest finding comes first.
#[test]
fn orders_count() {
    use OperationKind::Resume;
    let minute_ms = 60 * 1000;
    let fixes = |orders: Vec<CardOrder>| found(&with(stopped(5), |card| card.orders = orders))[0].1.clone();
    assert_eq!(fixes(vec![order(Resume, minute_ms, true, false)]), vec![]);
    assert_eq!(fixes(vec![order(Resume, 4 * minute_ms, false, true)]), vec![]);
    assert_eq!(fixes(vec![order(Resume, 6 * minute_ms, false, true)]), vec![Resume]);
    assert_eq!(fixes(vec![order(Resume, 40 * minute_ms, true, false)]), vec![Resume]);
    let orders = vec![order(Resume, DAY_MS, false, false), order(Resume, 2 * DAY_MS, false, true)];
    assert_eq!(found(&with(healthy(), |card| card.orders = orders)), vec![("fine", vec![])]);
    let both = with(stopped(5), |card| card.speed_kbps = Some(1));
    assert_eq!(found(&both)[0].0, "stopped_by_owner");
}
