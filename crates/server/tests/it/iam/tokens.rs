//! The life of a token: a day, or until the next one, or until it is revoked.

use axum::http::Method;

use super::sign_in::sign_in;
use crate::support::people::DAY_MS;
use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, PASSWORD, RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn a_token_lives_for_a_day() {
    // Shows that a token is good 23:59:59 after its issue and refused at 24:00:00 and 24:00:01, for business paths with
    // the contract's code, for IAM paths with Keystone's.
    for app in TestApp::on_every_engine().await {
        let status = async |target: &str| app.get(&ACME_ADMIN, target).await.refusal_or_success();
        app.app.clock.advance(DAY_MS - 1_000);
        assert_eq!(status("/v1/tags").await, (200, String::new()));
        for later_ms in [1_000, 1_000] {
            app.app.clock.advance(later_ms);
            assert_eq!(status("/v1/tags").await, (403, "GSL.00010001".to_owned()));
            assert_eq!(status("/v3/projects").await, (401, "401".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_new_token_ends_the_earlier_one() {
    // Shows that signing in again ends the user's earlier token at once, on another node soon, and nobody else's.
    for app in TestApp::on_every_engine().await {
        let first = sign_in(&app, &ACME_ADMIN, PASSWORD).await.header("x-subject-token").to_owned();
        let ask = |token: &str| Ask::get("/v1/tags").with_header("x-auth-token", token).showing("acme");
        assert_eq!(app.get(&ACME_ADMIN, "/v1/tags").await.refusal().1, "GSL.00010001");
        assert_eq!(app.send(ask(&first)).await.status, 200);
        let other = app.join().await;
        let second = sign_in(&app, &ACME_ADMIN, PASSWORD).await.header("x-subject-token").to_owned();
        assert_ne!(first, second);
        other.app.follower.catch_up().await;
        for node in [&app, &other] {
            assert_eq!(node.send(ask(&first)).await.refusal().1, "GSL.00010001");
            assert_eq!(node.send(ask(&second)).await.status, 200);
            assert_eq!(node.get(&ACME_VIEWER, "/v1/tags").await.status, 200);
        }
    }
}

#[tokio::test]
async fn of_sign_ins_at_once_one_token_stays() {
    // Shows that of four sign-ins under way together, on two nodes, exactly one token is good on both in the end.
    for app in TestApp::on_every_engine().await {
        let other = app.join().await;
        let sign = |node| sign_in(node, &ACME_ADMIN, PASSWORD);
        let (one, two, three, four) = tokio::join!(sign(&app), sign(&other), sign(&app), sign(&other));
        for node in [&app, &other] {
            node.app.follower.catch_up().await;
            let mut good = 0;
            for answer in [&one, &two, &three, &four] {
                assert_eq!(answer.status, 201, "{}", answer.body);
                let token = answer.header("x-subject-token");
                let ask = Ask::get("/v1/tags").with_header("x-auth-token", token).showing("acme");
                good += usize::from(node.send(ask).await.status == 200);
            }
            assert_eq!(good, 1, "{:?}", app.engine);
        }
    }
}

#[tokio::test]
async fn tokens_are_described_and_revoked() {
    // Shows GET, HEAD and DELETE of one's own token and, for an admin, of a colleague's; a revoked token is refused and
    // not found; a viewer reaches its own only.
    for app in TestApp::on_every_engine().await {
        let about = |method: Method, subject: &str| {
            Ask::new(method, "/v3/auth/tokens").with_header("x-subject-token", subject)
        };
        for subject in [ACME_ADMIN.token, ACME_VIEWER.token] {
            let shown = app.send(about(Method::GET, subject).token_of(&ACME_ADMIN)).await;
            assert_eq!((shown.status.as_u16(), shown.header("x-subject-token")), (200, subject));
            let checked = app.send(about(Method::HEAD, subject).token_of(&ACME_ADMIN)).await;
            assert_eq!((checked.status.as_u16(), checked.body.as_str()), (200, ""));
        }
        let shown = app.send(about(Method::GET, ACME_VIEWER.token).token_of(&ACME_ADMIN)).await.success();
        assert_eq!(shown["token"]["user"]["name"], ACME_VIEWER.name);
        for method in [Method::GET, Method::DELETE] {
            let beyond = app.send(about(method, ACME_ADMIN.token).token_of(&ACME_VIEWER)).await;
            assert_eq!(beyond.status, 404);
        }
        let missing = app.send(Ask::get("/v3/auth/tokens").token_of(&ACME_ADMIN)).await;
        assert_eq!(missing.refusal(), (400, "400".to_owned()));
        let revoked = app.send(about(Method::DELETE, ACME_VIEWER.token).token_of(&ACME_ADMIN)).await;
        assert_eq!((revoked.status.as_u16(), revoked.body.as_str()), (204, ""));
        assert_eq!(app.get(&ACME_VIEWER, "/v1/tags").await.refusal().1, "GSL.00010001");
        let again = app.send(about(Method::DELETE, ACME_VIEWER.token).token_of(&ACME_ADMIN)).await;
        assert_eq!(again.status, 404);
        assert_eq!(app.get(&RIVAL_ADMIN, "/v1/tags").await.status, 200);
    }
}

#[tokio::test]
async fn frozen_accounts_are_refused_and_thawed() {
    // Shows that a freeze refuses token and key at once, and that a thaw lets both pass again.
    for app in TestApp::on_every_engine().await {
        let account = app.account("acme");
        for (frozen, expected) in [(true, 403), (false, 200)] {
            let work = move |tx: &mut simlink_db::Tx<'_>| {
                Ok(simlink::iam::store::freeze_account(tx, account, frozen, 0, "test")?)
            };
            assert!(app.app.write(work).await.expect("writes"));
            assert_eq!(app.get(&ACME_ADMIN, "/v1/tags").await.status, expected);
            let signed = Ask::get("/v1/tags").signed_by(&ACME_ADMIN, app.app.clock.now_ms());
            let answer = app.send(signed).await;
            assert_eq!(answer.status, expected, "{}", answer.body);
        }
    }
}
