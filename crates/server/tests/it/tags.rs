//! Tags: made, listed, deleted, and put on many cards at once.

use serde_json::{Value, json};
use simlink::limits;
use simlink::tags::store;

use crate::coverage::entries::{ACME_ICCID, NO_ICCID, NOTHING, RIVAL_ICCID};
use crate::support::shape::without_ids;
use crate::support::{ACME_ADMIN, Answer, Ask, NOW_MS, RIVAL_ADMIN, TestApp};

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

const TAGS: &str = "/v1/tags";
const BATCH_SET: &str = "/v1/sim-tags/batch-set";

async fn create(app: &TestApp, name: &str) -> Answer {
    app.post_json(&ACME_ADMIN, TAGS, &json!({"tag_name": name})).await
}

/// Makes a tag of acme's and answers its id.
async fn made(app: &TestApp, name: &str) -> i64 {
    create(app, &format!("CANARY-acme-{name}")).await.success()["id"].as_i64().expect("an id")
}

async fn delete(app: &TestApp, tag_id: i64) -> Answer {
    app.send(Ask::new(axum::http::Method::DELETE, format!("{TAGS}/{tag_id}")).token_of(&ACME_ADMIN)).await
}

async fn batch_set(app: &TestApp, body: Value) -> Answer {
    app.post_json(&ACME_ADMIN, BATCH_SET, &body).await
}

/// Ids of acme's cards, oldest first, with the names of their tags.
async fn tagged(app: &TestApp) -> Vec<(i64, String)> {
    let list = app.acme("/v1/sim-cards?limit=500").await;
    let cards = list["sim_cards"].as_array().expect("a list").iter().rev();
    cards
        .map(|card| {
            let names = card["tag_names"].as_str().unwrap_or_default().replace("CANARY-acme-", "");
            (card["sim_card_id"].as_i64().expect("an id"), names)
        })
        .collect()
}

#[tokio::test]
async fn tags_are_made() {
    // Shows a new tag in answer, list and filter; which names are illegal, that a name is unique in its account only,
    // and that it must be given.
    for app in TestApp::on_every_engine().await {
        let answer = create(&app, "新的标签名-CANARY-acme_9").await.success();
        let id = answer["id"].as_i64().expect("an id");
        assert_eq!(answer, json!({"id": id, "tag_name": "新的标签名-CANARY-acme_9", "status": 0}));
        let listed = app.acme("/v1/tags?tag_name=%E6%96%B0%E7%9A%84").await;
        assert_eq!(listed["tags"], json!([answer]));
        assert_eq!(app.acme(&format!("/v1/sim-cards?tag_id={id}")).await["count"], 0);
        let long = "字".repeat(100);
        assert_eq!(create(&app, &long).await.status, 200);
        for illegal in ["", " ", "a b", "a,b", "a;b", "a.b", "é", "💩", "a\u{200b}", &(long.clone() + "字")]
        {
            assert_eq!(
                create(&app, illegal).await.refusal(),
                (400, "GSL.00022001".to_owned()),
                "{illegal:?}"
            );
        }
        assert_eq!(create(&app, &long).await.refusal(), (400, "GSL.00022002".to_owned()));
        let rivals = app.post_json(&RIVAL_ADMIN, TAGS, &json!({"tag_name": long})).await;
        assert_eq!(rivals.status, 200, "another account may use the name");
        let missing = app.post_json(&ACME_ADMIN, TAGS, &json!({"name": "x"})).await;
        assert_eq!(missing.refusal(), (400, "GSL.00020004".to_owned()));
        assert_eq!(missing.error_message(), "tag_name:不能为null");
        let number = app.post_json(&ACME_ADMIN, TAGS, &json!({"tag_name": 7})).await.success();
        assert_eq!(number["tag_name"], "7");
    }
}

#[tokio::test]
async fn tags_have_their_number() {
    // Shows that the account's last tag is made and the next refused in words that name the number, that a deleted one
    // makes room, and that makers at the same moment, at two nodes, do not get past the number together.
    for app in TestApp::on_every_engine().await {
        let there = app.acme("/v1/tags").await["count"].as_u64().expect("a count");
        let max = u64::try_from(limits::TAGS_PER_ACCOUNT_MAX).expect("small");
        let account = app.account("acme");
        let fill = move |tx: &mut simlink_db::Tx<'_>| {
            (there..max - 2).try_for_each(|number| {
                store::insert(tx, account, &format!("CANARY-acme-fill-{number}"), "test", NOW_MS).map(drop)
            })?;
            Ok(())
        };
        app.app.write(fill).await.expect("the names are new");
        let other = app.join().await;
        let names: Vec<String> = (0..8).map(|number| format!("CANARY-acme-race-{number}")).collect();
        let answers = futures_util::future::join_all(
            names.iter().enumerate().map(|(number, name)| create([&app, &other][number % 2], name)),
        )
        .await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((made.len(), refused.len()), (2, 6), "{:?}", app.engine);
        for answer in refused {
            assert_eq!(answer.refusal(), (400, "GSL.00022003".to_owned()));
            assert_eq!(answer.error_message(), "登录用户最多可以创建200个标签。");
        }
        assert_eq!(app.acme("/v1/tags").await["count"], max);
        assert_eq!(delete(&app, made[0].json()["id"].as_i64().expect("an id")).await.status, 200);
        assert_eq!(create(&app, "CANARY-acme-last").await.status, 200);
    }
}

