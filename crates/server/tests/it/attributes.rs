//! Custom attributes: slots that an account names, switches, and fills on many cards at once.

use axum::http::Method;
use serde_json::{Value, json};
use simlink_db::params;

use crate::coverage::entries::{ACME_ICCID, NO_ICCID, NOTHING, RIVAL_ICCID};
use crate::support::shape::without_ids;
use crate::support::{ACME_ADMIN, Answer, Ask, OPERATOR, TestApp};

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

const ATTRIBUTES: &str = "/v1/attributes";
const BATCH_SET: &str = "/v1/sim-cards/attributes/batch-set";

async fn create(app: &TestApp, name: &str) -> Answer {
    app.post_json(&OPERATOR, ATTRIBUTES, &json!({"cust_attr_name": name})).await
}

async fn rename(app: &TestApp, id: i64, name: &str) -> Answer {
    let ask = Ask::new(Method::PUT, format!("{ATTRIBUTES}/{id}")).with_json(&json!({"cust_attr_name": name}));
    app.send(ask.token_of(&OPERATOR)).await
}

/// Switches an attribute of acme's.
async fn switch(app: &TestApp, id: i64, verb: &str) -> Answer {
    app.send(Ask::new(Method::POST, format!("{ATTRIBUTES}/{id}/{verb}")).token_of(&ACME_ADMIN)).await
}

async fn batch_set(app: &TestApp, body: &Value) -> Answer {
    app.post_json(&ACME_ADMIN, BATCH_SET, body).await
}

/// All of acme's cards, oldest first.
async fn cards(app: &TestApp) -> Vec<Value> {
    let list = app.acme("/v1/sim-cards?limit=500").await;
    list["sim_cards"].as_array().expect("a list").iter().rev().cloned().collect()
}

#[tokio::test]
async fn attributes_take_the_lowest_free_slot() {
    // Shows six attributes in the order of their slots with their default names, the seventh refused, a freed slot
    // taken again; names that are illegal, taken or columns of the list, when made and when renamed.
    for app in TestApp::on_every_engine().await {
        let mut ids = Vec::new();
        for number in 1..=6 {
            let made = create(&app, &format!("属性-{number}")).await.success();
            let id = made["id"].as_i64().expect("an id");
            assert_eq!(made, json!({"id": id}));
            ids.push(id);
        }
        let listed = app.get(&OPERATOR, ATTRIBUTES).await.success();
        for (index, attribute) in listed["attributes"].as_array().expect("a list").iter().enumerate() {
            let numeral = ["一", "二", "三", "四", "五", "六"][index];
            assert_eq!(attribute["id"], ids[index]);
            assert_eq!(attribute["cust_attr_name"], format!("属性-{}", index + 1));
            assert_eq!(attribute["default_attr_name_cn"], format!("自定义属性{numeral}"));
            assert_eq!(attribute["default_attr_name_en"], format!("Custom Attribute {}", index + 1));
            assert_eq!(attribute["status"], 1);
        }
        assert_eq!(create(&app, "one-more").await.refusal(), (400, "GSL.00027004".to_owned()));
        let account = app.account("house");
        let free = move |tx: &mut simlink_db::Tx<'_>| {
            let bound = params![account.0];
            tx.execute("DELETE FROM attribute WHERE account_id = $1 AND slot IN (3, 5)", bound)?;
            Ok(())
        };
        app.app.write(free).await.expect("both are there");
        for (name, code) in [
            ("", "GSL.00027001"),
            ("a b", "GSL.00027001"),
            (&"x".repeat(33), "GSL.00027001"),
            ("属性-1", "GSL.00027002"),
            ("iccid", "GSL.00027003"),
            ("自定义属性一", "GSL.00027003"),
        ] {
            assert_eq!(create(&app, name).await.refusal(), (400, code.to_owned()), "{name}");
            assert_eq!(rename(&app, ids[1], name).await.refusal(), (400, code.to_owned()), "{name}");
        }
        assert_eq!(create(&app, &"x".repeat(32)).await.status, 200);
        let listed = app.get(&OPERATOR, ATTRIBUTES).await.success();
        assert_eq!(listed["attributes"][2]["default_attr_name_en"], "Custom Attribute 3");
        assert_eq!(listed["attributes"][2]["cust_attr_name"], "x".repeat(32));
    }
}

