//! The sandbox: the clock that moves when told to, settling, the knobs of simulated carriers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ask, OPERATOR, TestApp};

const CLOCK: &str = "/ops/v1/sandbox/clock";
const YEAR_S: i64 = 366 * 24 * 60 * 60;

async fn put(app: &TestApp, carrier: &str, knobs: &Value) -> Answer {
    let path = format!("/ops/v1/sandbox/carriers/{carrier}");
    app.send(Ask::new(Method::PUT, path).with_json(knobs).token_of(&OPERATOR)).await
}

#[tokio::test]
async fn the_clock_moves_forward() {
    // Shows that the clock moves by seconds or to a time, shows itself, and refuses to go back, too far, or nowhere.
    let app = TestApp::embedded().await;
    let moved = app.post_json(&OPERATOR, CLOCK, &json!({"advance_seconds": 5})).await.success();
    assert_eq!(moved, json!({"now": "2024-01-15T03:37:00.000+00:00", "now_ms": 1_705_289_820_000_i64}));
    let moved = app.post_json(&OPERATOR, CLOCK, &json!({"now": "2024-01-15T04:00:00Z"})).await.success();
    assert_eq!(moved["now"], "2024-01-15T04:00:00.000+00:00");
    assert_eq!(app.get(&OPERATOR, CLOCK).await.success(), moved);
    for (body, code) in [
        (json!({}), "GSL.00010004"),
        (json!({"now": "tomorrow at noon, please"}), "GSL.00010004"),
        (json!({"advance_seconds": -1}), "GSL.00010004"),
        (json!({"advance_seconds": YEAR_S + 1}), "GSL.00010004"),
        (json!({"now": "2024-01-15T03:59:59Z"}), "SIMLINK.0004"),
        (json!({"now": "2026-01-15T03:59:59Z"}), "SIMLINK.0004"),
    ] {
        let refused = app.post_json(&OPERATOR, CLOCK, &body).await;
        assert_eq!(refused.refusal(), (400, code.to_owned()), "{body}");
    }
    assert_eq!(app.get(&OPERATOR, CLOCK).await.success(), moved);
    let far = app.post_json(&OPERATOR, CLOCK, &json!({"advance_seconds": YEAR_S})).await.success();
    assert_eq!(far["now"], "2025-01-15T04:00:00.000+00:00");
}

#[tokio::test]
async fn knobs_stay_until_they_are_turned() {
    // Shows that knobs that are not given stay as they are, and that unknown ones, rates beyond 1 and carriers that are
    // none or not simulated are refused.
    let app = TestApp::embedded().await;
    let turned = put(&app, "mobile", &json!({"latency_ms": 7, "drop_rate": 0.5})).await.success();
    assert_eq!((&turned["latency_ms"], &turned["lose_request_rate"]), (&json!(7), &json!(0.5)));
    let turned = put(&app, "mobile", &json!({"down": true})).await.success();
    assert_eq!((&turned["latency_ms"], &turned["down"]), (&json!(7), &json!(true)));
    for knobs in [
        json!({"no_such_knob": 1}),
        json!({"fail_rate": 1.1}),
        json!({"fail_rate": -0.1}),
        json!({"down": 1}),
        json!([]),
    ] {
        assert_eq!(put(&app, "mobile", &knobs).await.refusal(), (400, "GSL.00010004".to_owned()), "{knobs}");
    }
    for carrier in ["none", "attached"] {
        let refused = put(&app, carrier, &json!({})).await;
        assert_eq!(refused.refusal(), (404, "SIMLINK.0003".to_owned()), "{carrier}");
    }
    assert!(app.simulator("mobile").network().knobs().down, "what was refused changed nothing");
    let listed = app.get(&OPERATOR, "/ops/v1/sandbox/carriers").await.success()["carriers"].clone();
    let expected = json!({"name": "mobile", "latency_ms": 7, "fail_rate": 0.0, "drop_rate": 0.5, "duplicate_rate": 0.0, "down": true});
    assert!(listed.as_array().expect("a list").contains(&expected), "{listed}");
    assert!(!listed.to_string().contains("attached"), "one that is not simulated has no knobs: {listed}");
}

#[tokio::test]
async fn without_a_sandbox_its_paths_are_unknown() {
    // Shows that a server without a sandbox answers its paths as it does unknown ones, to an operator too.
    let app = TestApp::without_sandbox().await;
    for ask in [
        Ask::get(CLOCK),
        Ask::post(CLOCK, &json!({"advance_seconds": 5})),
        Ask::post("/ops/v1/sandbox/settle", &json!({})),
        Ask::get("/ops/v1/sandbox/carriers"),
        Ask::new(Method::PUT, "/ops/v1/sandbox/carriers/mobile").with_json(&json!({"down": true})),
    ] {
        let answer = app.send(ask.token_of(&OPERATOR)).await;
        assert_eq!(answer.refusal(), (404, "APIGW.0101".to_owned()));
    }
}
