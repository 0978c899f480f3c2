//! `GET /v1/network-switch-policies`: the system's and the account's own.

use serde_json::json;
use simlink_db::{Tx, params};

use crate::support::shape::without_ids;
use crate::support::{NOW_MS, RIVAL_ADMIN, TestApp};

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
