//! Orders that an operator must approve, and orders that are taken back.

use serde_json::json;
use simlink::changes::Subject;
use simlink_carriers::simulator::Knobs;
use simlink_db::{DbError, Engine, Tx, params};

use super::{ask, counts, physical, reset, state, stop};
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

#[tokio::test]
async fn an_order_taken_back_as_its_card_comes_free_is_in_nobodys_way() {
    // Shows on PostgreSQL: while the end of the first order hands the card on to the second, another transaction ends the
    // second; the third then gets the card instead.
    let app = TestApp::seeded(Engine::Postgres).await;
    let card = physical(&app, 2, 20).await;
    let first = ask(&app, card, "speed-limit", &json!({"speed_value": 1024})).await.expect("it is accepted");
    let second = ask(&app, card, "exceed-cut-net", &json!({"action": 1, "quota": "500"})).await;
    let second = second.expect("it waits for the card");
    let third = stop(&app, card).await.expect("it waits for the card");
    let (held, is_held) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let db = app.app.db.clone();
    let taking_back = tokio::spawn(async move {
        let work = move |tx: &mut Tx<'_>| {
            let sql = "UPDATE work_order_detail SET status = 3, stage = 3, finished_ms = created_ms \
                       WHERE work_order_id = $1";
            tx.execute(sql, params![second])?;
            let sql = "UPDATE work_order SET status = 5, fail_count = 1, finished_ms = created_ms \
                       WHERE work_order_id = $1";
            tx.execute(sql, params![second])?;
            held.send(()).expect("the test goes on");
            may_go_on.recv().expect("the test goes on");
            Ok::<_, DbError>(())
        };
        db.write(work).await
    });
    is_held.await.expect("it is held");
    let release = async {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while app.app.db.read(move |tx| tx.get(sql, &[], |row| row.get::<i64>(0))).await.expect("it answers")
            == 0
        {
            tokio::task::yield_now().await;
        }
        go_on.send(()).expect("it waits");
    };
    tokio::join!(app.settle(), release);
    taking_back.await.expect("it ends").expect("it is written");
    app.settle().await;
    assert_eq!(counts(&app, first).await, (4, [1, 1, 0, 0]));
    assert_eq!(counts(&app, second).await, (5, [1, 0, 1, 0]));
    assert_eq!(counts(&app, third).await, (4, [1, 1, 0, 0]));
    assert_eq!(state(&app, card).await.0, 14);
}
