//! Sessions of people in the console, beside the tokens of their programs.

use axum::http::Method;
use serde_json::json;
use simlink::http::flow_control::Allowances;
use simlink::limits;

use super::sign_in;
use crate::support::{ACME_ADMIN, ACME_VIEWER, Answer, Ask, FROZEN_ADMIN, PASSWORD, Person, TestApp};
use crate::work_orders::{order, physical};

/// The header that a session counts beside.
const CONSOLE: (&str, &str) = ("x-simlink-console", "1");

/// Signs a person in; answers what came.
async fn open(app: &TestApp, person: &'static Person, password: &str) -> Answer {
    let body = json!({"domain": person.tenant, "user": person.name, "password": password});
    app.send(Ask::post("/v1/session", &body).with_header(CONSOLE.0, CONSOLE.1).showing(person.tenant)).await
}

/// The cookie's `name=value`.
fn cookie(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.header("set-cookie").split(';').next().expect("a first part").to_owned()
}

/// A request in a session, as the console makes it.
fn in_session(ask: Ask, cookie: &str) -> Ask {
    ask.with_header("cookie", cookie).with_header(CONSOLE.0, CONSOLE.1).showing("acme")
}

#[tokio::test]
async fn a_session_and_a_token_do_not_end_each_other() {
    // Shows the cookie's attributes, that session and token are good side by side whichever comes first, on another
    // node too, that neither is taken for the other, and that signing out ends the session alone.
    for app in TestApp::on_every_engine().await {
        let opened = open(&app, &ACME_ADMIN, PASSWORD).await;
        let (cookie, set) = (cookie(&opened), opened.header("set-cookie"));
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            assert!(set.split("; ").any(|found| found == part), "{set}");
        }
        let view = opened.json();
        assert_eq!((&view["user_name"], &view["role"]), (&json!(ACME_ADMIN.name), &json!("admin")));
        assert_eq!(app.get(&ACME_ADMIN, "/v1/tags").await.status, 200, "the token from before");
        let token = sign_in::sign_in(&app, &ACME_ADMIN, PASSWORD).await.header("x-subject-token").to_owned();
        let tags = || in_session(Ask::get("/v1/tags"), &cookie);
        let by_token = || Ask::get("/v1/tags").with_header("x-auth-token", &token).showing("acme");
        let other = app.join().await;
        for node in [&app, &other] {
            assert_eq!(node.send(tags()).await.status, 200);
            assert_eq!(node.send(by_token()).await.status, 200);
        }
        let text = cookie.split_once('=').expect("a value").1;
        let as_token = Ask::get("/v1/tags").with_header("x-auth-token", text);
        assert_eq!(app.send(as_token).await.refusal().1, "GSL.00010001");
        let as_cookie = in_session(Ask::get("/v1/tags"), &format!("simlink_session={token}"));
        assert_eq!(app.send(as_cookie).await.refusal().1, "GSL.00010001");
        let shown = app.send(in_session(Ask::get("/v1/session"), &cookie)).await.success();
        assert_eq!(shown["expire_time"], view["expire_time"]);

        let closed = app.send(in_session(Ask::new(Method::DELETE, "/v1/session"), &cookie)).await;
        assert_eq!(closed.status, 204);
        assert!(closed.header("set-cookie").contains("Max-Age=0"), "{}", closed.header("set-cookie"));
        assert_eq!(app.send(tags()).await.refusal().1, "GSL.00010001");
        assert_eq!(app.send(by_token()).await.status, 200);
    }
}

#[tokio::test]
async fn another_site_can_do_nothing() {
    // Shows that a cookie without the console's header is no credential for reading, writing or signing out, and that
    // nobody is signed in without it.
    let app = TestApp::embedded().await;
    let cookie = cookie(&open(&app, &ACME_ADMIN, PASSWORD).await);
    for ask in [
        Ask::get("/v1/tags"),
        Ask::post("/v1/tags", &json!({"tag_name": "forged"})),
        Ask::new(Method::DELETE, "/v1/session"),
    ] {
        let answer = app.send(ask.with_header("cookie", &cookie)).await;
        assert_eq!(answer.refusal(), (401, "APIGW.0301".to_owned()));
    }
    let body = json!({"domain": "acme", "user": ACME_ADMIN.name, "password": PASSWORD});
    let answer = app.send(Ask::post("/v1/session", &body)).await;
    assert_eq!((answer.refusal().0, answer.header("set-cookie")), (401, ""));
    assert_eq!(app.send(in_session(Ask::get("/v1/tags"), &cookie)).await.status, 200);
}

