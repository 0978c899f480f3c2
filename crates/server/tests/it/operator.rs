//! What the operator does with accounts, users, keys, parked jobs and carriers.

use axum::http::Method;
use serde_json::{Value, json};
use simlink_carriers::simulator::Knobs;
use simlink_carriers::{CardStatus, StopCause};
use simlink_db::{DbError, Tx};

use crate::support::{ACME_ADMIN, Answer, Ask, OPERATOR, TestApp};

async fn ops(app: &TestApp, method: Method, path: &str, body: &Value) -> Answer {
    app.send(Ask::new(method, format!("/ops/v1{path}")).with_json(body).token_of(&OPERATOR)).await
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    ops(app, Method::POST, path, body).await
}

/// Signs in by password; the token, or why not.
async fn sign_in(app: &TestApp, account: &str, user: &str, password: &str) -> Result<String, u16> {
    let user = json!({"name": user, "domain": {"name": account}, "password": password});
    let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    let answer = app.send(Ask::post("/v3/auth/tokens", &body).showing("acme")).await;
    if answer.status == 201 {
        Ok(answer.header("x-subject-token").to_owned())
    } else {
        Err(answer.status.as_u16())
    }
}

/// What a token's list of cards answers.
async fn cards(app: &TestApp, token: &str) -> u16 {
    app.send(Ask::get("/v1/sim-cards").showing("acme").with_header("x-auth-token", token))
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn an_account_is_made_limited_and_frozen() {
    // Shows on both engines: the secrets of a new account work at once and are shown nowhere else; its name is taken
    // then; limits hold and are shown; frozen it is refused, thawed it is not.
    for app in TestApp::on_every_engine().await {
        let made = post(&app, "/accounts", &json!({"name": "newco", "user": "ann"})).await;
        assert_eq!(made.status, 201);
        let made = made.json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        let (password, secret) = (text("password"), text("sk"));
        let token = sign_in(&app, "newco", "ann", &password).await.expect("the password is good");
        assert_eq!(cards(&app, &token).await, 200);
        let again = post(&app, "/accounts", &json!({"name": "newco"})).await;
        assert_eq!(again.refusal(), (409, "SIMLINK.0061".to_owned()));

        let limits = json!({"requests_per_second": 7, "reviewed_types": [5, 7]});
        let updated = ops(&app, Method::PUT, "/accounts/newco", &limits).await.success();
        assert_eq!(
            (&updated["requests_per_second"], &updated["reviewed_types"]),
            (&json!(7), &json!([5, 7]))
        );
        let updated =
            ops(&app, Method::PUT, "/accounts/newco", &json!({"list_sim_cards_per_second": 3})).await;
        assert_eq!(updated.success()["requests_per_second"], 7);
        let bad = ops(&app, Method::PUT, "/accounts/newco", &json!({"reviewed_types": [26]})).await;
        assert_eq!(bad.refusal(), (400, "GSL.00010004".to_owned()));

        let listed = app.get(&OPERATOR, "/ops/v1/accounts?name=newco").await.success();
        assert_eq!(listed["count"], 1);
        let account = &listed["accounts"][0];
        assert_eq!((&account["sim_card_count"], &account["users"][0]["role"]), (&json!(0), &json!("admin")));
        assert_eq!(account["users"][0]["keys"][0]["access"], made["ak"]);
        for hidden in [&password, &secret] {
            assert!(!listed.to_string().contains(hidden.as_str()));
        }

        let frozen = ops(&app, Method::PUT, "/accounts/newco", &json!({"frozen": true})).await.success();
        assert_eq!(frozen["frozen"], true);
        assert_eq!(cards(&app, &token).await, 403);
        ops(&app, Method::PUT, "/accounts/newco", &json!({"frozen": false})).await.success();
        assert_eq!(cards(&app, &token).await, 200);
        let nobody = ops(&app, Method::PUT, "/accounts/nobody", &json!({})).await;
        assert_eq!(nobody.refusal(), (404, "SIMLINK.0060".to_owned()));
    }
}

#[tokio::test]
async fn users_and_keys_come_and_go() {
    // Shows on both engines: a new user signs in with its role; another role or password ends its tokens, disabling it
    // its sign-ins; keys are made up to two, signed with, and ended; what is not there has its own code.
    for app in TestApp::on_every_engine().await {
        let wanted = json!({"name": "bob", "role": "viewer", "password": "good-enough-1"});
        assert_eq!(post(&app, "/accounts/acme/users", &wanted).await.status, 201);
        let taken = post(&app, "/accounts/acme/users", &wanted).await;
        assert_eq!(taken.refusal(), (409, "SIMLINK.0061".to_owned()));
        let token = sign_in(&app, "acme", "bob", "good-enough-1").await.expect("the password is good");
        let tag = Ask::post("/v1/tags", &json!({"tag_name": "of-bob"})).with_header("x-auth-token", &token);
        assert_eq!(app.send(tag.clone()).await.status, 403);

        let user = "/accounts/acme/users/bob";
        let change = async |body: Value| ops(&app, Method::PUT, user, &body).await.status.as_u16();
        assert_eq!(change(json!({"role": "admin", "password": "better-2-by-far"})).await, 204);
        assert_eq!(cards(&app, &token).await, 403);
        assert_eq!(sign_in(&app, "acme", "bob", "good-enough-1").await, Err(401));
        let token = sign_in(&app, "acme", "bob", "better-2-by-far").await.expect("the new one is good");
        let tag = tag.without_header("x-auth-token").with_header("x-auth-token", &token);
        assert_eq!(app.send(tag).await.status, 200);
        assert_eq!(change(json!({"enabled": false})).await, 204);
        assert_eq!(cards(&app, &token).await, 403);

        let key = post(&app, &format!("{user}/keys"), &json!({"description": "second"})).await;
        assert_eq!(key.status, 201);
        let third = post(&app, &format!("{user}/keys"), &json!({})).await;
        assert_eq!(third.refusal(), (409, "SIMLINK.0064".to_owned()));
        let access = key.json()["ak"].as_str().expect("a key").to_owned();
        let path = format!("{user}/keys/{access}");
        assert_eq!(ops(&app, Method::DELETE, &path, &json!({})).await.status, 204);
        let gone = ops(&app, Method::DELETE, &path, &json!({})).await;
        assert_eq!(gone.refusal(), (404, "SIMLINK.0063".to_owned()));
        let nobody = ops(&app, Method::PUT, "/accounts/acme/users/nobody", &json!({})).await;
        assert_eq!(nobody.refusal(), (404, "SIMLINK.0062".to_owned()));
    }
}

#[tokio::test]
async fn parked_jobs_are_tried_again_or_given_up() {
    // Shows on both engines: a parked job is listed with its reason; resumed it runs; discarded it is gone; neither can
    // be done to a job that is not parked. Work orders of all accounts are listed with their account.
    for app in TestApp::on_every_engine().await {
        let card = crate::work_orders::physical(&app, 1, 20).await;
        let order = crate::work_orders::stop(&app, card).await.expect("it is accepted");
        let park = |tx: &mut Tx<'_>| {
            tx.execute(
                "UPDATE job SET state = 2, last_error = 'on purpose' WHERE kind = 'carry.mobile'",
                &[],
            )?;
            Ok::<_, DbError>(())
        };
        app.app.db.write(park).await.expect("it is written");
        let listed = app.get(&OPERATOR, "/ops/v1/parked-jobs").await.success();
        let job = &listed["jobs"][0];
        assert_eq!((&job["reason"], &job["kind"]), (&json!("on purpose"), &json!("carry.mobile")));
        let id = job["job_id"].as_i64().expect("an id");
        assert_eq!(
            app.get(&OPERATOR, &format!("/ops/v1/parked-jobs?after={id}")).await.success(),
            json!({"jobs": []})
        );
        app.settle().await;
        assert_eq!(crate::work_orders::counts(&app, order).await.0, 3);
        assert_eq!(post(&app, &format!("/parked-jobs/{id}/resume"), &json!({})).await.status, 204);
        app.settle().await;
        assert_eq!(crate::work_orders::counts(&app, order).await.0, 4);
        for what in ["resume", "discard"] {
            let gone = post(&app, &format!("/parked-jobs/{id}/{what}"), &json!({})).await;
            assert_eq!(gone.refusal(), (404, "SIMLINK.0065".to_owned()), "{what}");
        }

        let other = crate::work_orders::all_physical(&app, 1, 20).await[0];
        let other = crate::work_orders::stop(&app, other).await.expect("it is accepted");
        app.app.db.write(park).await.expect("it is written");
        let listed = app.get(&OPERATOR, "/ops/v1/parked-jobs").await.success();
        let id = listed["jobs"][0]["job_id"].as_i64().expect("an id");
        assert_eq!(post(&app, &format!("/parked-jobs/{id}/discard"), &json!({})).await.status, 204);
        // What nobody carries any more ends when its time is over.
        app.app.clock.advance(31 * 60 * 1000);
        app.settle().await;
        assert_eq!(crate::work_orders::counts(&app, other).await.0, 6);
        let orders = app.get(&OPERATOR, "/ops/v1/work-orders?account=acme&status=6").await.success();
        assert_eq!((&orders["count"], &orders["work_orders"][0]["account"]), (&json!(1), &json!("acme")));
        assert_eq!(orders["work_orders"][0]["id"], other);
        assert_eq!(app.get(&OPERATOR, "/ops/v1/work-orders").await.success()["count"], 2);
        let nobody = app.get(&OPERATOR, "/ops/v1/work-orders?account=nobody").await;
        assert_eq!(nobody.refusal(), (404, "SIMLINK.0060".to_owned()));
    }
}

