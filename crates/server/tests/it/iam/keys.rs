//! `/v3.0/OS-CREDENTIAL/credentials`, `/v3/projects`, `/v3/auth/domains`: what SDK clients do with and around keys.

use axum::http::Method;
use serde_json::{Value, json};
use simlink_signing::Algorithm;

use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, NOW_MS, RIVAL_ADMIN, TestApp};

const KEYS: &str = "/v3.0/OS-CREDENTIAL/credentials";

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_key_lives_from_creation_to_deletion() {
    // Shows create (secret once), list, show, signing with it, switching off and on, describing, deleting; after each
    // step the key signs or does not, at once and on another node.
    for app in TestApp::on_every_engine().await {
        let other = app.join().await;
        let made =
            app.post_json(&ACME_ADMIN, KEYS, &json!({"credential": {"description": "for a test"}})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let made = made.json()["credential"].clone();
        let (ak, sk) = (text(&made["access"]), text(&made["secret"]));
        assert_eq!((ak.len(), sk.len(), &made["user_id"]), (20, 40, &json!(ACME_ADMIN.user_id)));
        let signs = async || {
            other.app.follower.catch_up().await;
            let mut statuses = Vec::new();
            for node in [&app, &other] {
                let ask = Ask::get("/v1/tags").signed_with(Algorithm::HmacSha256, &ak, &sk, NOW_MS);
                statuses.push(node.send(ask.showing("acme")).await.status.as_u16());
            }
            assert_eq!(statuses[0], statuses[1], "both nodes agree");
            statuses[0]
        };
        assert_eq!(signs().await, 200);
        let list = app.get(&ACME_ADMIN, KEYS).await;
        assert!(!list.body.contains(&sk), "the secret is shown once");
        assert_eq!(list.success()["credentials"].as_array().map(Vec::len), Some(2));
        let one = format!("{KEYS}/{ak}");
        let put = |body: Value| {
            Ask::new(Method::PUT, &one).with_json(&json!({"credential": body})).token_of(&ACME_ADMIN)
        };
        let off = app.send(put(json!({"status": "inactive"}))).await.success();
        assert_eq!(off["credential"]["status"], "inactive");
        assert_eq!(signs().await, 401);
        let on = app.send(put(json!({"status": "active", "description": "again"}))).await.success();
        assert_eq!(on["credential"]["description"], "again");
        assert_eq!(signs().await, 200);
        assert_eq!(app.get(&ACME_ADMIN, &one).await.success()["credential"]["last_use_time"], Value::Null);
        for bad in [json!({"status": "gone"}), json!({"status": ""}), json!({"description": "x".repeat(256)})]
        {
            assert_eq!(app.send(put(bad.clone())).await.status, 400, "{bad}");
        }
        let deleted = app.send(Ask::new(Method::DELETE, &one).token_of(&ACME_ADMIN)).await;
        assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
        assert_eq!(signs().await, 401);
        assert_eq!(app.get(&ACME_ADMIN, &one).await.status, 404);
        assert_eq!(app.send(Ask::new(Method::DELETE, &one).token_of(&ACME_ADMIN)).await.status, 404);
    }
}

#[tokio::test]
async fn a_user_has_two_keys_at_most() {
    // Shows that the third key is refused in the cloud's words, also when both are asked for at once, and that a
    // deleted one makes room.
    for app in TestApp::on_every_engine().await {
        let create = async || app.post_json(&ACME_ADMIN, KEYS, &json!({"credential": {}})).await;
        let (one, two) = tokio::join!(create(), create());
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400], "{} {}", one.body, two.body);
        assert_eq!(create().await.error_message(), "akSkNumExceed");
        let made = if one.status == 201 { one } else { two }.json();
        let path = format!("{KEYS}/{}", text(&made["credential"]["access"]));
        assert_eq!(app.send(Ask::new(Method::DELETE, path).token_of(&ACME_ADMIN)).await.status, 204);
        assert_eq!(create().await.status, 201);
    }
}

#[tokio::test]
async fn keys_are_managed_by_their_owner_and_by_admins() {
    // Shows that an admin makes and sees a colleague's keys, that a viewer sees and switches its own only and makes
    // none, and that nobody reaches another tenant's.
    let app = TestApp::embedded().await;
    let of = |user_id: &str| json!({"credential": {"user_id": user_id}});
    assert_eq!(app.post_json(&ACME_ADMIN, KEYS, &of(ACME_VIEWER.user_id)).await.status, 201);
    assert_eq!(app.post_json(&ACME_VIEWER, KEYS, &of(ACME_VIEWER.user_id)).await.status, 403);
    assert_eq!(app.post_json(&ACME_ADMIN, KEYS, &of(RIVAL_ADMIN.user_id)).await.status, 404);
    let colleagues = format!("{KEYS}?user_id={}", ACME_VIEWER.user_id);
    assert_eq!(
        app.get(&ACME_ADMIN, &colleagues).await.success()["credentials"].as_array().map(Vec::len),
        Some(2)
    );
    let admins = format!("{KEYS}?user_id={}", ACME_ADMIN.user_id);
    assert_eq!(app.get(&ACME_VIEWER, &admins).await.status, 404);
    let off = json!({"credential": {"status": "inactive"}});
    for (ak, expected) in [(ACME_ADMIN.ak, 404), (RIVAL_ADMIN.ak, 404), (ACME_VIEWER.ak, 200)] {
        let put = Ask::new(Method::PUT, format!("{KEYS}/{ak}")).with_json(&off).token_of(&ACME_VIEWER);
        assert_eq!(app.send(put).await.status, expected, "{ak}");
    }
    let signed = Ask::get("/v1/tags").signed_by(&ACME_VIEWER, NOW_MS);
    assert_eq!(app.send(signed).await.status, 401);
}

#[tokio::test]
async fn clients_find_their_project_and_domain() {
    // Shows what the SDK asks on its way, signed: exactly one project by its name, and one's own domain.
    for app in TestApp::on_every_engine().await {
        let ask =
            async |target: &str| app.send(Ask::get(target).signed_by(&ACME_ADMIN, NOW_MS)).await.success();
        let projects = ask("/v3/projects?name=cn-north-4").await;
        assert_eq!(projects["projects"].as_array().map(Vec::len), Some(1));
        assert_eq!(projects["projects"][0]["id"], "p1");
        assert_eq!(ask("/v3/projects?name=none").await["projects"], json!([]));
        let domains = ask("/v3/auth/domains").await;
        assert_eq!(domains["domains"][0]["id"], ACME_ADMIN.domain_id);
        insta::assert_json_snapshot!("projects", projects);
        insta::assert_json_snapshot!("domains", domains);
    }
}
