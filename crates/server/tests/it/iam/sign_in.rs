//! `POST /v3/auth/tokens`: the forms of signing in, and that every failure reads and costs the same.

use serde_json::{Value, json};

use crate::support::{
    ACME_ADMIN, ACME_VIEWER, Answer, Ask, FROZEN_ADMIN, PASSWORD, Person, RIVAL_ADMIN, TestApp,
};

/// The body of a sign-in by password, with a scope unless it is null.
pub fn body(user: Value, scope: Value) -> Value {
    let mut body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    if !scope.is_null() {
        body["auth"]["scope"] = scope;
    }
    body
}

/// The user of a body by name and domain.
pub fn by_name(person: &Person, password: &str) -> Value {
    json!({"name": person.name, "password": password, "domain": {"name": person.tenant}})
}

/// Signs the person in; answers what came.
pub async fn sign_in(app: &TestApp, person: &'static Person, password: &str) -> Answer {
    let ask = Ask::post("/v3/auth/tokens", &body(by_name(person, password), Value::Null));
    app.send(ask.showing(person.tenant)).await
}

#[tokio::test]
async fn every_form_gives_a_token() {
    // Shows user by name with the domain's name or id and by user id, scope by project name or id, by domain and
    // none; each token is good for the API at once, in both engines.
    for app in TestApp::on_every_engine().await {
        let domain = json!({"name": "acme"});
        let users = [
            json!({"name": ACME_ADMIN.name, "password": PASSWORD, "domain": domain}),
            json!({"name": ACME_ADMIN.name, "password": PASSWORD, "domain": {"id": ACME_ADMIN.domain_id}}),
            json!({"id": ACME_ADMIN.user_id, "password": PASSWORD}),
        ];
        let scopes = [
            json!({"project": {"name": "cn-north-4"}}),
            json!({"project": {"id": "p1"}}),
            json!({"project": {"name": "cn-north-4", "domain": domain}}),
            json!({"domain": {"name": "acme"}}),
            json!({"domain": {"id": ACME_ADMIN.domain_id}}),
            Value::Null,
        ];
        for (number, scope) in scopes.iter().enumerate() {
            let user = users[number % users.len()].clone();
            let ask = Ask::post("/v3/auth/tokens", &body(user, scope.clone())).showing("acme");
            let answer = app.send(ask).await;
            assert_eq!(answer.status, 201, "{scope}: {}", answer.body);
            let described = answer.json()["token"].clone();
            assert_eq!(described["project"].is_object(), scope["project"].is_object(), "{scope}");
            assert_eq!(described["domain"].is_object(), scope["domain"].is_object(), "{scope}");
            assert_eq!(described["user"]["name"], ACME_ADMIN.name);
            assert_eq!(described["issued_at"], "2024-01-15T03:36:55.000000Z");
            assert_eq!(described["expires_at"], "2024-01-16T03:36:55.000000Z");
            let token = answer.header("x-subject-token").to_owned();
            let use_it = Ask::get("/v1/tags").with_header("x-auth-token", &token).showing("acme");
            assert_eq!(app.send(use_it).await.status, 200, "{scope}");
        }
    }
}

