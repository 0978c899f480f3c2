//! Lock-outs: six wrong guesses in a row from one address, a hundred over all, five minutes each.

use simlink::limits::LOCK_OUT_MS;
use simlink_signing::Algorithm;

use super::sign_in::sign_in;
use super::sign_in::{body, by_name};
use crate::support::{ACME_ADMIN, ACME_VIEWER, Answer, Ask, NOW_MS, PASSWORD, TestApp};

const STRANGER: &str = "127.0.0.2:4000";
const OWNER: &str = "127.0.0.1:4000";
const LOCKED: &str = "AK access failed to reach the limit,forbidden";

/// A signed request from an address, with this secret.
async fn signed(app: &TestApp, sk: &str, from: &str) -> Answer {
    let ask =
        Ask::get("/v1/tags").signed_with(Algorithm::HmacSha256, ACME_ADMIN.ak, sk, app.app.clock.now_ms());
    app.send(ask.from(from).showing("acme")).await
}

#[tokio::test]
async fn wrong_signatures_lock_the_key_for_their_address() {
    // Shows that five wrong signatures are just refused, that after the sixth the right one is refused, too, from that
    // address, for five minutes to the second, while the owner's address and other keys are not touched.
    let app = TestApp::embedded().await;
    for _ in 0..5 {
        assert!(signed(&app, "wrong", STRANGER).await.error_message().contains("canonicalRequest"));
    }
    assert_eq!(signed(&app, ACME_ADMIN.sk, STRANGER).await.status, 200);
    for _ in 0..6 {
        assert!(signed(&app, "wrong", STRANGER).await.error_message().contains("canonicalRequest"));
    }
    let locked = signed(&app, ACME_ADMIN.sk, STRANGER).await;
    assert_eq!(locked.refusal(), (401, "APIGW.0301".to_owned()));
    assert!(locked.error_message().ends_with(LOCKED), "{}", locked.body);
    assert_eq!(signed(&app, ACME_ADMIN.sk, OWNER).await.status, 200);
    let other_key = Ask::get("/v1/tags").signed_by(&ACME_VIEWER, NOW_MS).from(STRANGER);
    assert_eq!(app.send(other_key).await.status, 200);
    assert_eq!(app.send(Ask::get("/v1/tags").token_of(&ACME_ADMIN).from(STRANGER)).await.status, 200);
    app.app.clock.advance(LOCK_OUT_MS - 1);
    assert_eq!(signed(&app, ACME_ADMIN.sk, STRANGER).await.status, 401);
    app.app.clock.advance(1);
    assert_eq!(signed(&app, ACME_ADMIN.sk, STRANGER).await.status, 200);
}

#[tokio::test]
async fn a_hundred_over_all_addresses_lock_everybody() {
    // Shows that the hundredth wrong signature in a row over all addresses locks the key for everybody, and that a
    // stale date is no guess and counts for nothing.
    let app = TestApp::embedded().await;
    let from = |number: usize| format!("10.0.{}.{}:1", number / 250, number % 250);
    for number in 0..99 {
        assert_eq!(signed(&app, "wrong", &from(number)).await.status, 401);
    }
    for _ in 0..200 {
        let stale = Ask::get("/v1/tags").signed_by(&ACME_ADMIN, NOW_MS - 1_000_000).from(STRANGER);
        assert_eq!(app.send(stale).await.status, 401);
    }
    assert_eq!(signed(&app, "wrong", &from(99)).await.status, 401);
    assert!(signed(&app, ACME_ADMIN.sk, OWNER).await.error_message().ends_with(LOCKED));
    app.app.clock.advance(LOCK_OUT_MS);
    assert_eq!(signed(&app, ACME_ADMIN.sk, OWNER).await.status, 200);
}

#[tokio::test]
async fn wrong_passwords_lock_the_user_for_their_address() {
    // Shows the same for passwords: after the sixth wrong one the right one reads as wrong from that address, costs
    // the same hash, and passes from the owner's address and again after five minutes.
    let app = TestApp::embedded().await;
    let from = async |address: &str, password: &str| {
        let ask =
            Ask::post("/v3/auth/tokens", &body(by_name(&ACME_ADMIN, password), serde_json::Value::Null));
        app.send(ask.from(address).showing("acme")).await
    };
    let mut wrong = String::new();
    for _ in 0..6 {
        let answer = from(STRANGER, "wrong").await;
        assert_eq!(answer.status, 401);
        wrong = answer.masked();
    }
    let before = app.app.passwords.hashes();
    assert_eq!(from(STRANGER, PASSWORD).await.masked(), wrong);
    assert_eq!(app.app.passwords.hashes(), before + 1);
    assert_eq!(from(OWNER, PASSWORD).await.status, 201);
    assert_eq!(sign_in(&app, &ACME_VIEWER, PASSWORD).await.status, 201);
    app.app.clock.advance(LOCK_OUT_MS - 1);
    assert_eq!(from(STRANGER, PASSWORD).await.status, 401);
    app.app.clock.advance(1);
    assert_eq!(from(STRANGER, PASSWORD).await.status, 201);
}