#[tokio::test]
async fn deleted_tags_leave_their_cards() {
    // Shows that a deleted tag is gone from list, cards and filter at once, on this node and on another; that its name
    // is free again; that other tags and accounts keep theirs; and that what is not there is refused.
    for app in TestApp::on_every_engine().await {
        let other = app.join().await;
        let tags = app.acme(TAGS).await["tags"].clone();
        let red = tags[0]["id"].as_i64().expect("an id");
        let (before, rivals) = (tagged(&app).await, app.get(&RIVAL_ADMIN, TAGS).await.body);
        assert!(before.iter().any(|(_, names)| names == "red,blue"), "{before:?}");
        assert_eq!(delete(&app, red).await.success(), true);
        let without =
            |names: &str| names.split(',').filter(|name| *name != "red").collect::<Vec<_>>().join(",");
        let expected: Vec<_> = before.iter().map(|(id, names)| (*id, without(names))).collect();
        assert_eq!(tagged(&app).await, expected);
        assert_eq!(app.acme(&format!("/v1/sim-cards?tag_id={red}")).await["count"], 0);
        other.app.follower.catch_up().await;
        assert_eq!(tagged(&other).await, expected, "the other node has followed");
        assert_eq!(tagged(&app.join().await).await, expected, "the database says the same");
        assert_eq!(app.get(&RIVAL_ADMIN, TAGS).await.body, rivals);
        for gone in [red, NOTHING, 0] {
            assert_eq!(delete(&app, gone).await.refusal(), (400, "GSL.00022004".to_owned()));
        }
        assert_eq!(delete(&app, -1).await.refusal(), (400, "GSL.00020004".to_owned()));
        let again = made(&app, "red").await;
        assert_eq!(app.acme(&format!("/v1/sim-cards?tag_id={again}")).await["count"], 0);
        app.app.fleet.read(app.account("acme")).verify().expect("the indexes hold");
    }
}

#[tokio::test]
async fn batches_replace_tags() {
    // Shows by ids, by ICCIDs in both lengths, by cids and ICCIDs of a file: the cards get exactly these tags, others
    // keep theirs; no tags takes all off; list filter, names and the tag's status follow at once.
    for app in TestApp::on_every_engine().await {
        let (first, second) = (made(&app, "first").await, made(&app, "second").await);
        let before = tagged(&app).await;
        let ids: Vec<i64> = before.iter().map(|(id, _)| *id).collect();
        let both = json!([first, second]);
        let iccid_20 = format!("{ACME_ICCID}7");
        let card = async |iccid: &str| app.acme(&format!("/v1/sim-cards/0?iccid={iccid}")).await;
        let first_card = card(ACME_ICCID).await["sim_card_id"].as_i64().expect("an id");
        let cid = app.acme(&format!("/v1/sim-cards/{}", ids[4])).await["cid"].clone();
        let file = format!("cid,iccid\n{},\n,{ACME_ICCID}\n", cid.as_str().expect("a text"));
        let file = app.upload(&ACME_ADMIN, &file).await;
        let place_of = |id: i64| before.iter().position(|(known, _)| *known == id).expect("a card");
        for (body, changed, names) in [
            (json!({"sim_card_ids": [ids[3], ids[0]], "tag_ids": both}), vec![0, 3], "first,second"),
            (json!({"sim_card_ids": [ids[3], ids[1]], "tag_ids": [second]}), vec![1, 3], "second"),
            (
                json!({"sim_card_ids": [], "iccids": [ACME_ICCID], "tag_ids": [first]}),
                vec![place_of(first_card)],
                "first",
            ),
            (json!({"iccids": [iccid_20]}), vec![place_of(first_card)], ""),
            (
                json!({"file_temp_id": file, "sim_card_ids": [ids[9]], "tag_ids": both}),
                vec![4, place_of(first_card)],
                "first,second",
            ),
            (json!({"sim_card_ids": ids, "tag_ids": []}), (0..ids.len()).collect(), ""),
        ] {
            let mut expected = tagged(&app).await;
            changed.iter().for_each(|index: &usize| expected[*index].1 = names.to_owned());
            assert_eq!(batch_set(&app, body.clone()).await.success(), true, "{body}");
            let now = tagged(&app).await;
            assert_eq!(now, expected, "{:?} {body}", app.engine);
            for (tag, name) in [(first, "first"), (second, "second")] {
                let filtered =
                    app.acme(&format!("/v1/sim-cards?limit=500&tag_id={tag}")).await["count"].clone();
                let carry =
                    now.iter().filter(|(_, names)| names.split(',').any(|other| other == name)).count();
                assert_eq!(filtered, carry, "{body}");
                let status =
                    app.acme(&format!("/v1/tags?tag_name=acme-{name}")).await["tags"][0]["status"].clone();
                assert_eq!(status, i32::from(carry > 0), "{body}");
            }
        }
        assert_eq!(tagged(&app.join().await).await, tagged(&app).await, "the database says the same");
        app.app.fleet.read(app.account("acme")).verify().expect("the indexes hold");
    }
}

