//! What a gateway tells: only what is signed with the link's key is taken, each event once, and only about cards and
//! orders of that link. That it reaches the card is shown with a real gateway in `tests/crash`.

use axum::http::Method;
use serde_json::{Value, json};
use simlink_carriers::gateway::signature::{Signed, sign};
use simlink_db::Tx;

use super::{physical, stop};
use crate::support::app::{ATTACHED_KEY, ATTACHED_SECRET};
use crate::support::{Answer, Ask, TestApp};

const PATH: &str = "/southbound/v1/attached/events";

/// Sends a body, signed `skew_s` seconds off.
async fn tell(app: &TestApp, path: &str, body: &[u8], secret: &str, skew_s: i64) -> Answer {
    let timestamp_s = app.app.clock.now_ms() / 1000 + skew_s;
    let signed = Signed { method: "POST", target: path, body };
    let signature = sign(secret.as_bytes(), timestamp_s, "a-nonce", signed);
    let ask = Ask::new(Method::POST, path)
        .with_body(body)
        .with_header("x-gateway-key", ATTACHED_KEY)
        .with_header("x-timestamp", &timestamp_s.to_string())
        .with_header("x-nonce", "a-nonce")
        .with_header("x-signature", &signature);
    app.send(ask).await
}

/// An event about a card.
fn event(id: &str, kind: &str, iccid: &str, data: &Value) -> Value {
    json!({
        "event_id": id,
        "type": kind,
        "occurred_at": "2024-01-15T03:36:55Z",
        "iccid": iccid,
        "data": data,
    })
}

/// Jobs that wait, of any kind but the sweep's.
async fn jobs(app: &TestApp) -> i64 {
    let count = |tx: &mut Tx<'_>| {
        let sql = "SELECT COUNT(*) FROM job WHERE kind LIKE 'read_card.%' OR kind LIKE 'carry%'";
        tx.get(sql, &[], |row| row.get(0))
    };
    app.app.db.read::<i64, simlink_db::DbError, _>(count).await.expect("a count")
}

#[tokio::test]
async fn only_what_is_signed_is_taken() {
    // Shows on both engines: no signature, another secret, a stale one, one for another path, a link that does not exist
    // and one that is simulated are all refused alike with 401; bodies that are no events with 400; beyond 500 with 413.
    for app in TestApp::on_every_engine().await {
        let events = json!([]).to_string();
        let refused = (401, "APIGW.0301".to_owned());
        let bare = app.send(Ask::post(PATH, &json!([]))).await;
        assert_eq!(bare.refusal(), refused);
        for answer in [
            tell(&app, PATH, events.as_bytes(), "another secret", 0).await,
            tell(&app, PATH, events.as_bytes(), ATTACHED_SECRET, -301).await,
            tell(&app, PATH, events.as_bytes(), ATTACHED_SECRET, 301).await,
            tell(&app, "/southbound/v1/mobile/events", events.as_bytes(), ATTACHED_SECRET, 0).await,
            tell(&app, "/southbound/v1/none/events", events.as_bytes(), ATTACHED_SECRET, 0).await,
        ] {
            assert_eq!(answer.refusal(), refused);
            assert_eq!(answer.error_message(), bare.error_message());
        }
        assert_eq!(
            tell(&app, PATH, events.as_bytes(), ATTACHED_SECRET, 300).await.success(),
            json!({"taken": 0, "skipped": 0})
        );
        let malformed = tell(&app, PATH, b"7", ATTACHED_SECRET, 0).await;
        assert_eq!(malformed.refusal(), (400, "GSL.00010004".to_owned()));
        let many = Value::from(vec![json!({}); 501]).to_string();
        let answer = tell(&app, PATH, many.as_bytes(), ATTACHED_SECRET, 0).await;
        assert_eq!(answer.refusal(), (413, "APIGW.0201".to_owned()));
    }
}

#[tokio::test]
async fn events_count_once_and_for_their_own_link() {
    // Shows on both engines: an event is taken once however often it is told; unknown types are skipped; a card and an
    // order of another link's are left alone, a card of this link's is read.
    for app in TestApp::on_every_engine().await {
        let account = app.account("acme");
        let own = {
            let reader = app.app.fleet.read(account);
            let page = reader.select(&simlink_fleet::Query { limit: 500, ..Default::default() });
            let card = page.cards.into_iter().find(|card| card.carrier() == 505).expect("one of the link's");
            card.iccid().to_owned()
        };
        let other = physical(&app, 1, 20).await;
        let order = stop(&app, other).await.expect("a card in use can be stopped");
        app.settle().await;
        let shown = app.acme(&format!("/v1/sim-cards/{other}")).await;
        let others = shown["iccid"].as_str().expect("an ICCID");
        let changed = json!({"to": "suspended"});
        let finished =
            json!({"operation_id": format!("{order}-{other}-stop"), "status": "failed", "code": "x"});
        let foreign = json!([
            event("e1", "card.status_changed", others, &changed),
            event("e2", "operation.finished", others, &finished),
            event("e3", "operation.finished", &own, &finished),
            event("e4", "card.status_changed", "8986999999999999999", &changed),
            event("e5", "session.started", &own, &json!({})),
        ]);
        let answer = tell(&app, PATH, foreign.to_string().as_bytes(), ATTACHED_SECRET, 0).await;
        assert_eq!(answer.success(), json!({"taken": 4, "skipped": 1}));
        assert_eq!(jobs(&app).await, 0);
        let answer = tell(&app, PATH, foreign.to_string().as_bytes(), ATTACHED_SECRET, 0).await;
        assert_eq!(answer.success(), json!({"taken": 0, "skipped": 1}));

        let one = event("e6", "card.status_changed", &own, &changed);
        let answer = tell(&app, PATH, one.to_string().as_bytes(), ATTACHED_SECRET, 0).await;
        assert_eq!(answer.success(), json!({"taken": 1, "skipped": 0}));
        assert_eq!(jobs(&app).await, 1);
    }
}