#[tokio::test]
async fn sessions_are_refused_and_end() {
    // Shows a wrong password, a frozen account and a missing name; the end of a session after its life to the
    // millisecond; and that the ninth session of a user ends the first.
    let app = TestApp::embedded().await;
    for (person, password) in [(&ACME_ADMIN, "wrong"), (&FROZEN_ADMIN, PASSWORD)] {
        let answer = open(&app, person, password).await;
        assert_eq!((answer.refusal().0, answer.header("set-cookie")), (401, ""));
    }
    let nameless = Ask::post("/v1/session", &json!({"domain": "acme", "password": PASSWORD}));
    assert_eq!(app.send(nameless.with_header(CONSOLE.0, CONSOLE.1)).await.refusal().0, 400);

    let mut cookies = Vec::new();
    for _ in 0..=limits::SESSIONS_PER_USER_MAX {
        app.app.clock.advance(1);
        cookies.push(cookie(&open(&app, &ACME_VIEWER, PASSWORD).await));
    }
    let status =
        async |cookie: &str| app.send(in_session(Ask::get("/v1/tags"), cookie)).await.status.as_u16();
    assert_eq!((status(&cookies[0]).await, status(&cookies[1]).await), (403, 200));
    app.app.clock.advance(limits::SESSION_LIFE_MS - 1);
    let last = cookies.last().expect("a session");
    assert_eq!(status(last).await, 200);
    app.app.clock.advance(1);
    assert_eq!(status(last).await, 403);
}

#[tokio::test]
async fn orders_of_people_are_known() {
    // Shows that an order placed in a session has the console as its source, one by token the API, and that a viewer
    // may place none in a session either.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 2, 20).await;
        let path = format!("/v1/sim-cards/{card}/stop");
        let mut sources = Vec::new();
        let viewer = cookie(&open(&app, &ACME_VIEWER, PASSWORD).await);
        let refused = app.send(in_session(Ask::post(&path, &json!({})), &viewer)).await;
        assert_eq!(refused.refusal(), (403, "APIGW.0302".to_owned()));
        let admin = cookie(&open(&app, &ACME_ADMIN, PASSWORD).await);
        let reset = Ask::post(format!("/v1/sim-cards/{card}/reset"), &json!({})).token_of(&ACME_ADMIN);
        for ask in [in_session(Ask::post(&path, &json!({})), &admin), reset] {
            let id = app.send(ask).await.success()["work_order_id"].as_i64().expect("an id");
            sources.push(order(&app, id).await["work_order_source"].clone());
            app.settle().await;
        }
        assert_eq!(sources, [json!(2), json!(8)]);
    }
}

#[tokio::test]
async fn looking_takes_nothing_from_programs() {
    // Shows that what a session asks for counts apart: more lists a second than a program may have, and the program's
    // one is still there; and that a session has its end, too.
    let app = TestApp::with_flow_control(Allowances::default()).await;
    let cookie = cookie(&open(&app, &ACME_ADMIN, PASSWORD).await);
    let list = || in_session(Ask::get("/v1/sim-cards"), &cookie);
    for _ in 0..limits::CONSOLE_REQUESTS_PER_SECOND {
        assert_eq!(app.send(list()).await.status, 200);
    }
    assert_eq!(app.send(list()).await.refusal(), (429, "APIGW.0308".to_owned()));
    assert_eq!(app.get(&ACME_ADMIN, "/v1/sim-cards").await.status, 200);
    assert_eq!(app.get(&ACME_ADMIN, "/v1/sim-cards").await.refusal().0, 429);
}