#[tokio::test]
async fn attributes_are_renamed() {
    // Shows another name with the moment of the change, the same name again, and an attribute that is not there.
    for app in TestApp::on_every_engine().await {
        let id = create(&app, "before").await.success()["id"].as_i64().expect("an id");
        app.app.clock.advance(1_000);
        for name in ["after", "after"] {
            assert_eq!(rename(&app, id, name).await.success(), true);
        }
        let listed = app.get(&OPERATOR, ATTRIBUTES).await.success()["attributes"][0].clone();
        assert_eq!(listed["cust_attr_name"], "after");
        assert_eq!(listed["create_time"], "2024-01-15T03:36:55.000+00:00");
        assert_eq!(listed["modify_time"], "2024-01-15T03:36:56.000+00:00");
        assert_eq!(rename(&app, NOTHING, "other").await.refusal(), (400, "GSL.00027005".to_owned()));
        assert_eq!(rename(&app, -1, "other").await.refusal(), (400, "GSL.00020004".to_owned()));
        let missing = Ask::new(Method::PUT, format!("{ATTRIBUTES}/{id}")).token_of(&OPERATOR);
        assert_eq!(app.send(missing).await.refusal(), (400, "GSL.00020004".to_owned()));
    }
}

#[tokio::test]
async fn batches_set_what_is_present() {
    // Shows by id, by ICCID and by file: values that are present are set, an empty one empties, absent ones and other
    // cards stay; the filter follows at once; the database says the same.
    for app in TestApp::on_every_engine().await {
        let mut expected = cards(&app).await;
        let id = |card: &Value| card["sim_card_id"].as_i64().expect("an id");
        let by_iccid = expected.iter().position(|card| card["iccid"] == ACME_ICCID).expect("a card");
        let cid = expected[5]["cid"].as_str().expect("a text").to_owned();
        let file = format!(
            "customer_attribute4,iccid,customer_attribute2,cid\n\"a, b\",{ACME_ICCID},,ignored\n,,\"x\",{cid}\n"
        );
        let file = app.upload(&ACME_ADMIN, &file).await;
        let ones = json!({"attributes": [
            {"sim_card_id": id(&expected[3]), "customer_attribute1": "CANARY-acme-one", "customer_attribute6": ""},
            {"sim_card_id": 0, "iccid": ACME_ICCID, "customer_attribute1": "CANARY-acme-one", "customer_attribute2": null},
            {"sim_card_id": id(&expected[0])},
        ]});
        for (body, changes) in [
            (
                ones,
                vec![
                    (3, "customer_attribute1", "CANARY-acme-one"),
                    (3, "customer_attribute6", ""),
                    (by_iccid, "customer_attribute1", "CANARY-acme-one"),
                ],
            ),
            (
                json!({"file_temp_id": file}),
                vec![(by_iccid, "customer_attribute4", "a, b"), (5, "customer_attribute2", "x")],
            ),
        ] {
            assert_eq!(batch_set(&app, &body).await.success(), true, "{body}");
            for (index, column, value) in changes {
                expected[index][column] = if value.is_empty() { Value::Null } else { json!(value) };
            }
            assert_eq!(cards(&app).await, expected, "{:?} {body}", app.engine);
        }
        let filtered = app.acme("/v1/sim-cards?customer_attribute1=CANARY-acme-one").await;
        assert_eq!(filtered["count"], 2);
        assert_eq!(cards(&app.join().await).await, expected, "the database says the same");
        app.app.fleet.read(app.account("acme")).verify().expect("the indexes hold");
    }
}