#[tokio::test]
async fn carriers_are_watched_and_compared() {
    // Shows on both engines: links with what they serve, their breaker and jobs; a comparison finds exactly the card
    // that the carrier changed on its own, and once it is repaired none; pages end; no secret is shown.
    for app in TestApp::on_every_engine().await {
        let cards = crate::work_orders::all_physical(&app, 1, 20).await;
        let iccid = app.acme(&format!("/v1/sim-cards/{}", cards[0])).await["iccid"].clone();
        let compare = async |body: Value| post(&app, "/carriers/mobile/reconciliation", &body).await;
        let clean = compare(json!({"account": "acme"})).await.success();
        assert!(clean["compared"].as_i64() > Some(2), "{clean}");
        assert_eq!(
            (&clean["differing"], &clean["unknown"], &clean["next"]),
            (&json!([]), &json!([]), &json!(null))
        );

        let now_ms = app.app.clock.now_ms();
        let parsed = iccid.as_str().expect("an ICCID").parse().expect("an ICCID");
        let cause = Some(StopCause::Violation);
        app.simulator("mobile").network().change_card(now_ms, &parsed, CardStatus::Suspended, cause, false);
        let found = compare(json!({"account": "acme", "repair": true})).await.success();
        let expected = json!([{
            "sim_card_id": cards[0],
            "members": [{"name": "sim_status", "ours": 20, "theirs": 14}],
        }]);
        assert_eq!(found["differing"], expected);
        app.settle().await;
        assert_eq!(crate::work_orders::state(&app, cards[0]).await, (14, 6));
        assert_eq!(compare(json!({"account": "acme"})).await.success(), clean);
        let rest = compare(json!({"account": "acme", "after": cards[0]})).await.success();
        assert!(rest["compared"].as_i64() < clean["compared"].as_i64());

        app.turn("mobile", Knobs { down: true, ..Knobs::default() });
        assert_eq!(compare(json!({"account": "acme"})).await.refusal(), (502, "SIMLINK.0066".to_owned()));
        let unknown = post(&app, "/carriers/none/reconciliation", &json!({"account": "acme"})).await;
        assert_eq!(unknown.refusal(), (404, "SIMLINK.0003".to_owned()));
        crate::work_orders::stop(&app, cards[1]).await.expect("it is accepted");
        let listed = app.get(&OPERATOR, "/ops/v1/carriers").await.success();
        let named = |name: &str| {
            let carriers = listed["carriers"].as_array().expect("a list");
            carriers.iter().find(|carrier| carrier["name"] == name).expect("it is configured").clone()
        };
        let mobile = named("mobile");
        assert_eq!((&mobile["carrier_types"], &mobile["simulated"]), (&json!([1]), &json!(true)));
        assert_eq!(mobile["jobs"][0]["queued"], 1);
        assert_eq!(named("attached")["key"], crate::support::app::ATTACHED_KEY);
        assert!(!listed.to_string().contains(crate::support::app::ATTACHED_SECRET));
        let refused = app.get(&ACME_ADMIN, "/ops/v1/carriers").await;
        assert_eq!(refused.status, 403);
    }
}
