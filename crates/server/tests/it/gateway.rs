//! What every request meets before and after its operation: languages, ids, flow control, bodies, pages.

use axum::http::Method;
use serde_json::json;
use simlink::http::flow_control::Allowances;
use simlink::limits;
use simlink_db::{DbError, Tx, params};

use crate::support::{ACME_ADMIN, ACME_VIEWER, Ask, RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn errors_speak_the_clients_language() {
    // Shows Chinese by default, English by either header, and that errors of the gateway are always English.
    let app = TestApp::embedded().await;
    let zh = "sim卡不存在或没有SIM卡的访问权限!";
    let en = "The SIM card does not exist or you do not have the permission to access the SIM card.";
    for (headers, expected) in [
        (vec![], zh),
        (vec![("x-language", "en-us")], en),
        (vec![("x-language", "zh-cn"), ("accept-language", "en")], zh),
        (vec![("accept-language", "en-GB,en;q=0.9,zh;q=0.1")], en),
        (vec![("accept-language", "zh-CN,en;q=0.5")], zh),
        (vec![("accept-language", "*;q=,,;;")], zh),
    ] {
        let mut ask = Ask::get("/v1/sim-cards/1").token_of(&ACME_ADMIN);
        for (name, value) in &headers {
            ask = ask.with_header(name, value);
        }
        assert_eq!(app.send(ask).await.error_message(), expected, "{headers:?}");
        let mut nobody = Ask::get("/v1/sim-cards/1");
        for (name, value) in &headers {
            nobody = nobody.with_header(name, value);
        }
        let answer = app.send(nobody).await;
        let message = "Incorrect IAM authentication information: x-auth-token not found";
        assert_eq!(answer.json()["error_msg"], message);
    }
}

#[tokio::test]
async fn bodies_of_errors_have_their_form() {
    // Shows the members of each form: business errors have two, the gateway's have the request id of the header, those
    // of IAM paths are Keystone's.
    let app = TestApp::embedded().await;
    let business = app.get(&ACME_ADMIN, "/v1/sim-cards/1").await.json();
    assert_eq!(business.as_object().map(|body| body.len()), Some(2));
    let gateway = app.send(Ask::get("/v1/sim-cards")).await;
    assert_eq!(
        gateway.json(),
        json!({
            "error_code": "APIGW.0301",
            "error_msg": "Incorrect IAM authentication information: x-auth-token not found",
            "request_id": gateway.header("x-request-id"),
        })
    );
    let iam = app.send(Ask::get("/v3/projects")).await;
    let message = "The request you have made requires authentication.";
    assert_eq!(iam.json(), json!({"error": {"code": 401, "message": message, "title": "Unauthorized"}}));
    let unknown = app.get(&ACME_ADMIN, "/v1/none").await;
    assert_eq!(unknown.refusal(), (404, "APIGW.0101".to_owned()));
    assert_eq!(unknown.json()["request_id"], unknown.header("x-request-id"));
    assert_eq!(app.send(Ask::get("/v3/none")).await.json()["error"]["title"], "Not Found");
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    // Shows that answers of every kind carry 32 hexadecimal digits, never the same twice.
    let app = TestApp::embedded().await;
    let mut seen = std::collections::HashSet::new();
    for target in ["/v1/sim-cards", "/v1/sim-cards/x", "/v1/none", "/v3/projects", "/v1/tags?%FF"] {
        for _ in 0..20 {
            let answer = app.get(&ACME_ADMIN, target).await;
            let id = answer.header("x-request-id").to_owned();
            assert!(id.len() == 32 && seen.insert(id), "{target}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

/// Status, `RateLimit-*` and `Retry-After` of an answer.
async fn rate(app: &TestApp, ask: Ask) -> (u16, String) {
    let answer = app.send(ask).await;
    let figures = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    (answer.status.as_u16(), figures.map(|name| answer.header(name).to_owned()).join("|"))
}

#[tokio::test]
async fn flow_control_is_exact() {
    // Shows that five requests of a user pass at once, the sixth is refused with its headers, another one passes each
    // 200 ms, and that users do not share their allowance while token and key of one user do.
    let app = TestApp::with_flow_control(Allowances::default()).await;
    let tags = || Ask::get("/v1/tags").token_of(&ACME_ADMIN);
    for remaining in (0..5).rev() {
        assert_eq!(rate(&app, tags()).await, (200, format!("5|{remaining}|1|")));
    }
    assert_eq!(rate(&app, tags()).await, (429, "5|0|1|1".to_owned()));
    let answer = app.send(tags()).await;
    assert_eq!(answer.refusal(), (429, "APIGW.0308".to_owned()));
    assert!(answer.error_message().ends_with("policy user over ratelimit,limit:5,time:1 second"));
    let signed = Ask::get("/v1/tags").signed_by(&ACME_ADMIN, app.app.clock.now_ms());
    assert_eq!(rate(&app, signed).await.0, 429);
    assert_eq!(rate(&app, Ask::get("/v1/tags").token_of(&ACME_VIEWER)).await.0, 200);
    assert_eq!(rate(&app, Ask::get("/v1/tags").token_of(&RIVAL_ADMIN)).await.0, 200);
    app.app.clock.advance(199);
    assert_eq!(rate(&app, tags()).await.0, 429);
    app.app.clock.advance(1);
    assert_eq!(rate(&app, tags()).await, (200, "5|0|1|".to_owned()));
    assert_eq!(rate(&app, tags()).await.0, 429);
    app.app.clock.advance(1_000);
    assert_eq!(rate(&app, tags()).await, (200, "5|4|1|".to_owned()));
}

#[tokio::test]
async fn costly_lists_have_an_allowance_of_their_own() {
    // Shows one request a second for each of the two lists, beside each other, within the five over everything; that
    // refusals without a caller take nothing; and that an account may have figures of its own.
    let app = TestApp::with_flow_control(Allowances::default()).await;
    let list = |target: &str| Ask::get(target).token_of(&ACME_ADMIN);
    for _ in 0..10 {
        assert_eq!(app.send(Ask::get("/v1/sim-cards")).await.status, 401);
        assert_eq!(app.send(Ask::get("/v1/sim-cards").with_header("x-auth-token", "x")).await.status, 403);
    }
    assert_eq!(rate(&app, list("/v1/sim-cards")).await, (200, "1|0|1|".to_owned()));
    assert_eq!(rate(&app, list("/v1/sim-cards")).await, (429, "1|0|1|1".to_owned()));
    assert_eq!(rate(&app, list("/v1/sim-price-plans")).await, (200, "1|0|1|".to_owned()));
    assert_eq!(rate(&app, list("/v1/tags")).await.0, 200);
    app.app.clock.advance(999);
    assert_eq!(rate(&app, list("/v1/sim-cards")).await.0, 429);
    app.app.clock.advance(1);
    assert_eq!(rate(&app, list("/v1/sim-cards")).await.0, 200);
    let figures = r#"{"everything": 50, "list_sim_cards": 20, "list_sim_price_plans": 2}"#;
    app.set_flow_control("acme", figures).await;
    assert_eq!(rate(&app, list("/v1/sim-price-plans")).await.1.split('|').next(), Some("2"));
}

#[tokio::test]
async fn bodies_have_their_limit() {
    // Shows 413 for a body beyond 12 MB, only after the credential was looked at, and that one of 12 MB passes.
    let app = TestApp::embedded().await;
    let too_large = vec![b' '; limits::BODY_BYTES_MAX + 1];
    let ask = Ask::get("/v1/sim-cards/0?iccid=8986100000000000001");
    let answer = app.send(ask.clone().with_body(too_large.clone()).token_of(&ACME_ADMIN)).await;
    assert_eq!(answer.refusal(), (413, "APIGW.0201".to_owned()));
    assert_eq!(app.send(ask.clone().with_body(too_large)).await.status, 401);
    let fits = vec![b' '; limits::BODY_BYTES_MAX];
    assert_eq!(app.send(ask.with_body(fits).token_of(&ACME_ADMIN)).await.status, 200);
}

#[tokio::test]
async fn unknown_members_are_ignored_and_types_are_lenient() {
    // Shows the leniency of the contract's examples: unknown query parameters and body members pass, a number may
    // stand for a text, a plus is a plus, keys without value are empty, booleans in any case.
    let app = TestApp::embedded().await;
    let plain = app.acme("/v1/sim-cards?real_named=true").await;
    for target in [
        "/v1/sim-cards?real_named=TRUE&unknown=1&unknown=2",
        "/v1/sim-cards?&&real_named=true&",
        "/v1/sim-cards?real%5Fnamed=%74rue",
        "/v1/sim-cards?real_named=true&msisdn&customer_attribute1=",
        "/v1/sim-cards?real_named=true&tag_id=&order_ids=,&price_plan_id",
    ] {
        assert_eq!(app.acme(target).await, plain, "{target}");
    }
    assert_eq!(app.acme("/v1/price-plans?main_search_key=a+b").await["count"], 0);
    for (body, status) in [
        (json!({"iccid": "8986100000000000001", "sim_card_id": 5}), 200),
        (json!({"iccid": null}), 400),
        (json!({"iccid": true}), 400),
        (json!({"iccid": "898610000000000000"}), 400),
    ] {
        let ask = Ask::get("/v1/sim-cards/0").with_json(&body).token_of(&ACME_ADMIN);
        assert_eq!(app.send(ask).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn pages_need_no_credential() {
    // Shows what each page beside the API answers to anybody, on both engines.
    for app in TestApp::on_every_engine().await {
        let page = async |target: &str| app.send(Ask::get(target)).await;
        assert_eq!(page("/healthz").await.success(), json!({"status": "ok"}));
        assert_eq!(page("/readyz").await.success(), json!({"database": true, "fleet": true}));
        assert!(page("/docs").await.body.contains("<html"));
        app.acme("/v1/tags").await;
        let metrics = page("/metrics").await.body;
        for line in ["simlink_cards 72", "operation=\"ListTags\",status=\"200\"} 1", "# EOF"] {
            assert!(metrics.contains(line), "{line} is not in {metrics}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_makes_nothing_ready() {
    // Shows that without its database the server is not ready and refuses what it cannot read with 503 and
    // Retry-After, while cards are still answered from memory.
    for app in TestApp::on_every_engine().await {
        app.app.db.clone().close().await;
        assert_eq!(app.send(Ask::get("/readyz")).await.status, 503, "{:?}", app.engine);
        let tags = app.get(&ACME_ADMIN, "/v1/tags").await;
        assert_eq!((tags.status.as_u16(), tags.header("retry-after")), (503, "1"), "{}", tags.body);
        assert_eq!(app.acme("/v1/sim-cards").await["count"], 60);
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    // Shows that HEAD of a list has the status of its GET and no body.
    let app = TestApp::embedded().await;
    let answer = app.send(Ask::new(Method::HEAD, "/v1/tags").token_of(&ACME_ADMIN)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    let answer = app.send(Ask::new(Method::HEAD, "/v1/none").token_of(&ACME_ADMIN)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, ""));
}

#[tokio::test]
async fn failures_within_tell_nothing() {
    // Shows on both engines: when a table is gone, what needs it is a 500 with the code of its group and the contract's
    // text, in both languages, without a word of the cause; and what needs other tables goes on.
    for app in TestApp::on_every_engine().await {
        let lose = |tx: &mut Tx<'_>| {
            for table in ["tag", "work_order"] {
                tx.execute(&format!("ALTER TABLE {table} RENAME TO lost_{table}"), params![])?;
            }
            Ok::<_, DbError>(())
        };
        app.app.db.write(lose).await.expect("the tables are there");
        for (target, code) in [("/v1/work-orders", "GSL.00010003"), ("/v1/tags", "GSL.00020003")] {
            for (language, text) in [
                ("zh-cn", "系统繁忙，请稍后重试！"),
                ("en-us", "The system is busy. Please try again later."),
            ] {
                let ask = Ask::get(target).token_of(&ACME_ADMIN).with_header("x-language", language);
                let answer = app.send(ask).await;
                assert_eq!(answer.refusal(), (500, code.to_owned()));
                assert_eq!(answer.json(), json!({"error_code": code, "error_msg": text}));
            }
        }
        app.acme("/v1/sim-cards").await;
        app.acme("/v1/attributes").await;
    }
}