#[tokio::test]
async fn batches_are_refused_whole() {
    // Shows every refusal with its code; values for a slot that is not enabled are named with card and reason in both
    // languages, until it is enabled; and that no refusal changes any card.
    for app in TestApp::on_every_engine().await {
        let before = cards(&app).await;
        let (first, second) = (before[0]["sim_card_id"].clone(), before[1]["sim_card_id"].clone());
        let third = app.acme(ATTRIBUTES).await["attributes"][2]["id"].as_i64().expect("an id");
        let set = |card: &Value| json!({"sim_card_id": card, "customer_attribute1": "CANARY-acme-x"});
        let by = |iccid: &str| json!({"sim_card_id": 0, "iccid": iccid});
        let file = app.upload(&ACME_ADMIN, &format!("iccid\n{ACME_ICCID}\n{RIVAL_ICCID}\n")).await;
        let by_cid = app.upload(&ACME_ADMIN, "cid\nnone\n").await;
        let parameter = "GSL.00010004";
        for (body, code, message) in [
            (json!({}), parameter, "attributes:不能为null".to_owned()),
            (json!({"attributes": []}), parameter, "attributes:个数必须在1和500之间".to_owned()),
            (json!({"attributes": [set(&first), {}]}), parameter, "sim_card_id:不能为null".to_owned()),
            (
                json!({"attributes": [set(&first), {"sim_card_id": 0}]}),
                parameter,
                "iccid:不能为null".to_owned(),
            ),
            (json!({"file_temp_id": NOTHING}), "GSL.00012016", "SIM卡文件不存在，请检查！".to_owned()),
            (
                json!({"attributes": [set(&first), set(&json!(NOTHING))]}),
                "GSL.00011001",
                "sim卡不存在或没有SIM卡的访问权限!".to_owned(),
            ),
            (
                json!({"attributes": [set(&first), by(NO_ICCID), by(RIVAL_ICCID)]}),
                "GSL.00011011",
                format!("iccid: [{NO_ICCID}, {RIVAL_ICCID}] 不存在"),
            ),
            (json!({"file_temp_id": file}), "GSL.00011011", format!("iccid: [{RIVAL_ICCID}] 不存在")),
            (
                json!({"file_temp_id": by_cid}),
                "GSL.00016053",
                "以下cid不存在或没有操作权限, 请重新输入! cid : [none]".to_owned(),
            ),
            (
                json!({"attributes": [set(&first), set(&second), set(&first)]}),
                "GSL.00016054",
                format!("以下simCardId重复, 请重新输入! simCardId : [{first}]"),
            ),
        ] {
            let answer = batch_set(&app, &body).await;
            assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}: {}", answer.body);
            assert_eq!(answer.error_message(), message, "{body}");
            assert_eq!(cards(&app).await, before, "{body}");
        }
        for _ in 0..2 {
            assert_eq!(switch(&app, third, "disable").await.success(), true);
        }
        assert_eq!(app.acme("/v1/attributes?status=0").await["count"], 1);
        assert_eq!(cards(&app).await, before, "the values that cards have stay");
        let body = json!({"attributes": [
            set(&first),
            {"sim_card_id": second, "customer_attribute1": "CANARY-acme-y", "customer_attribute3": ""},
        ]});
        for (language, reason) in
            [("zh-cn", "自定义属性三未启用"), ("en-us", "Custom Attribute 3 is not enabled")]
        {
            let ask = Ask::post(BATCH_SET, &body).token_of(&ACME_ADMIN).with_header("x-language", language);
            let answer = app.send(ask).await;
            assert_eq!(answer.refusal(), (400, "GSL.00012031".to_owned()));
            let list: Value = serde_json::from_str(&answer.error_message()).expect("a JSON list");
            assert_eq!(list, json!([{"fail_reason": reason, "sim_card_id": second}]));
        }
        assert_eq!(cards(&app).await, before);
        assert_eq!(switch(&app, third, "enable").await.success(), true);
        assert_eq!(batch_set(&app, &body).await.success(), true);
        for verb in ["enable", "disable"] {
            assert_eq!(switch(&app, NOTHING, verb).await.refusal(), (400, "GSL.00027005".to_owned()));
            assert_eq!(switch(&app, -1, verb).await.refusal(), (400, "GSL.00020004".to_owned()));
        }
    }
}
