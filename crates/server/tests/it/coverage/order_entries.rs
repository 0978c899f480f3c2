//! The rows of the operations that go through carriers, of the operator and of the sandbox.

use axum::http::Method;
use serde_json::{Value, json};

use super::entries::{Entry, Ids, NO_CID, NO_ICCID, NOTHING, RIVAL_CID, RIVAL_ICCID};
use crate::support::Ask;

/// Asks for an operation on a card.
fn control(card: i64, operation: &str, body: &Value) -> Ask {
    Ask::post(format!("/v1/sim-cards/{card}/{operation}"), body)
}

/// The same operation on a card of rival's and on one that never existed, by id.
fn by_id(ids: &Ids, operation: &str, body: &Value) -> (Ask, Ask) {
    (control(ids.rival_card, operation, body), control(NOTHING, operation, body))
}

/// The same by the ICCID in the body.
fn by_iccid(operation: &str, body: &Value) -> (Ask, Ask) {
    let of = |iccid: &str| {
        let mut body = body.clone();
        body["iccid"] = json!(iccid);
        control(0, operation, &body)
    };
    (of(RIVAL_ICCID), of(NO_ICCID))
}

macro_rules! control_entry {
    ($id:literal, $card:ident, $operation:literal, $body:tt) => {
        Entry {
            id: $id,
            good: |ids| control(ids.$card, $operation, &json!($body)),
            foreign: &[|ids| by_id(ids, $operation, &json!($body)), |_| by_iccid($operation, &json!($body))],
        }
    };
}

/// Decides about an order.
fn decide(path: &str, order: i64, what: &str) -> Ask {
    Ask::post(format!("{path}/work-orders/{order}/{what}"), &json!({}))
}

