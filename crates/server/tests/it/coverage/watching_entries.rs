//! The rows of what watches: the feed of changes, webhooks, the audit.

use axum::http::Method;
use serde_json::json;

use super::entries::{Entry, Ids};
use crate::support::{ACME_ADMIN, Ask, Person, RIVAL_ADMIN, TestApp};

/// An id that nothing has.
const NO_ID: i64 = 999_999_999_999;

/// The rows.
pub const WATCHING_ENTRIES: &[Entry] = &[
    Entry { id: "ListChanges", good: |_| Ask::get("/v1/changes"), foreign: &[] },
    Entry { id: "ListChangesOfAll", good: |_| Ask::get("/ops/v1/changes"), foreign: &[] },
    Entry { id: "ListAuditEntries", good: |_| Ask::get("/v1/audit"), foreign: &[] },
    Entry { id: "ListAuditEntriesOfAll", good: |_| Ask::get("/ops/v1/audit"), foreign: &[] },
    Entry { id: "ExportAudit", good: |_| Ask::get("/ops/v1/audit/export"), foreign: &[] },
    Entry { id: "VerifyAudit", good: |_| Ask::get("/ops/v1/audit/verification"), foreign: &[] },
    Entry {
        id: "CreateWebhook",
        good: |_| {
            let body = json!({"url": "http://127.0.0.1:9/x", "event_types": ["*"]});
            Ask::post("/v1/webhooks", &body)
        },
        foreign: &[],
    },
    Entry { id: "ListWebhooks", good: |_| Ask::get("/v1/webhooks"), foreign: &[] },
    Entry {
        id: "ShowWebhook",
        good: |ids| Ask::get(format!("/v1/webhooks/{}", ids.acme_webhook)),
        foreign: &[|ids| pair(ids, |id| Ask::get(format!("/v1/webhooks/{id}")))],
    },
    Entry { id: "UpdateWebhook", good: |ids| update(ids.acme_webhook), foreign: &[|ids| pair(ids, update)] },
    Entry { id: "DeleteWebhook", good: |ids| delete(ids.acme_webhook), foreign: &[|ids| pair(ids, delete)] },
    Entry {
        id: "RotateWebhookSecret",
        good: |ids| rotate(ids.acme_webhook),
        foreign: &[|ids| pair(ids, rotate)],
    },
    Entry { id: "TestWebhook", good: |ids| test(ids.acme_webhook), foreign: &[|ids| pair(ids, test)] },
    Entry { id: "ReplayWebhook", good: |ids| replay(ids.acme_webhook), foreign: &[|ids| pair(ids, replay)] },
    Entry {
        id: "ResendWebhookEvent",
        good: |ids| resend(ids.acme_webhook, &ids.acme_event),
        foreign: &[
            |ids| pair(ids, |id| resend(id, "c1ff-0")),
            // An event of another's endpoint, at one's own.
            |ids| (resend(ids.acme_webhook, "c1e8d4a51000-0"), resend(ids.acme_webhook, "c1ff-0")),
        ],
    },
    Entry {
        id: "ListWebhookDeliveries",
        good: |ids| deliveries(ids.acme_webhook),
        foreign: &[|ids| pair(ids, deliveries)],
    },
];

/// An endpoint of each tenant at which nobody listens, and an event of acme's.
pub async fn webhook_ids(app: &TestApp) -> Ids {
    let make = async |person: &'static Person| {
        let body = json!({"url": "http://127.0.0.1:9/", "event_types": ["account.*"]});
        app.post_json(person, "/v1/webhooks", &body).await.success()["webhook_id"].as_i64().expect("an id")
    };
    let acme_webhook = make(&ACME_ADMIN).await;
    app.post_json(&ACME_ADMIN, &format!("/v1/webhooks/{acme_webhook}/test"), &json!({})).await.success();
    app.settle().await;
    let events = app.acme(&format!("/v1/webhooks/{acme_webhook}/deliveries")).await;
    Ids {
        acme_webhook,
        rival_webhook: make(&RIVAL_ADMIN).await,
        acme_event: events["deliveries"][0]["event_id"].as_str().expect("the test").to_owned(),
        ..Ids::default()
    }
}

/// The request for rival's endpoint, and for one that never existed.
fn pair(ids: &Ids, ask: impl Fn(i64) -> Ask) -> (Ask, Ask) {
    (ask(ids.rival_webhook), ask(NO_ID))
}

fn update(id: i64) -> Ask {
    let body = json!({"description": "x"});
    Ask::new(Method::PUT, format!("/v1/webhooks/{id}")).with_json(&body)
}

fn delete(id: i64) -> Ask {
    Ask::new(Method::DELETE, format!("/v1/webhooks/{id}"))
}

fn rotate(id: i64) -> Ask {
    Ask::post(format!("/v1/webhooks/{id}/rotate-secret"), &json!({}))
}

fn test(id: i64) -> Ask {
    Ask::post(format!("/v1/webhooks/{id}/test"), &json!({}))
}

fn replay(id: i64) -> Ask {
    Ask::post(format!("/v1/webhooks/{id}/replay"), &json!({"since": "2024-01-15T03:00:00Z"}))
}

fn resend(id: i64, event_id: &str) -> Ask {
    Ask::post(format!("/v1/webhooks/{id}/resend"), &json!({"event_id": event_id}))
}

fn deliveries(id: i64) -> Ask {
    Ask::get(format!("/v1/webhooks/{id}/deliveries"))
}
