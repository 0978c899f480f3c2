//! Why a card is down, from the request to the answer.

use serde_json::{Value, json};
use simlink_carriers::simulator::Knobs;
use simlink_db::{DbError, Tx};

use super::{all_physical, ask, physical, stop};
use crate::support::TestApp;

async fn diagnosis(app: &TestApp, card: i64) -> Value {
    app.acme(&format!("/v1/sim-cards/{card}/diagnosis")).await
}

/// The codes of what was found.
fn codes(diagnosis: &Value) -> Vec<&str> {
    let findings = diagnosis["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

/// The finding of that code.
fn finding<'a>(diagnosis: &'a Value, code: &str) -> &'a Value {
    let findings = diagnosis["findings"].as_array().expect("a list");
    findings.iter().find(|finding| finding["code"] == code).unwrap_or_else(|| panic!("{code}: {diagnosis}"))
}

#[tokio::test]
async fn a_stopped_card_is_explained_and_the_fix_works() {
    // Shows on both engines: a card stopped by its owner is down for that reason; just after the stop the resumption
    // is offered as a request, which sent as it stands brings the card back; a cut network is found likewise.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 2, 20).await;
        assert_ne!(diagnosis(&app, card).await["service"], "down");
        let order = stop(&app, card).await.expect("it is accepted");
        let open = diagnosis(&app, card).await;
        assert_eq!(finding(&open, "order_open")["evidence"]["work_order_id"], order);
        app.settle().await;
        let down = diagnosis(&app, card).await;
        assert_eq!((&down["service"], codes(&down)[0]), (&json!("down"), "stopped_by_owner"));
        let fix = finding(&down, "stopped_by_owner")["fixes"][0].clone();
        assert_eq!((&fix["operation"], &fix["method"]), (&json!("reset"), &json!("POST")));
        assert_eq!(fix["path"], format!("/v1/sim-cards/{card}/reset"));
        ask(&app, card, "reset", &fix["body"]).await.expect("what is offered is accepted");
        app.settle().await;
        let again = diagnosis(&app, card).await;
        assert!(!codes(&again).contains(&"stopped_by_owner"), "{again}");

        ask(&app, card, "cut-net", &json!({"action": "ADD"})).await.expect("it is accepted");
        app.settle().await;
        let cut = diagnosis(&app, card).await;
        assert_eq!(cut["service"], "down");
        // The same operation of another direction is of another kind: it is not too soon.
        assert_eq!(finding(&cut, "network_cut")["fixes"][0]["body"], json!({"action": "DEL"}));
    }
}

#[tokio::test]
async fn carrier_and_failed_orders_are_evidence() {
    // Shows on both engines that a refused order, a carrier whose breaker is open, and a stopped pool are found, with
    // what the carrier said and the pool's figures.
    for app in TestApp::on_every_engine().await {
        let cards = all_physical(&app, 3, 20).await;
        app.turn("unicom", Knobs { fail_rate: 1.0, ..Knobs::default() });
        let order = stop(&app, cards[0]).await.expect("it is accepted");
        app.settle().await;
        let refused = diagnosis(&app, cards[0]).await;
        let failed = finding(&refused, "order_failed");
        assert_eq!(failed["evidence"]["work_order_id"], order);
        assert!(failed["evidence"]["description"].is_string(), "{failed}");

        app.turn("unicom", Knobs { down: true, ..Knobs::default() });
        stop(&app, cards[1]).await.expect("it is accepted");
        for _ in 0..20 {
            app.settle().await;
            app.app.clock.advance(2_000);
        }
        let unreachable = diagnosis(&app, cards[1]).await;
        assert_eq!(finding(&unreachable, "carrier_unavailable")["severity"], "warning");

        let member = app.acme("/v1/sim-cards?limit=500").await["sim_cards"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|card| card["sim_pool_id"] == 501 && card["sim_status"] == 14)
            .expect("the seed has one")["sim_card_id"]
            .as_i64()
            .expect("an id");
        let work = |tx: &mut Tx<'_>| {
            tx.execute("UPDATE sim_pool SET pool_status = -1 WHERE sim_pool_id = 501", &[])?;
            Ok::<_, DbError>(())
        };
        app.app.db.write(work).await.expect("it is written");
        let pooled = diagnosis(&app, member).await;
        let evidence = &finding(&pooled, "pool_stopped")["evidence"];
        assert_eq!((&evidence["pool_id"], &evidence["pool_status"]), (&json!(501), &json!(-1)));
        assert!(evidence["flow_total_mb"].is_number() && evidence["flow_used_mb"].is_number(), "{evidence}");
    }
}
