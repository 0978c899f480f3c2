//! Text messages from the request to the delivery report, over simulated carriers.

use serde_json::{Value, json};
use simlink_carriers::simulator::Knobs;

use crate::support::{ACME_ADMIN, Answer, RIVAL_ADMIN, TestApp};

const SEND: &str = "/v1/sms-send-infos";
const DETAILS: &str = "/v1/sms-send-infos/details";
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The cids of acme's cards that this tells, in the order of their ids.
fn cids(app: &TestApp, fits: impl Fn(simlink_fleet::CardRef<'_>) -> bool) -> Vec<String> {
    let reader = app.app.fleet.read(app.account("acme"));
    let found = reader.select(&simlink_fleet::Query { limit: 500, ..Default::default() });
    let mut cards: Vec<_> = found.cards.into_iter().filter(|card| fits(*card)).collect();
    cards.reverse();
    cards.into_iter().map(|card| card.cid().to_owned()).collect()
}

/// Those that take messages and are in use.
fn reachable(app: &TestApp) -> Vec<String> {
    cids(app, |card| matches!(card.carrier(), 1 | 2) && card.sms_enabled() && card.sim_status() == 20)
}

async fn send(app: &TestApp, body: &Value) -> Answer {
    app.post_json(&ACME_ADMIN, SEND, body).await
}

/// The status of the newest message, and whether it has a time of delivery.
async fn newest(app: &TestApp) -> (i64, bool) {
    let message = app.acme(DETAILS).await["sms_details"][0].clone();
    (message["sms_status"].as_i64().expect("a status"), !message["received_time"].is_null())
}

#[tokio::test]
async fn a_message_arrives() {
    // Shows on both engines: a message to a card is on its way at once and delivered when the carrier says so; the body
    // of the list; nothing of it in another account's list.
    for app in TestApp::on_every_engine().await {
        let cid = &reachable(&app)[0];
        assert_eq!(send(&app, &json!({"sms_content": "测试", "cids": [cid]})).await.success(), json!(true));
        assert_eq!(newest(&app).await, (1, false));
        app.app.clock.advance(2_000);
        app.settle().await;
        assert_eq!(newest(&app).await, (2, true));
        insta::assert_json_snapshot!("sms_details", app.acme(DETAILS).await);
        let rival = app.get(&RIVAL_ADMIN, DETAILS).await.success();
        assert_eq!(rival, json!({"limit": 10, "offset": 1, "count": 0, "sms_details": []}));
    }
}

#[tokio::test]
async fn a_message_goes_to_cards_batches_and_lists() {
    // Shows on both engines: cids, a purchase batch and an uploaded list together send to each card once, and filters by
    // card and time find the messages.
    for app in TestApp::on_every_engine().await {
        let all = cids(&app, |card| matches!(card.carrier(), 1 | 2) && card.sms_enabled());
        assert!(all.len() >= 4, "only {all:?}");
        let file = app.upload(&ACME_ADMIN, &format!("cid\n{}\n{}\n", all[1], all[2])).await;
        let body =
            json!({"sms_content": "a".repeat(161), "cids": [all[0]], "file_temp_id": file, "template_id": 7});
        send(&app, &body).await.success();
        app.app.clock.advance(HOUR_MS);
        send(&app, &json!({"sms_content": "second", "cids": [all[3]]})).await.success();
        let count = async |query: &str| app.acme(&format!("{DETAILS}?{query}")).await["count"].clone();
        assert_eq!(count("limit=10").await, 4);
        assert_eq!(count(&format!("cid={}", all[1])).await, 1);
        assert_eq!(count("cid=none").await, 0);
        assert_eq!(count("start_time=2024-01-15T04:00:00Z").await, 1);
        assert_eq!(count("end_time=2024-01-15%2004:00:00").await, 3);
        assert_eq!(count("start_time=2024-01-15T11:00:00%2B08:00&end_time=2024-01-15T04:36:55").await, 4);
        for bad in ["start_time=yesterday", "end_time=1705289815000"] {
            let refused = app.get(&ACME_ADMIN, &format!("{DETAILS}?{bad}")).await;
            assert_eq!(refused.refusal(), (400, "GSL.00010004".to_owned()), "{bad}");
        }
    }
}

#[tokio::test]
async fn who_gets_no_message() {
    // Shows on both engines, all or nothing: nobody named, cards that do not exist, a list or batch that does not exist,
    // a card of another carrier or without a package, text too long or none; nothing is sent.
    for app in TestApp::on_every_engine().await {
        let good = reachable(&app)[0].clone();
        let unicom = cids(&app, |card| card.carrier() == 3)[0].clone();
        let without = cids(&app, |card| card.carrier() == 1 && !card.sms_enabled())[0].clone();
        let text = |content: &str| json!({"sms_content": content, "cids": [good]});
        for (body, status, code) in [
            (json!({"sms_content": "x"}), 400, "GSL.00010004"),
            (json!({"sms_content": "x", "cids": []}), 400, "GSL.00010004"),
            (json!({"cids": [good]}), 400, "GSL.00010004"),
            (text(""), 400, "GSL.00010004"),
            (text(&"中".repeat(1_001)), 400, "GSL.00010004"),
            (json!({"sms_content": "x", "cids": [good, "none"]}), 400, "GSL.00016053"),
            (json!({"sms_content": "x", "cids": [good, good]}), 400, "GSL.00016054"),
            (json!({"sms_content": "x", "file_temp_id": 999}), 400, "GSL.00012016"),
            (json!({"sms_content": "x", "order_id": 999}), 400, "GSL.00011001"),
            (json!({"sms_content": "x", "cids": [good, unicom]}), 403, "GSL.00011015"),
            (json!({"sms_content": "x", "cids": [good, without]}), 403, "GSL.00011015"),
        ] {
            assert_eq!(send(&app, &body).await.refusal(), (status, code.to_owned()), "{body}");
        }
        assert_eq!(app.acme(DETAILS).await["count"], 0);
    }
}

#[tokio::test]
async fn carriers_deliver_late_never_or_refuse() {
    // Shows on both engines: a message accepted for later arrives with the carrier's report, one whose answer was lost is
    // asked about and not sent twice, a refused one fails, and one that nobody says anything of fails after a day.
    for app in TestApp::on_every_engine().await {
        let body = json!({"sms_content": "x", "cids": [reachable(&app)[0]]});
        app.turn("mobile", Knobs { accept_rate: 1.0, push_delay_ms: 60_000, ..Knobs::default() });
        send(&app, &body).await.success();
        app.settle().await;
        assert_eq!(newest(&app).await, (1, false));
        app.app.clock.advance(60_000);
        app.settle().await;
        assert_eq!(newest(&app).await, (2, true));

        app.turn("mobile", Knobs { lose_answer_rate: 1.0, ..Knobs::default() });
        send(&app, &body).await.success();
        app.settle().await;
        app.turn("mobile", Knobs::default());
        app.app.clock.advance(60_000);
        app.settle().await;
        assert_eq!(newest(&app).await, (2, true));
        assert_eq!(app.simulator("mobile").network().journal().executed(), 2);

        app.turn("mobile", Knobs { fail_rate: 1.0, ..Knobs::default() });
        send(&app, &body).await.success();
        app.settle().await;
        assert_eq!(newest(&app).await, (3, false));

        app.turn("mobile", Knobs { down: true, ..Knobs::default() });
        send(&app, &body).await.success();
        // A day is a token's life as well: from here on the database is asked.
        let failed = async || {
            let sql =
                "SELECT COUNT(*) FROM sms_message WHERE status = 3 AND description = 'not delivered in time'";
            let count = move |tx: &mut simlink_db::Tx<'_>| tx.get(sql, &[], |row| row.get::<i64>(0));
            app.app.db.read::<_, simlink_db::DbError, _>(count).await.expect("a count")
        };
        for _ in 0..23 {
            app.app.clock.advance(HOUR_MS);
            app.settle().await;
        }
        app.app.clock.advance(HOUR_MS - 1);
        app.settle().await;
        assert_eq!(failed().await, 0);
        app.app.clock.advance(1);
        app.settle().await;
        assert_eq!(failed().await, 1);
    }
}
