//! `GET /v1/attributes`: the slots that an account has named.

use serde_json::json;
use simlink_db::params;

use crate::support::shape::without_ids;
use crate::support::{OPERATOR, TestApp};

#[tokio::test]
async fn attributes_are_listed_and_filtered() {
    // Shows the body on both engines (the slots that imported cards fill are named by themselves, in both languages),
    // the filters by a part of the name and by status, and an account without any.
    for app in TestApp::on_every_engine().await {
        let account = app.account("acme");
        let work = move |tx: &mut simlink_db::Tx<'_>| {
            tx.execute(
                "UPDATE attribute SET cust_attr_name = $2 WHERE account_id = $1 AND slot = 4",
                params![account.0, "CANARY-acme-Site"],
            )?;
            tx.execute("UPDATE attribute SET enabled = 0 WHERE slot = 6", &[])?;
            Ok(())
        };
        app.app.write(work).await.expect("both are there");
        insta::assert_json_snapshot!("attributes", without_ids(&app.acme("/v1/attributes").await));
        for (query, expected) in [
            ("cust_attr_name=site", json!(["CANARY-acme-Site"])),
            ("cust_attr_name=%E4%BA%8C", json!(["自定义属性二"])),
            ("cust_attr_name=%25", json!([])),
            ("status=0", json!(["自定义属性六"])),
            (
                "status=1",
                json!(["自定义属性一", "自定义属性二", "自定义属性三", "CANARY-acme-Site", "自定义属性五"]),
            ),
            ("status=0&cust_attr_name=site", json!([])),
        ] {
            let body = app.acme(&format!("/v1/attributes?{query}")).await;
            let names = body["attributes"].as_array().expect("a list").iter();
            let names: Vec<_> = names.map(|attribute| attribute["cust_attr_name"].clone()).collect();
            assert_eq!((json!(names), &body["count"]), (expected, &json!(names.len())), "{query}");
        }
        let none = app.get(&OPERATOR, "/v1/attributes").await.success();
        assert_eq!(none, json!({"limit": 10, "offset": 1, "count": 0, "attributes": []}));
    }
}
