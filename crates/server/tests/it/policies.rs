//! Network switch policies: the system's and the account's own.

use serde_json::{Value, json};
use simlink::changes::Subject;
use simlink_db::{Tx, params};

use crate::support::app::record;
use crate::support::shape::without_ids;
use crate::support::{ACME_ADMIN, Answer, NOW_MS, RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn the_system_has_two_policies() {
    // Shows the two policies of the system on both engines, and the filters by version and by a part of the name.
    for app in TestApp::on_every_engine().await {
        insta::assert_json_snapshot!("policies", app.acme("/v1/network-switch-policies").await);
        for (query, expected) in [
            ("version=1", json!([1])),
            ("version=2", json!([2])),
            ("policy_name=sdk", json!([2])),
            ("policy_name=%E9%BB%98%E8%AE%A4", json!([2, 1])),
            ("policy_name=none", json!([])),
            ("version=1&policy_name=sdk", json!([])),
        ] {
            let body = app.acme(&format!("/v1/network-switch-policies?{query}")).await;
            let list = body["network_switch_policy_list"].as_array().expect("a list");
            let ids: Vec<_> = list.iter().map(|policy| policy["id"].clone()).collect();
            assert_eq!((json!(ids), &body["count"]), (expected, &json!(ids.len())), "{query}");
        }
    }
}

#[tokio::test]
async fn own_policies_come_first_and_are_private() {
    // Shows that an account's own policy stands before the system's and that no other account sees it.
    for app in TestApp::on_every_engine().await {
        let account = app.account("acme");
        let work = move |tx: &mut Tx<'_>| {
            let id = tx.reserve_ids(1)?;
            tx.execute(
                "INSERT INTO network_switch_policy (network_switch_policy_id, account_id, policy_name, version, \
                 switch_order, blacklist, created_ms, modified_ms) VALUES ($1, $2, $3, 2, '1,2,3', 2, $4, $4)",
                params![id, account.0, "CANARY-acme-own", NOW_MS],
            )?;
            Ok(())
        };
        app.app.write(work).await.expect("the name is new");
        let own = app.acme("/v1/network-switch-policies").await;
        assert_eq!(own["count"], 3);
        insta::assert_json_snapshot!("policy_of_its_own", without_ids(&own["network_switch_policy_list"][0]));
        assert_eq!(app.get(&RIVAL_ADMIN, "/v1/network-switch-policies").await.success()["count"], 2);
    }
}

const POLICIES: &str = "/v1/network-switch-policies";

async fn create(app: &TestApp, body: &Value) -> Answer {
    app.post_json(&ACME_ADMIN, POLICIES, body).await
}

#[tokio::test]
async fn policies_are_made() {
    // Shows the seed's two examples as they are listed, with each version's own members only; a name that is made
    // where none is given; defaults.
    for app in TestApp::on_every_engine().await {
        for body in [
            json!({"policy_name": "CANARY-acme-plain", "version": 2, "blacklist": 1, "switch_order": "3,1,2",
                   "preferred_carrier": 2, "weak_signal_switch": true, "connect_ip": "www.example.com"}),
            json!({"policy_name": "CANARY-acme-sdk", "version": 1, "preferred_carrier": 3,
                   "least_preferred_carrier": 2, "blacklist": 0, "optimal_signal": true, "auto_switch": true,
                   "weak_signal_switch": true, "connect_ip": "www.example.com", "switch_order": "3,1,2"}),
            json!({"version": 1, "connect_ip": "203.0.113.7"}),
        ] {
            assert_eq!(create(&app, &body).await.success(), true, "{body}");
        }
        let listed = app.acme(POLICIES).await;
        assert_eq!(listed["count"], 5);
        let mut own = listed["network_switch_policy_list"].as_array().expect("a list")[..3].to_vec();
        assert_eq!(own[0]["policy_name"], format!("policy-{}", own[0]["id"]));
        own[0]["policy_name"] = json!("policy-<id>");
        insta::assert_json_snapshot!("policies_made", without_ids(&json!(own)));
        assert_eq!(app.get(&RIVAL_ADMIN, POLICIES).await.success()["count"], 2);
    }
}