#[tokio::test]
async fn batches_are_refused_whole() {
    // Shows every refusal with its code, the kind and the values at fault in the request's order, in both languages;
    // and that none of them changes any card.
    for app in TestApp::on_every_engine().await {
        let tag = made(&app, "tag").await;
        let before = tagged(&app).await;
        let ids: Vec<i64> = before.iter().map(|(id, _)| *id).collect();
        let file = app.upload(&ACME_ADMIN, &format!("iccid\n{ACME_ICCID}\n{RIVAL_ICCID}\n")).await;
        let (card, tags) = (ids[0], json!([tag]));
        let (missing, repeated) = ("GSL.00016053", "GSL.00016054");
        let many = |count: i64| (1..=count).collect::<Vec<i64>>();
        for (body, code, kind, values) in [
            (json!({"tag_ids": tags}), "GSL.00016051", "", String::new()),
            (json!({"sim_card_ids": [], "iccids": [], "tag_ids": tags}), "GSL.00016051", "", String::new()),
            (json!({"sim_card_ids": many(501), "tag_ids": tags}), "GSL.00016051", "", String::new()),
            (json!({"iccids": vec!["x"; 501], "tag_ids": tags}), "GSL.00016051", "", String::new()),
            (json!({"sim_card_ids": [card], "tag_ids": many(11)}), "GSL.00016052", "", String::new()),
            (json!({"file_temp_id": NOTHING, "tag_ids": tags}), "GSL.00012016", "", String::new()),
            (
                json!({"sim_card_ids": [card, -3333, NOTHING, ids[1], 111], "tag_ids": tags}),
                missing,
                "simCardId",
                format!("[-3333, {NOTHING}, 111]"),
            ),
            (
                json!({"iccids": [NO_ICCID, ACME_ICCID, RIVAL_ICCID]}),
                missing,
                "iccid",
                format!("[{NO_ICCID}, {RIVAL_ICCID}]"),
            ),
            (json!({"file_temp_id": file, "tag_ids": tags}), missing, "iccid", format!("[{RIVAL_ICCID}]")),
            (
                json!({"sim_card_ids": [card], "tag_ids": [NOTHING, tag, -1]}),
                missing,
                "tagId",
                format!("[{NOTHING}, -1]"),
            ),
            (
                json!({"sim_card_ids": [card, 3, 2, 2, 3, 3, card]}),
                repeated,
                "simCardId",
                format!("[2, 3, {card}]"),
            ),
            (
                json!({"sim_card_ids": [card], "tag_ids": [tag, 5, tag, 5, 5]}),
                repeated,
                "tagId",
                format!("[{tag}, 5]"),
            ),
            (json!({"iccids": [ACME_ICCID, ACME_ICCID]}), repeated, "iccid", format!("[{ACME_ICCID}]")),
        ] {
            let answer = batch_set(&app, body.clone()).await;
            assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}: {}", answer.body);
            let message = answer.error_message();
            match code {
                "GSL.00016053" => {
                    assert_eq!(
                        message,
                        format!("以下{kind}不存在或没有操作权限, 请重新输入! {kind} : {values}")
                    );
                    let ask =
                        Ask::post(BATCH_SET, &body).token_of(&ACME_ADMIN).with_header("x-language", "en-us");
                    let english = app.send(ask).await.error_message();
                    let expected = format!(
                        "Below {kind} does not exist or no permission, please check! {kind} : {values}"
                    );
                    assert_eq!(english, expected);
                }
                "GSL.00016054" => {
                    assert_eq!(message, format!("以下{kind}重复, 请重新输入! {kind} : {values}"))
                }
                _ => assert!(!message.contains('{'), "{message}"),
            }
            assert_eq!(tagged(&app).await, before, "{body}");
        }
        let all_missing: Vec<i64> = (0..500).map(|number| NOTHING + number).collect();
        let answer = batch_set(&app, json!({"sim_card_ids": all_missing})).await;
        assert_eq!(answer.refusal(), (400, missing.to_owned()));
        let message = answer.error_message();
        assert!(message.chars().count() <= 512 && message.ends_with(", …]"), "{message}");
    }
}