/// The rows.
pub const ORDER_ENTRIES: &[Entry] = &[
    control_entry!("StopSimCard", in_use_card, "stop", {"down_up_switch": 1}),
    control_entry!("ResetSimCard", stopped_card, "reset", {"down_up_switch": 2}),
    control_entry!("EnableSimCard", fresh_card, "enable", {}),
    control_entry!("StartStopNet", in_use_card, "cut-net", {"action": "ADD"}),
    control_entry!("SetExceedCutNet", in_use_card, "exceed-cut-net", {"action": 1, "quota": "10"}),
    control_entry!("RegisterImei", in_use_card, "bind-device", {"bind_type": 1, "imei": "490154203237518"}),
    control_entry!("DeleteRealName", in_use_card, "clear-real-name", {}),
    control_entry!("SetSpeedValue", in_use_card, "speed-limit", {"speed_value": 1024}),
    Entry {
        id: "DiagnoseSimCard",
        good: |ids| Ask::get(format!("/v1/sim-cards/{}/diagnosis", ids.in_use_card)),
        foreign: &[
            |ids| {
                let of = |id: i64| Ask::get(format!("/v1/sim-cards/{id}/diagnosis"));
                (of(ids.rival_card), of(NOTHING))
            },
            |_| {
                let of = |iccid: &str| Ask::get(format!("/v1/sim-cards/0/diagnosis?iccid={iccid}"));
                (of(RIVAL_ICCID), of(NO_ICCID))
            },
        ],
    },
    Entry {
        id: "ShowRealNamed",
        good: |ids| Ask::get(format!("/v1/sim-cards/{}/real-named", ids.in_use_card)),
        foreign: &[
            |ids| {
                let of = |id: i64| Ask::get(format!("/v1/sim-cards/{id}/real-named"));
                (of(ids.rival_card), of(NOTHING))
            },
            |_| {
                let of = |iccid: &str| Ask::get(format!("/v1/sim-cards/0/real-named?iccid={iccid}"));
                (of(RIVAL_ICCID), of(NO_ICCID))
            },
        ],
    },
    Entry {
        id: "SwitchNetwork",
        good: |ids| switch(ids.multi_card, &json!({"carrier_type": ids.multi_target, "cid": "none"})),
        foreign: &[
            |ids| {
                let body = json!({"carrier_type": 1});
                (switch(ids.rival_card, &body), switch(NOTHING, &body))
            },
            |_| {
                let of = |cid: &str| switch(0, &json!({"carrier_type": 1, "cid": cid}));
                (of(RIVAL_CID), of(NO_CID))
            },
        ],
    },
    Entry {
        id: "SetNetworkSwitchPolicy",
        good: |ids| {
            let body = json!({"network_switch_policy_id": ids.multi_policy, "cid": "none"});
            control(ids.multi_card, "network-switch-policy/set", &body)
        },
        foreign: &[
            |ids| by_id(ids, "network-switch-policy/set", &json!({"network_switch_policy_id": 1})),
            |_| {
                let of = |cid: &str| {
                    let body = json!({"network_switch_policy_id": 1, "cid": cid});
                    control(0, "network-switch-policy/set", &body)
                };
                (of(RIVAL_CID), of(NO_CID))
            },
        ],
    },
    Entry {
        id: "CreateWorkOrder",
        good: |ids| {
            // The figures are those of some operations: the others leave them alone.
            let cards = [ids.in_use_card, ids.stopped_card];
            many(&json!({"operation": "stop", "quota": "100", "speed_value": 1024, "sim_card_ids": cards}))
        },
        foreign: &[
            |ids| {
                let of = |id: i64| many(&json!({"operation": "stop", "sim_card_ids": [ids.in_use_card, id]}));
                (of(ids.rival_card), of(NOTHING))
            },
            |_| {
                let of = |iccid: &str| many(&json!({"operation": "stop", "iccids": [iccid]}));
                (of(RIVAL_ICCID), of(NO_ICCID))
            },
            |ids| {
                let of = |file: i64| many(&json!({"operation": "stop", "file_temp_id": file}));
                (of(ids.rival_file), of(NOTHING))
            },
            |_| {
                let of = |name: &str| {
                    let filter = format!("main_search_type=1&main_search_key={name}");
                    many(&json!({"operation": "stop", "filter": filter}))
                };
                (of(RIVAL_ICCID), of(NO_ICCID))
            },
        ],
    },
    Entry {
        id: "ListWorkOrders",
        good: |_| Ask::get("/v1/work-orders"),
        foreign: &[|ids| {
            let of = |id: i64| Ask::get(format!("/v1/work-orders?main_search_key={id}"));
            (of(ids.rival_order), of(NOTHING))
        }],
    },
    Entry {
        id: "ListWorkOrderDetails",
        good: |ids| Ask::get(format!("/v1/work-orders/{}/details", ids.ended_order)),
        foreign: &[|ids| {
            let of = |id: i64| Ask::get(format!("/v1/work-orders/{id}/details"));
            (of(ids.rival_order), of(NOTHING))
        }],
    },
    Entry {
        id: "CancelWorkOrder",
        good: |ids| decide("/v1", ids.acme_order, "cancel"),
        foreign: &[|ids| (decide("/v1", ids.rival_order, "cancel"), decide("/v1", NOTHING, "cancel"))],
    },
    Entry {
        id: "PauseWorkOrder",
        good: |ids| decide("/v1", ids.running_order, "pause"),
        foreign: &[|ids| (decide("/v1", ids.rival_order, "pause"), decide("/v1", NOTHING, "pause"))],
    },
    Entry {
        id: "ResumeWorkOrder",
        good: |ids| decide("/v1", ids.held_order, "resume"),
        foreign: &[|ids| (decide("/v1", ids.rival_order, "resume"), decide("/v1", NOTHING, "resume"))],
    },
    Entry {
        id: "RetryWorkOrder",
        good: |ids| decide("/v1", ids.failed_order, "retry"),
        foreign: &[|ids| (decide("/v1", ids.rival_order, "retry"), decide("/v1", NOTHING, "retry"))],
    },
    Entry {
        id: "ShowWorkOrderProgress",
        good: |ids| progress("/v1", ids.running_order),
        foreign: &[|ids| (progress("/v1", ids.rival_order), progress("/v1", NOTHING))],
    },
    Entry {
        id: "SendSms",
        good: |ids| sms(&json!({"sms_content": "x", "cids": [ids.sms_cid], "file_temp_id": ids.sms_file})),
        foreign: &[
            |_| {
                let of = |cid: &str| sms(&json!({"sms_content": "x", "cids": [cid]}));
                (of(RIVAL_CID), of(NO_CID))
            },
            |_| {
                let of = |order: i64| sms(&json!({"sms_content": "x", "order_id": order}));
                (of(14_001), of(NOTHING))
            },
            |ids| {
                let of = |file: i64| sms(&json!({"sms_content": "x", "file_temp_id": file}));
                (of(ids.rival_file), of(NOTHING))
            },
        ],
    },
    Entry {
        id: "ListSmsDetails",
        good: |_| Ask::get("/v1/sms-send-infos/details"),
        foreign: &[|_| {
            let of = |cid: &str| Ask::get(format!("/v1/sms-send-infos/details?cid={cid}"));
            (of(RIVAL_CID), of(NO_CID))
        }],
    },
    Entry { id: "ListPurchaseOrders", good: |_| Ask::get("/ops/v1/orders?account=acme"), foreign: &[] },
    Entry {
        id: "CreatePurchaseOrder",
        good: |_| {
            let body = json!({"account": "acme", "price_plan_id": "add500", "sim_pool_id": 501});
            Ask::post("/ops/v1/orders", &body)
        },
        foreign: &[],
    },
    Entry {
        id: "RenewPurchaseOrder",
        good: |_| Ask::post("/ops/v1/orders/7001/renew", &json!({"account": "acme"})),
        foreign: &[],
    },
    // The operator's see every account; the sandbox belongs to all.
    Entry { id: "ApproveWorkOrder", good: |ids| decide("/ops/v1", ids.acme_order, "approve"), foreign: &[] },
    Entry { id: "RejectWorkOrder", good: |ids| decide("/ops/v1", ids.acme_order, "reject"), foreign: &[] },
    Entry { id: "CancelAnyWorkOrder", good: |ids| decide("/ops/v1", ids.acme_order, "cancel"), foreign: &[] },
    Entry {
        id: "PauseAnyWorkOrder",
        good: |ids| decide("/ops/v1", ids.running_order, "pause"),
        foreign: &[],
    },
    Entry { id: "ResumeAnyWorkOrder", good: |ids| decide("/ops/v1", ids.held_order, "resume"), foreign: &[] },
    Entry { id: "RetryAnyWorkOrder", good: |ids| decide("/ops/v1", ids.failed_order, "retry"), foreign: &[] },
    Entry {
        id: "ShowAnyWorkOrderProgress",
        good: |ids| progress("/ops/v1", ids.running_order),
        foreign: &[],
    },
    Entry {
        id: "CreateAnyWorkOrder",
        good: |ids| {
            let cards = [ids.in_use_card];
            let body = json!({"account": "acme", "operation": "stop", "quota": "1", "speed_value": 1024,
                "sim_card_ids": cards});
            Ask::post("/ops/v1/work-orders", &body)
        },
        foreign: &[],
    },
    Entry { id: "ListAnyWorkOrders", good: |_| Ask::get("/ops/v1/work-orders"), foreign: &[] },
    Entry { id: "ListAccounts", good: |_| Ask::get("/ops/v1/accounts"), foreign: &[] },
    Entry {
        id: "CreateAccount",
        good: |_| Ask::post("/ops/v1/accounts", &json!({"name": "of-the-walk"})),
        foreign: &[],
    },
    Entry {
        id: "UpdateAccount",
        good: |_| Ask::new(Method::PUT, "/ops/v1/accounts/rival").with_json(&json!({"frozen": false})),
        foreign: &[],
    },
    Entry {
        id: "CreateUser",
        good: |_| Ask::post("/ops/v1/accounts/rival/users", &json!({"name": "walker", "role": "viewer"})),
        foreign: &[],
    },
    Entry {
        id: "UpdateUser",
        good: |_| Ask::new(Method::PUT, RIVALS_VIEWER).with_json(&json!({"role": "viewer"})),
        foreign: &[],
    },
    Entry {
        id: "CreateAnyAccessKey",
        good: |_| Ask::post(format!("{RIVALS_VIEWER}/keys"), &json!({})),
        foreign: &[],
    },
    Entry {
        id: "DeleteAnyAccessKey",
        good: |_| Ask::new(Method::DELETE, format!("{RIVALS_VIEWER}/keys/RIVALVIEWER000000001")),
        foreign: &[],
    },
    Entry { id: "ListParkedJobs", good: |_| Ask::get("/ops/v1/parked-jobs"), foreign: &[] },
    Entry {
        id: "ResumeParkedJob",
        good: |ids| Ask::post(format!("/ops/v1/parked-jobs/{}/resume", ids.parked_job), &json!({})),
        foreign: &[],
    },
    Entry {
        id: "DiscardParkedJob",
        good: |ids| Ask::post(format!("/ops/v1/parked-jobs/{}/discard", ids.parked_job), &json!({})),
        foreign: &[],
    },
    Entry { id: "ListCarriers", good: |_| Ask::get("/ops/v1/carriers"), foreign: &[] },
    Entry {
        id: "ReconcileCarrier",
        good: |_| Ask::post("/ops/v1/carriers/mobile/reconciliation", &json!({"account": "acme"})),
        foreign: &[],
    },
    Entry { id: "ShowSandboxClock", good: |_| Ask::get("/ops/v1/sandbox/clock"), foreign: &[] },
    Entry {
        id: "MoveSandboxClock",
        good: |_| Ask::post("/ops/v1/sandbox/clock", &json!({"advance_seconds": 0})),
        foreign: &[],
    },
    Entry { id: "SettleSandbox", good: |_| Ask::post("/ops/v1/sandbox/settle", &json!({})), foreign: &[] },
    Entry { id: "ListSandboxCarriers", good: |_| Ask::get("/ops/v1/sandbox/carriers"), foreign: &[] },
    Entry {
        id: "SetSandboxCarrier",
        good: |_| Ask::new(Method::PUT, "/ops/v1/sandbox/carriers/mobile").with_json(&json!({})),
        foreign: &[],
    },
    // Its signature is its credential: `work_orders/callbacks.rs` shows what each comes to.
    Entry {
        id: "TakeCarrierEvents",
        good: |_| Ask::post("/southbound/v1/mobile/events", &json!([])),
        foreign: &[],
    },
];

const RIVALS_VIEWER: &str = "/ops/v1/accounts/rival/users/CANARY-rival-viewer";

fn switch(card: i64, body: &Value) -> Ask {
    Ask::post(format!("/v1/sim-cards-multiply/{card}/switch-network"), body)
}

fn sms(body: &Value) -> Ask {
    Ask::post("/v1/sms-send-infos", body)
}

fn progress(path: &str, order: i64) -> Ask {
    Ask::get(format!("{path}/work-orders/{order}/progress"))
}

fn many(body: &Value) -> Ask {
    Ask::post("/v1/work-orders", body)
}