#[tokio::test]
async fn policies_are_refused() {
    // Shows each refusal with its code, that a name taken by another account is free, and that the fiftieth policy is
    // the last; a refusal makes none.
    for app in TestApp::on_every_engine().await {
        let named = |name: &str| json!({"policy_name": name, "version": 2, "switch_order": "1,2,3"});
        assert_eq!(create(&app, &named("CANARY-acme-taken")).await.status, 200);
        for (body, code) in [
            (json!({"policy_name": "x"}), "GSL.00010004"),
            (json!({"policy_name": "x", "version": 3}), "GSL.00010004"),
            (json!({"policy_name": "x".repeat(33), "version": 2, "switch_order": "1,2,3"}), "GSL.00010004"),
            (
                json!({"version": 1, "preferred_carrier": 1, "least_preferred_carrier": 1, "weak_signal_switch": true}),
                "GSL.00015032",
            ),
            (json!({"version": 1, "preferred_carrier": 2, "connect_ip": "x"}), "GSL.00015032"),
            (json!({"version": 1}), "GSL.00015033"),
            (json!({"version": 1, "weak_signal_switch": false, "connect_ip": ""}), "GSL.00015033"),
            (json!({"version": 2, "switch_order": "1,2"}), "GSL.00015039"),
            (json!({"version": 2}), "GSL.00015039"),
            (named("CANARY-acme-taken"), "GSL.00015034"),
            (named("默认策略"), "GSL.00015034"),
        ] {
            let answer = create(&app, &body).await;
            assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}: {}", answer.body);
        }
        assert_eq!(app.acme(POLICIES).await["count"], 3);
        let rivals = app.post_json(&RIVAL_ADMIN, POLICIES, &named("CANARY-acme-taken")).await;
        assert_eq!(rivals.status, 200, "another account may use the name");
        for number in 1..49 {
            assert_eq!(create(&app, &named(&format!("CANARY-acme-{number}"))).await.status, 200, "{number}");
        }
        let bodies = [named("CANARY-acme-a"), named("CANARY-acme-b"), named("CANARY-acme-c")];
        let answers = futures_util::future::join_all(bodies.iter().map(|body| create(&app, body))).await;
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(made, 1, "one of three at the same moment is the fiftieth");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.refusal(), (400, "GSL.00015035".to_owned()));
        }
        assert_eq!(app.acme(POLICIES).await["count"], 52);
    }
}

#[tokio::test]
async fn names_of_policies_follow() {
    // Shows that a card shows the name of a policy made a moment ago, on this node and on another.
    for app in TestApp::on_every_engine().await {
        let other = app.join().await;
        let body = json!({"policy_name": "CANARY-acme-own", "version": 1, "weak_signal_switch": true});
        assert_eq!(create(&app, &body).await.status, 200);
        let id = app.acme(POLICIES).await["network_switch_policy_list"][0]["id"].as_i64().expect("an id");
        let account = app.account("acme");
        let work = move |tx: &mut Tx<'_>| {
            let bound = params![account.0, id];
            tx.execute("UPDATE multi_sim SET network_switch_policy_id = $2 WHERE account_id = $1", bound)?;
            let sql = "SELECT sim_card_id FROM multi_sim WHERE account_id = $1";
            let ids: Vec<i64> = tx.rows(sql, params![account.0], |row| row.get(0))?;
            Ok(record(tx, Subject::SimCard, account, &ids)?)
        };
        app.app.write(work).await.expect("there are such cards");
        other.app.follower.catch_up().await;
        for node in [&app, &other] {
            let cards = node.acme("/v1/sim-cards-multiply").await;
            let cards = cards["sim_cards"].as_array().expect("a list");
            assert!(cards.iter().all(|card| card["policy_name"] == "CANARY-acme-own"), "{cards:?}");
        }
    }
}
