//! What an endpoint may be: forms, addresses, numbers; and how long its events are shown.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simlink::limits;

use super::{HOUR_MS, Hook, cards, tag};
use crate::support::receiver::Receiver;
use crate::support::{ACME_ADMIN, TestApp};

#[tokio::test]
async fn pushes_have_the_services_form() {
    // Shows the push form of cards that were stopped, one by one and many in one request, and that changes without a
    // template are not pushed.
    let app = TestApp::embedded().await;
    let (single, merged) = (Receiver::start().await, Receiver::start().await);
    Hook::new(&app, &single.url(), &["*"], "push").await;
    Hook::new(&app, &merged.url(), &["sim_card.*"], "push_merged").await;
    let cards = cards(&app, 3);
    for card in &cards {
        app.post_json(&ACME_ADMIN, &format!("/v1/sim-cards/{card}/stop"), &json!({})).await.success();
    }
    app.settle().await;
    let cid = |card: i64| {
        let reader = app.app.fleet.read(app.account("acme"));
        reader.by_id(card).map(|card| card.cid().to_owned()).expect("a card")
    };
    let params = |card: i64| {
        json!([{"key": "cid", "value": cid(card)}, {"key": "modifyTime", "value": "2024-01-15 11:36:55"},
               {"key": "oldStatus", "value": "在用"}, {"key": "newStatus", "value": "停用"}])
    };
    let mut pushed: Vec<Value> = single.take().into_iter().map(|one| one.body).collect();
    let mut wanted: Vec<Value> = Vec::new();
    for card in &cards {
        wanted.push(json!({"cid": cid(*card), "ruleType": 4, "templateName": "api_rule_sim_status_modify",
                           "templateParams": params(*card)}));
    }
    pushed.sort_by_key(Value::to_string);
    wanted.sort_by_key(Value::to_string);
    assert_eq!((pushed.len(), &pushed), (3, &wanted));
    let merged: Vec<Value> = merged.take().into_iter().map(|one| one.body).collect();
    assert_eq!(merged.len(), 1, "{merged:?}");
    assert_eq!(merged[0]["templateName"], "api_rule_sim_status_modify");
    let list: BTreeSet<String> =
        merged[0]["templateParamsList"].as_array().expect("a list").iter().map(Value::to_string).collect();
    let wanted: BTreeSet<String> =
        cards.iter().map(|card| json!({"templateParams": params(*card)}).to_string()).collect();
    assert_eq!(list, wanted);
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused() {
    // Shows what an endpoint may not have as its address by default, that an address which was permitted once is not
    // reached when the configuration no longer permits it, and how many endpoints an account has.
    let app = TestApp::with_public_webhooks().await;
    let create = async |url: &str| {
        let body = json!({"url": url, "event_types": ["*"]});
        app.post_json(&ACME_ADMIN, "/v1/webhooks", &body).await.refusal_or_success()
    };
    for private in
        ["https://127.0.0.1/x", "https://169.254.169.254/", "https://[fd00::1]/", "http://a.example/"]
    {
        assert_eq!(create(private).await, (400, "SIMLINK.0104".to_owned()), "{private}");
    }
    for bad in ["a.example", "ftp://a.example", "https://user@a.example/"] {
        assert_eq!(create(bad).await, (400, "GSL.00010004".to_owned()), "{bad}");
    }
    for types in [json!([]), json!(["x y"]), json!(["sim_card"])] {
        let body = json!({"url": "https://a.example/", "event_types": types});
        let refused = app.post_json(&ACME_ADMIN, "/v1/webhooks", &body).await;
        assert_eq!(refused.refusal(), (400, "GSL.00010004".to_owned()), "{body}");
    }
    // A name that leads to this very machine: found out when it is looked up.
    let receiver = Receiver::start().await;
    let url = receiver.url().replace("http://127.0.0.1", "https://localhost");
    let hook = Hook::new(&app, &url, &["tag.created"], "cloudevents").await;
    tag(&app, "x").await;
    app.settle().await;
    let log = hook.get("/deliveries").await;
    assert_eq!(log["deliveries"][0]["error"], "no connection, or not to a permitted address");
    assert_eq!(receiver.received().len(), 0);
    for _ in 1..limits::WEBHOOKS_PER_ACCOUNT_MAX {
        assert_eq!(create("https://a.example/").await.0, 200);
    }
    assert_eq!(create("https://a.example/").await, (400, "SIMLINK.0105".to_owned()));
}

#[tokio::test]
async fn ended_events_are_forgotten_after_a_week() {
    // Shows that what was delivered is shown for a week, and that what still waits stays.
    for app in TestApp::on_every_engine().await {
        let receiver = Receiver::start().await;
        let hook = Hook::new(&app, &receiver.url(), &["tag.*"], "cloudevents").await;
        tag(&app, "old").await;
        app.settle().await;
        hook.put(&json!({"enabled": false})).await;
        app.app.clock.advance(6 * 24 * HOUR_MS);
        app.settle().await;
        assert_eq!(hook.get("/deliveries").await["count"], 1);
        app.app.clock.advance(2 * 24 * HOUR_MS);
        app.settle().await;
        assert_eq!(hook.get("/deliveries").await["count"], 0);
    }
}
