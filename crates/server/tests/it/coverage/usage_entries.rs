//! The rows of usage and pools.

use axum::http::Method;
use serde_json::{Value, json};

use super::entries::{ACME_ICCID, Entry, NO_ICCID, NOTHING, RIVAL_ICCID};
use crate::support::Ask;

/// The rows.
pub const USAGE_ENTRIES: &[Entry] = &[
    Entry {
        id: "ListFlowBySimCards",
        good: |ids| plan_usage(&json!({"sim_card_ids": [ids.acme_card]})),
        foreign: &[
            |ids| {
                let by = |id: i64| plan_usage(&json!({"sim_card_ids": [ids.acme_card, id]}));
                (by(ids.rival_card), by(NOTHING))
            },
            |_| (plan_usage(&json!({"iccid": [RIVAL_ICCID]})), plan_usage(&json!({"iccid": [NO_ICCID]}))),
        ],
    },
    Entry {
        id: "ShowMonthUsages",
        good: |ids| month_usages(&json!({"sim_card_ids": [ids.acme_card]})),
        foreign: &[
            |ids| {
                let by = |id: i64| month_usages(&json!({"sim_card_ids": [ids.acme_card, id]}));
                (by(ids.rival_card), by(NOTHING))
            },
            |_| {
                (
                    month_usages(&json!({"iccids": [RIVAL_ICCID]})),
                    month_usages(&json!({"iccids": [NO_ICCID]})),
                )
            },
        ],
    },
    Entry {
        id: "ListSimCardFlowPerDay",
        good: |ids| daily_flow(&json!({"sim_card_ids": [ids.acme_card]})),
        foreign: &[
            |ids| {
                let by = |id: i64| daily_flow(&json!({"sim_card_ids": [ids.acme_card, id]}));
                (by(ids.rival_card), by(NOTHING))
            },
            |_| (daily_flow(&json!({"iccids": [RIVAL_ICCID]})), daily_flow(&json!({"iccids": [NO_ICCID]}))),
        ],
    },
    // Names cards of all accounts: that is what an operator is for.
    Entry { id: "ReceiveUsageFile", good: |_| usage_file(), foreign: &[] },
    Entry {
        id: "ListSimPools",
        good: |_| Ask::get("/v1/sim-pools"),
        foreign: &[|_| (Ask::get("/v1/sim-pools?pool_name=rival"), Ask::get("/v1/sim-pools?pool_name=none"))],
    },
    Entry {
        id: "ListSimPoolMembers",
        good: |_| Ask::get("/v1/sim-pools/501/members"),
        foreign: &[
            |_| {
                let of = |id: i64| Ask::get(format!("/v1/sim-pools/{id}/members"));
                (of(601), of(NOTHING))
            },
            |_| {
                let by = |cid: &str| Ask::get(format!("/v1/sim-pools/501/members?cid=CANARY-{cid}"));
                (by("rival-cid-000"), by("rival-cid-999"))
            },
        ],
    },
    Entry {
        id: "ListBackPools",
        good: |_| Ask::get("/v1/back-pools"),
        foreign: &[|_| {
            (Ask::get("/v1/back-pools?pool_name=rival"), Ask::get("/v1/back-pools?pool_name=none"))
        }],
    },
    Entry {
        id: "ListBackPoolMembers",
        good: |_| Ask::get("/v1/back-pools/502/members"),
        foreign: &[|_| {
            let of = |id: i64| Ask::get(format!("/v1/back-pools/{id}/members"));
            (of(601), of(NOTHING))
        }],
    },
];

fn plan_usage(body: &Value) -> Ask {
    Ask::post("/v1/sim-price-plans/usage/batch-query", body)
}

fn month_usages(cards: &Value) -> Ask {
    let mut body = cards.clone();
    body["billing_cycles"] = json!(["2024-01", "202312"]);
    Ask::post("/v1/sim-cards/month-usages", &body)
}

fn daily_flow(cards: &Value) -> Ask {
    let mut body = cards.clone();
    body["month"] = json!("202401");
    Ask::post("/v1/sim-cards/batch-daily-flow", &body)
}

fn usage_file() -> Ask {
    let file = format!("iccid,date,mb\n{ACME_ICCID},20240110,1.5\n");
    Ask::new(Method::POST, "/ops/v1/usage-files").with_body(file)
}
