//! Orders that an operator must approve, and orders that are taken back.

use serde_json::json;
use simlink::changes::Subject;
use simlink_carriers::simulator::Knobs;
use simlink_db::{Tx, params};

use super::{counts, physical, reset, state, stop};
use crate::support::app::record;
use crate::support::{ACME_ADMIN, OPERATOR, RIVAL_ADMIN, TestApp};

/// Has acme's orders of these types approved first.
async fn review(app: &TestApp, types: &'static str) {
    let account = app.account("acme");
    let work = move |tx: &mut Tx<'_>| {
        let sql = "UPDATE account SET reviewed_types = $2 WHERE account_id = $1";
        tx.execute(sql, params![account.0, types])?;
        Ok(record(tx, Subject::Account, account, &[account.0])?)
    };
    app.app.write(work).await.expect("the account is there");
}

/// Decides about an order; the answer's status and code.
async fn decide(app: &TestApp, path: &str, id: i64, what: &str) -> (u16, String) {
    let person = if path == "/ops/v1" { &OPERATOR } else { &ACME_ADMIN };
    app.post_json(person, &format!("{path}/work-orders/{id}/{what}"), &json!({})).await.refusal_or_success()
}

#[tokio::test]
async fn an_operator_approves_or_rejects() {
    // Shows on both engines: an order of a reviewed type waits in 1 and blocks another; approved it is 2, then carried
    // out; rejected it ends as 7 with all its cards failed; other types go straight on; neither can be decided twice.
    for app in TestApp::on_every_engine().await {
        review(&app, "5").await;
        let card = physical(&app, 1, 20).await;
        let first = stop(&app, card).await.expect("it is accepted");
        app.settle().await;
        assert_eq!(counts(&app, first).await, (1, [1, 0, 0, 1]));
        assert_eq!(stop(&app, card).await, Err("GSL.00016010".to_owned()));
        // Hours in review do not make it late.
        app.app.clock.advance(20 * 60 * 60 * 1000);
        let other = physical(&app, 3, 20).await;
        assert_eq!(decide(&app, "/ops/v1", first, "reject").await.0, 204);
        assert_eq!(counts(&app, first).await, (7, [1, 0, 1, 0]));
        assert_eq!(decide(&app, "/ops/v1", first, "approve").await, (409, "SIMLINK.0002".to_owned()));
        assert_eq!(state(&app, card).await, (20, -1));

        assert_eq!(decide(&app, "/ops/v1", other, "approve").await, (404, "SIMLINK.0001".to_owned()));
    }
}

#[tokio::test]
async fn an_approved_order_is_carried_out() {
    // Shows on both engines: approved 2, carried out 4, with its whole 30 minutes from the approval on; a second order
    // of another type on the card waits for it.
    for app in TestApp::on_every_engine().await {
        review(&app, "5").await;
        let card = physical(&app, 2, 20).await;
        let first = stop(&app, card).await.expect("it is accepted");
        assert_eq!(decide(&app, "/ops/v1", first, "approve").await.0, 204);
        assert_eq!(counts(&app, first).await, (2, [1, 0, 0, 1]));
        app.settle().await;
        assert_eq!(counts(&app, first).await, (4, [1, 1, 0, 0]));
        assert_eq!(state(&app, card).await, (14, 5));
        let resumed = reset(&app, card).await.expect("it is not of the reviewed type");
        app.settle().await;
        assert_eq!(counts(&app, resumed).await, (4, [1, 1, 0, 0]));
    }
}

#[tokio::test]
async fn what_was_not_sent_can_be_taken_back() {
    // Shows on both engines: an order that no worker has begun is cancelled as 5 and never reaches the carrier; one that
    // was sent is SIMLINK.0002; another account's is SIMLINK.0001, like one that never existed; the card is free again.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        let first = stop(&app, card).await.expect("it is accepted");
        let foreign =
            app.post_json(&RIVAL_ADMIN, &format!("/v1/work-orders/{first}/cancel"), &json!({})).await;
        assert_eq!(foreign.refusal(), (404, "SIMLINK.0001".to_owned()));
        assert_eq!(decide(&app, "/v1", first, "cancel").await.0, 204);
        assert_eq!(counts(&app, first).await, (5, [1, 0, 1, 0]));
        app.settle().await;
        assert_eq!(app.simulator("mobile").network().journal().executed(), 0);
        assert_eq!(state(&app, card).await, (20, -1));

        app.app.clock.advance(5 * 60 * 1000);
        app.turn("mobile", Knobs { accept_rate: 1.0, ..Knobs::default() });
        let second = stop(&app, card).await.expect("the card is free");
        app.settle().await;
        assert_eq!(decide(&app, "/v1", second, "cancel").await, (409, "SIMLINK.0002".to_owned()));
        app.app.clock.advance(60 * 1000);
        app.settle().await;
        assert_eq!(counts(&app, second).await, (4, [1, 1, 0, 0]));
    }
}
