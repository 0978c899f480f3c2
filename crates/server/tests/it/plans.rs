//! `GET /v1/price-plans` and `GET /v1/sim-price-plans`.

use serde_json::{Value, json};

use crate::model;
use crate::support::shape::without_ids;
use crate::support::{ACME_ADMIN, RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn the_catalogue_is_the_same_for_everybody() {
    // Shows the body on both engines, and that every account sees it.
    for app in TestApp::on_every_engine().await {
        let catalogue = app.acme("/v1/price-plans?limit=500").await;
        insta::assert_json_snapshot!("price_plans", catalogue);
        assert_eq!(app.get(&RIVAL_ADMIN, "/v1/price-plans?limit=500").await.success(), catalogue);
    }
}

#[tokio::test]
async fn plans_are_filtered() {
    // Shows each filter, a part of the name in any case of letters, its own signs taken literally, and pages.
    for app in TestApp::on_every_engine().await {
        let found = async |query: &str| -> String {
            let body = app.acme(&format!("/v1/price-plans?{query}")).await;
            let plans = body["price_plans"].as_array().expect("a list");
            assert_eq!(body["count"], plans.len(), "{query}");
            let ids: Vec<&str> = plans.iter().filter_map(|plan| plan["price_plan_id"].as_str()).collect();
            ids.join(" ")
        };
        for (query, expected) in [
            ("main_search_key=30M", "m30"),
            ("main_search_key=%E6%9C%88%E5%8C%85", "m30"),
            ("main_search_key=TELECOM", "e102 t100 v102"),
            ("main_search_key=50%25", "u1024"),
            ("main_search_key=%25", "u1024"),
            ("main_search_key=_", "t100"),
            ("main_search_key=%5C", ""),
            ("main_search_key=%27%20OR%201=1", ""),
            ("flow_total=200", "e101 e102"),
            ("network_type=2", "o10 v505"),
            ("location_type=5", "e201"),
            ("carrier_type=101", "e101 v101"),
            ("country_type=7", "e201"),
            ("carrier_type=201&location_type=4", "v201"),
            ("flow_total=9223372036854775807", ""),
            ("main_search_key=&flow_total=10", "o10"),
        ] {
            assert_eq!(found(query).await, expected, "{:?} {query}", app.engine);
        }
        let second = app.acme("/v1/price-plans?limit=10&offset=2").await;
        assert_eq!((&second["count"], second["price_plans"].as_array().map(Vec::len)), (&json!(13), Some(3)));
    }
}

#[tokio::test]
async fn plans_of_cards_are_listed() {
    // Shows the bare array of one card and of all cards, newest first, and that figures, status and dates follow from
    // the imported line on both engines.
    let cards = model::acme_cards();
    for app in TestApp::on_every_engine().await {
        let first = app.acme("/v1/sim-price-plans?sim_card_id=0&iccid=8986100000000000001").await;
        insta::assert_json_snapshot!("sim_price_plans_of_one", without_ids(&first));
        let all = app.acme("/v1/sim-price-plans?limit=500").await;
        let all = all.as_array().expect("a bare array");
        let mut expected: Vec<&model::Line> =
            cards.iter().filter(|card| card.contains_key("price_plan_id")).collect();
        expected.reverse();
        assert_eq!(all.len(), expected.len());
        for (plan, card) in all.iter().zip(expected) {
            let text = |column: &str| card.get(column).map_or(Value::Null, |value| json!(value));
            assert_eq!(plan["cid"], text("cid"));
            assert_eq!(plan["price_plan_id"], text("price_plan_id"));
            assert_eq!(plan["order_id"], text("order_id"));
            let hundredths = |member: &str| (plan[member].as_f64().expect("a figure") * 100.0).round() as i64;
            let figure = |column: &str| card.get(column).and_then(|text| text.parse::<i64>().ok());
            assert_eq!(hundredths("flow_used"), figure("used_hundredths").unwrap_or(0));
            assert_eq!(hundredths("flow_left"), hundredths("flow_total") - hundredths("flow_used"));
            let status = match (card["sim_status"].as_str(), card["operator_status"].as_str()) {
                ("10" | "11" | "13", _) => 1,
                ("30", _) | ("14", "4") => 5,
                ("14", "1") => 3,
                _ => 2,
            };
            assert_eq!(plan["status"], status, "{card:?}");
            assert_eq!(plan["using"], if status == 2 { "1" } else { "0" });
            assert_eq!(plan["active_time"].is_null(), !card.contains_key("act_date"));
        }
        let paged = app.acme("/v1/sim-price-plans?limit=10&offset=2").await;
        assert_eq!(paged.as_array().map(Vec::as_slice), Some(&all[10..20]));
        assert_eq!(app.acme("/v1/sim-price-plans?real_time=true").await.as_array().map(Vec::len), Some(10));
    }
}

#[tokio::test]
async fn plans_of_foreign_and_missing_cards_are_refused() {
    // Shows that a card of another tenant has no plans to list, as one that never existed, and the missing ICCID.
    let app = TestApp::embedded().await;
    let own = app.acme("/v1/sim-cards").await["sim_cards"][0]["sim_card_id"].clone();
    for target in [
        format!("/v1/sim-price-plans?sim_card_id={own}"),
        "/v1/sim-price-plans?sim_card_id=1".to_owned(),
        "/v1/sim-price-plans?sim_card_id=0&iccid=8986100000000000001".to_owned(),
        "/v1/sim-price-plans?iccid=8986100000000000001".to_owned(),
    ] {
        let answer = app.get(&RIVAL_ADMIN, &target).await;
        assert_eq!(answer.refusal(), (400, "GSL.00011001".to_owned()), "{target}");
    }
    let answer = app.get(&ACME_ADMIN, "/v1/sim-price-plans?sim_card_id=0").await;
    assert_eq!(
        (answer.refusal().1.as_str(), answer.error_message().as_str()),
        ("GSL.00010004", "iccid:不能为null")
    );
}
