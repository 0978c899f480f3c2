//! The audit: who did what, from where, by which request; and that nothing of it is altered unseen.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simlink_db::{Tx, params};
use tower::ServiceExt;

use crate::support::{ACME_ADMIN, Ask, OPERATOR, PEOPLE, RIVAL_ADMIN, TestApp};

/// The entries of all accounts after a number, and the number of the last.
async fn entries(app: &TestApp, after: i64) -> (Vec<Value>, i64) {
    app.settle().await;
    let page = app.get(&OPERATOR, &format!("/ops/v1/audit?limit=500&after={after}")).await.success();
    (page["entries"].as_array().expect("a list").clone(), page["next"].as_i64().expect("a number"))
}

async fn verification(app: &TestApp) -> Value {
    app.get(&OPERATOR, "/ops/v1/audit/verification").await.success()
}

#[tokio::test]
async fn every_write_says_who_from_where_and_what() {
    // Shows the entry of a write: the user, its address, the id of the request as the answer had it, old and new; that
    // a tenant sees its own alone, and that what a rule does has no request.
    for app in TestApp::on_every_engine().await {
        let (_, before) = entries(&app, 0).await;
        let ask = Ask::post("/v1/tags", &json!({"tag_name": "CANARY-acme-audited"}));
        let answer = app.send(ask.from("192.0.2.7:4711").token_of(&ACME_ADMIN)).await;
        let (request_id, tag_id) = (answer.header("x-request-id").to_owned(), answer.success()["id"].clone());
        app.post_json(&RIVAL_ADMIN, "/v1/tags", &json!({"tag_name": "CANARY-rival-audited"})).await.success();
        let card = app.acme("/v1/sim-cards?limit=10&sim_status=20&sim_type=3").await["sim_cards"][0].clone();
        let stop = format!("/v1/sim-cards/{}/stop", card["sim_card_id"]);
        app.post_json(&ACME_ADMIN, &stop, &json!({})).await.success();
        let (all, last) = entries(&app, before).await;
        assert_eq!(all.len(), usize::try_from(last - before).expect("a count"), "no gap");
        let tag = &all[0];
        assert_eq!(tag["number"], before + 1);
        assert_eq!((&tag["actor"], &tag["address"]), (&json!("acme0admin"), &json!("192.0.2.7")));
        assert_eq!((&tag["request_id"], &tag["kind"]), (&json!(request_id), &json!("created")));
        assert_eq!((&tag["subject"], &tag["ids"]), (&json!("tag"), &json!([tag_id.to_string()])));
        assert_eq!(tag["detail"], json!({"new": {"tag_name": "CANARY-acme-audited"}}));
        let stopped = all.iter().find(|entry| entry["kind"] == "stopped").expect("the card was stopped");
        assert_eq!(stopped["detail"]["old"], json!({"sim_status": 20}));
        assert_eq!(
            (&stopped["detail"]["new"], &stopped["request_id"]),
            (&json!({"sim_status": 14}), &json!(null))
        );
        let own = app.acme(&format!("/v1/audit?limit=500&after={before}")).await;
        let mine = all.iter().filter(|entry| entry["domain_id"] == "CANARY-acme-domain");
        assert_eq!(own["entries"], json!(mine.collect::<Vec<_>>()));
        let shown = verification(&app).await;
        assert_eq!(
            shown,
            json!({"intact": true, "entry_count": last, "broken_at": null, "hash": all.last().expect("some")["hash"]})
        );
    }
}

