//! Requests signed by an access key: what the official SDK signed, the clock, the project, and what is refused.

use axum::http::Method;
use serde_json::Value;
use simlink_signing::Algorithm;

use crate::support::{ACME_ADMIN, Ask, NOW_MS, RIVAL_ADMIN, TestApp};

const VECTORS: &str = include_str!("../../../../../contract/sign_vectors.json");
const MINUTES_15_MS: i64 = 15 * 60 * 1000;

/// A request of the vectors, as the SDK sent it.
fn sent(vector: &Value, algorithm: &str) -> Ask {
    let method =
        Method::from_bytes(vector["method"].as_str().expect("a method").as_bytes()).expect("a method");
    let target = vector[algorithm]["request_target"].as_str().expect("a target");
    let mut ask = Ask::new(method, target).without_header("host").showing("acme");
    for (name, value) in vector[algorithm]["headers"].as_object().expect("headers") {
        ask = ask.with_header(&name.to_lowercase(), value.as_str().expect("a value"));
    }
    ask.with_body(vector["body"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn what_the_sdk_signed_passes() {
    // Shows that every request of the vectors that meets an operation of ours passes the signature, in both algorithms
    // and both orders of values (those of temporary keys are refused), and that one changed octet of the query refuses it with the canonical request.
    let app = TestApp::embedded().await;
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("a list");
    let mut passed = Vec::new();
    for vector in &vectors {
        for algorithm in ["SDK-HMAC-SHA256", "SDK-HMAC-SM3"] {
            let ask = sent(vector, algorithm);
            let answer = app.send(ask.clone()).await;
            let name = vector["name"].as_str().expect("a name");
            if ask.headers.iter().any(|(name, _)| name == "x-security-token") {
                // Of a temporary key, of which there are none here.
                assert_eq!(answer.refusal(), (401, "APIGW.0301".to_owned()), "{name}");
                continue;
            }
            assert!(!matches!(answer.status.as_u16(), 401 | 403), "{name}: {}", answer.body);
            if answer.status == 404 {
                continue;
            }
            passed.push(name);
            let mut changed = ask;
            changed.target += if changed.target.contains('?') { "&x=1" } else { "?x=1" };
            let answer = app.send(changed).await;
            assert_eq!(answer.refusal(), (401, "APIGW.0301".to_owned()), "{name}");
            let message = answer.error_message();
            assert!(message.contains("canonicalRequest:") && message.contains("x=1"), "{message}");
        }
    }
    assert!(passed.iter().any(|name| name.starts_with("get_query_list_int")), "{passed:?}");
    assert!(passed.len() >= 4, "{passed:?}");
}

#[tokio::test]
async fn signatures_are_good_for_15_minutes_either_way() {
    // Shows both edges of the skew on the server's clock, past and future, for both algorithms, and the server's time
    // in the refusal.
    let app = TestApp::embedded().await;
    for algorithm in [Algorithm::HmacSha256, Algorithm::HmacSm3] {
        for (off_ms, status) in [
            (0, 200),
            (-MINUTES_15_MS + 1_000, 200),
            (MINUTES_15_MS - 1_000, 200),
            (-MINUTES_15_MS, 200),
            (MINUTES_15_MS, 200),
            (-MINUTES_15_MS - 1_000, 401),
            (MINUTES_15_MS + 1_000, 401),
            (-1_000 * MINUTES_15_MS, 401),
        ] {
            let ask =
                Ask::get("/v1/tags").signed_with(algorithm, ACME_ADMIN.ak, ACME_ADMIN.sk, NOW_MS + off_ms);
            let answer = app.send(ask.showing("acme")).await;
            assert_eq!(answer.status, status, "{algorithm:?} {off_ms}: {}", answer.body);
            if status == 401 {
                let message = answer.error_message();
                assert!(message.contains("server time:20240115T033655Z"), "{message}");
            }
        }
    }
    let replayed = Ask::get("/v1/tags").signed_by(&ACME_ADMIN, NOW_MS);
    app.app.clock.advance(MINUTES_15_MS);
    assert_eq!(app.send(replayed.clone()).await.status, 200);
    app.app.clock.advance(1_000);
    assert_eq!(app.send(replayed).await.status, 401);
}

#[tokio::test]
async fn the_project_must_be_the_accounts() {
    // Shows that X-Project-Id of another tenant is refused as one that never existed, that one's own and none pass.
    let app = TestApp::embedded().await;
    let ask = |project: Option<&str>| {
        let ask = Ask::get("/v1/tags");
        let ask = match project {
            Some(project) => ask.with_header("x-project-id", project),
            None => ask,
        };
        ask.signed_by(&ACME_ADMIN, NOW_MS)
    };
    assert_eq!(app.send(ask(Some(ACME_ADMIN.project_id))).await.status, 200);
    assert_eq!(app.send(ask(None)).await.status, 200);
    let foreign = app.send(ask(Some(RIVAL_ADMIN.project_id))).await;
    assert_eq!(foreign.refusal(), (403, "APIGW.0310".to_owned()));
    assert_eq!(foreign.masked(), app.send(ask(Some("none"))).await.masked());
}

#[tokio::test]
async fn tampered_requests_are_refused() {
    // Shows that a valid request with another method, path, query, signed header, body, algorithm or key is 401 and
    // never reaches its operation; and that what the protocol does not sign may change.
    let app = TestApp::embedded().await;
    let good = || Ask::get("/v1/sim-cards?limit=10&sim_status=20").signed_by(&ACME_ADMIN, NOW_MS);
    assert_eq!(app.send(good()).await.status, 200);
    let changed = |change: &dyn Fn(&mut Ask)| {
        let mut ask = good();
        change(&mut ask);
        ask
    };
    let header = |ask: &mut Ask, name: &str, change: &dyn Fn(&str) -> String| {
        let found = ask.headers.iter_mut().find(|(known, _)| known == name).expect("a header");
        found.1 = change(&found.1);
    };
    for (what, ask) in [
        ("method", changed(&|ask| ask.method = Method::HEAD)),
        ("path", changed(&|ask| ask.target = ask.target.replace("sim-cards", "sim-price-plans"))),
        ("value", changed(&|ask| ask.target = ask.target.replace("=20", "=14"))),
        ("pair more", changed(&|ask| ask.target += "&x=")),
        ("pair less", changed(&|ask| ask.target = "/v1/sim-cards?limit=10".to_owned())),
        ("host", changed(&|ask| header(ask, "host", &|_| "other.test".to_owned()))),
        ("date", changed(&|ask| header(ask, "x-sdk-date", &|_| "20240115T033654Z".to_owned()))),
        ("body", changed(&|ask| ask.body = b"{}".to_vec())),
        (
            "hex",
            changed(&|ask| header(ask, "authorization", &|text| text.replace("Signature=", "Signature=0"))),
        ),
        ("algorithm", changed(&|ask| header(ask, "authorization", &|text| text.replace("SHA256", "SM3")))),
        (
            "key",
            changed(&|ask| header(ask, "authorization", &|text| text.replace(ACME_ADMIN.ak, RIVAL_ADMIN.ak))),
        ),
        (
            "unsigned date",
            changed(&|ask| header(ask, "authorization", &|text| text.replace(";x-sdk-date", ""))),
        ),
        ("second date", good().with_header("x-sdk-date", "20240115T033655Z")),
        ("security token", good().with_header("x-security-token", "x")),
    ] {
        let answer = app.send(ask.clone()).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        app.app.lock_outs.succeeded(ACME_ADMIN.ak, simlink::iam::PeerAddress(([127, 0, 0, 1], 0).into()));
    }
    let same = changed(&|ask| ask.target = "/v1/sim-cards?sim_status=%32%30&limit=10".to_owned());
    assert_eq!(app.send(same).await.status, 200);
    assert_eq!(app.send(good().with_header("x-unsigned", "x")).await.status, 200);
    // A token beside a signature counts for nothing: the signature is looked at.
    assert_eq!(app.send(good().with_header("x-auth-token", RIVAL_ADMIN.token)).await.status, 200);
}