#[tokio::test]
async fn every_failure_reads_and_costs_the_same() {
    // Shows that an unknown user, an unknown domain, a wrong and an empty password, a frozen account and a user of
    // another domain are refused in the same words, each for exactly one hash; and that the right password is one, too.
    let app = TestApp::embedded().await;
    let user = |name: &str, domain: &str, password: &str| json!({"name": name, "password": password, "domain": {"name": domain}});
    let mut answers = Vec::new();
    for user in [
        user(ACME_ADMIN.name, "acme", "wrong"),
        user(ACME_ADMIN.name, "acme", ""),
        user("nobody", "acme", PASSWORD),
        user(ACME_ADMIN.name, "none", PASSWORD),
        user(ACME_ADMIN.name, "rival", PASSWORD),
        user(FROZEN_ADMIN.name, "frozen", PASSWORD),
        json!({"id": "nobody", "password": PASSWORD}),
        json!({"id": FROZEN_ADMIN.user_id, "password": PASSWORD}),
        json!({"name": ACME_ADMIN.name, "password": PASSWORD, "domain": {}}),
    ] {
        let before = app.app.passwords.hashes();
        let answer = app.send(Ask::post("/v3/auth/tokens", &body(user.clone(), Value::Null))).await;
        assert_eq!(app.app.passwords.hashes(), before + 1, "{user}");
        assert_eq!(answer.status, 401, "{user}");
        answers.push(answer.masked());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let before = app.app.passwords.hashes();
    assert_eq!(sign_in(&app, &ACME_ADMIN, PASSWORD).await.status, 201);
    assert_eq!(app.app.passwords.hashes(), before + 1);
}

#[tokio::test]
async fn scopes_of_others_are_refused() {
    // Shows that the right password with a project or domain of another account, or one that never existed, is 401,
    // both alike, and that no token is issued: the one from before stays good.
    let app = TestApp::embedded().await;
    for [foreign, missing] in [
        [json!({"project": {"id": RIVAL_ADMIN.project_id}}), json!({"project": {"id": "none"}})],
        [json!({"domain": {"name": "rival"}}), json!({"domain": {"name": "none"}})],
        [json!({"domain": {"id": RIVAL_ADMIN.domain_id}}), json!({"domain": {"id": "none"}})],
    ] {
        let ask = |scope: Value| Ask::post("/v3/auth/tokens", &body(by_name(&ACME_ADMIN, PASSWORD), scope));
        let (foreign, missing) = (app.send(ask(foreign)).await, app.send(ask(missing)).await);
        assert_eq!(foreign.status, 401);
        assert_eq!(foreign.masked(), missing.masked());
    }
    assert_eq!(app.get(&ACME_ADMIN, "/v1/tags").await.status, 200);
}

#[tokio::test]
async fn incomplete_bodies_name_what_is_missing() {
    // Shows 400 with the member's name for each member that a sign-in needs, without the work of a hash.
    let app = TestApp::embedded().await;
    let before = app.app.passwords.hashes();
    for (body, member) in [
        (json!({}), "auth"),
        (json!({"auth": {}}), "auth.identity"),
        (json!({"auth": {"identity": {}}}), "auth.identity.methods"),
        (json!({"auth": {"identity": {"methods": ["password"]}}}), "auth.identity.password"),
        (
            json!({"auth": {"identity": {"methods": ["password"], "password": {}}}}),
            "auth.identity.password.user",
        ),
        (body(json!({"name": "a", "domain": {}}), Value::Null), "auth.identity.password.user.password"),
        (body(json!({"password": "a", "domain": {}}), Value::Null), "auth.identity.password.user.name"),
        (body(json!({"password": "a", "name": "a"}), Value::Null), "auth.identity.password.user.domain"),
        (json!({"auth": {"identity": {"methods": ["token"]}}}), "auth.identity.token"),
    ] {
        let answer = app.send(Ask::post("/v3/auth/tokens", &body)).await;
        assert_eq!(answer.refusal(), (400, "400".to_owned()), "{body}");
        assert_eq!(answer.error_message(), format!("{member}: must not be null"));
    }
    let odd = json!({"auth": {"identity": {"methods": ["totp"]}}});
    assert_eq!(app.send(Ask::post("/v3/auth/tokens", &odd)).await.status, 401);
    assert_eq!(app.app.passwords.hashes(), before);
}

#[tokio::test]
async fn a_token_takes_another_scope() {
    // Shows that a good token signs in for another scope and lives no longer by it, and that a viewer stays a viewer.
    let app = TestApp::embedded().await;
    app.app.clock.advance(60 * 60 * 1000);
    let identity = json!({"methods": ["token"], "token": {"id": ACME_VIEWER.token}});
    let ask = Ask::post(
        "/v3/auth/tokens",
        &json!({"auth": {"identity": identity, "scope": {"domain": {"name": "acme"}}}}),
    );
    let answer = app.send(ask.showing("acme")).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let described = answer.json()["token"].clone();
    assert_eq!(described["expires_at"], "2024-01-16T03:36:55.000000Z");
    assert_eq!(described["roles"][0]["name"], "viewer");
    let bad = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": "none"}}}});
    assert_eq!(app.send(Ask::post("/v3/auth/tokens", &bad)).await.status, 401);
}