#[tokio::test]
async fn an_alteration_is_found() {
    // Shows that one altered value, an entry that was taken away, one that was added, and an end that was cut off are
    // found at their place.
    for app in TestApp::on_every_engine().await {
        for name in ["a", "b", "c", "d"] {
            app.post_json(&ACME_ADMIN, "/v1/tags", &json!({"tag_name": format!("CANARY-acme-{name}")}))
                .await
                .success();
        }
        let (_, last) = entries(&app, 0).await;
        let middle = last - 2;
        let alterations = [
            ("UPDATE audit_entry SET actor = actor || 'x' WHERE entry_number = $1", middle, middle),
            ("UPDATE audit_entry SET created_ms = created_ms + 1 WHERE entry_number = $1", 1, 1),
            ("UPDATE audit_entry SET detail = NULL WHERE entry_number = $1", last, last),
            ("UPDATE audit_entry SET hash = '0' || hash WHERE entry_number = $1", middle, middle),
            ("DELETE FROM audit_entry WHERE entry_number = $1", middle, middle),
            (
                "INSERT INTO audit_entry (entry_number, sequence, account_id, subject, subject_ids, kind, detail, actor, \
                 origin, created_ms, hash) SELECT entry_number + 1, sequence + 1, account_id, subject, subject_ids, kind, \
                 detail, actor, origin, created_ms, hash FROM audit_entry WHERE entry_number = $1",
                last,
                last + 1,
            ),
            ("DELETE FROM audit_entry WHERE entry_number >= $1", middle, middle),
        ];
        for (sql, number, place) in alterations {
            assert_eq!(verification(&app).await["intact"], true);
            let keep = "CREATE TABLE kept AS SELECT * FROM audit_entry";
            let alter = move |tx: &mut Tx<'_>| {
                tx.execute(keep, &[])?;
                tx.execute(sql, params![number])
            };
            assert!(app.app.db.write(alter).await.expect("writes") > 0);
            let found = verification(&app).await;
            assert_eq!((&found["intact"], &found["broken_at"]), (&json!(false), &json!(place)), "{sql}");
            let restore = |tx: &mut Tx<'_>| {
                tx.execute("DELETE FROM audit_entry", &[])?;
                tx.execute("INSERT INTO audit_entry SELECT * FROM kept", &[])?;
                tx.execute("DROP TABLE kept", &[])
            };
            app.app.db.write(restore).await.expect("writes");
        }
    }
}

#[tokio::test]
async fn the_export_has_everything_and_no_secret() {
    // Shows the export as JSON lines, the same entries as the pages, and that none of the secrets that were made or used
    // on the way is in it: passwords, access keys, secrets of webhooks, tokens.
    for app in TestApp::on_every_engine().await {
        let mut secrets: Vec<String> = PEOPLE.iter().map(|person| person.sk.to_owned()).collect();
        secrets.extend(PEOPLE.iter().map(|person| person.token.to_owned()));
        let hook = json!({"url": "http://127.0.0.1:9/", "event_types": ["account.*"]});
        let made = app.post_json(&ACME_ADMIN, "/v1/webhooks", &hook).await.success();
        secrets.push(made["secret"].as_str().expect("a text").to_owned());
        let rotate = format!("/v1/webhooks/{}/rotate-secret", made["webhook_id"]);
        let rotated = app.post_json(&ACME_ADMIN, &rotate, &json!({})).await.success();
        secrets.push(rotated["secret"].as_str().expect("a text").to_owned());
        let key = Ask::post("/v3.0/OS-CREDENTIAL/credentials", &json!({"credential": {"description": "x"}}));
        let key = app.send(key.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await;
        secrets.push(key.json()["credential"]["secret"].as_str().expect("a secret").to_owned());
        let (all, last) = entries(&app, 0).await;
        let request = Request::get("/ops/v1/audit/export").header("x-auth-token", OPERATOR.token);
        let response = app
            .router
            .clone()
            .oneshot(request.body(Body::empty()).expect("a request"))
            .await
            .expect("answers");
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((i64::try_from(lines.len()).expect("a count"), &lines[..all.len()]), (last, &all[..]));
        for secret in secrets {
            let bare = secret.trim_start_matches("whsec_");
            assert!(!text.contains(bare), "a secret is in the audit");
        }
    }
}
