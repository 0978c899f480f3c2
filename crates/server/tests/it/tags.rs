//! `GET /v1/tags`: the account's tags and which of them are in use.

use serde_json::{Value, json};
use simlink::tags::store;

use crate::support::shape::without_ids;
use crate::support::{NOW_MS, RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn tags_are_listed_and_filtered() {
    // Shows the body on both engines; a part of the name, status and both; a tag that no card carries has status 0.
    for app in TestApp::on_every_engine().await {
        let account = app.account("acme");
        let idle = ["CANARY-acme-idle", "CANARY-acme-100_percent"];
        let work = move |tx: &mut simlink_db::Tx<'_>| {
            idle.iter().try_for_each(|name| store::insert(tx, account, name, "test", NOW_MS).map(drop))?;
            Ok(())
        };
        app.app.write(work).await.expect("the tags are new");
        insta::assert_json_snapshot!("tags", without_ids(&app.acme("/v1/tags").await));
        let found = async |query: &str| -> String {
            let body = app.acme(&format!("/v1/tags?{query}")).await;
            let tags = body["tags"].as_array().expect("a list");
            assert_eq!(body["count"], tags.len(), "{query}");
            tags.iter().map(short_name).collect::<Vec<_>>().join(" ")
        };
        for (query, expected) in [
            ("tag_name=RED", "red"),
            ("tag_name=acme-", "red blue green idle 100_percent"),
            ("tag_name=_", "100_percent"),
            ("tag_name=%25", ""),
            ("status=0", "idle 100_percent"),
            ("status=1", "red blue green"),
            ("status=1&tag_name=e", "red blue green"),
            ("status=0&tag_name=red", ""),
            ("tag_name=", "red blue green idle 100_percent"),
        ] {
            assert_eq!(found(query).await, expected, "{:?} {query}", app.engine);
        }
        let rival = app.get(&RIVAL_ADMIN, "/v1/tags?tag_name=idle").await.success();
        assert_eq!(rival, json!({"limit": 10, "offset": 1, "count": 0, "tags": []}));
    }
}

fn short_name(tag: &Value) -> String {
    tag["tag_name"].as_str().and_then(|name| name.strip_prefix("CANARY-acme-")).expect("acme's").to_owned()
}
