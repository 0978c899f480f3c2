//! `GET /v1/sim-cards` and `GET /v1/sim-cards/{sim_card_id}`.

use serde_json::{Value, json};
use simlink::randomness::Randomness;

use crate::model::{self, Line};
use crate::support::seeds::{ACME_CARDS, RIVAL_CARDS};
use crate::support::shape::without_ids;
use crate::support::{ACME_ADMIN, Ask, RIVAL_ADMIN, TestApp};

const SORT_KEYS: [&str; 5] = ["cid", "flow_used", "flow_left", "act_date", "expire_time"];

/// Filters by name with a value each. `main1` and `tag` stand for what [`target`] makes of them.
type Filters = Vec<(&'static str, String)>;

/// The query of a list; tags by name become ids.
fn target(filters: &Filters, sort: Option<(&str, bool)>, tags: &Value) -> String {
    let mut pairs: Vec<String> = Vec::new();
    for (name, value) in filters {
        match *name {
            "tag" => pairs.extend(value.split(',').map(|name| format!("tag_id={}", tag_id(tags, name)))),
            "main1" | "main2" | "main3" => {
                pairs.push(format!("main_search_type={}&main_search_key={value}", &name[4..]));
            }
            name => pairs.push(format!("{name}={value}")),
        }
    }
    if let Some((key, descending)) = sort {
        pairs.push(format!("sort={key}&order={}", if descending { "desc" } else { "asc" }));
    }
    format!("/v1/sim-cards?{}", pairs.join("&"))
}

fn tag_id(tags: &Value, name: &str) -> i64 {
    let tags = tags["tags"].as_array().expect("a list");
    let tag = tags.iter().find(|tag| tag["tag_name"] == name).expect("a tag of the seed");
    tag["id"].as_i64().expect("an id")
}

/// All pages of a list, ten cards each: the ICCIDs, in order. Each page must name the same count.
async fn all_pages(app: &TestApp, target: &str) -> Vec<String> {
    let mut iccids = Vec::new();
    for page in 1.. {
        let body = app.acme(&format!("{target}&limit=10&offset={page}")).await;
        let cards = body["sim_cards"].as_array().expect("a list");
        iccids.extend(cards.iter().map(|card| card["iccid"].as_str().expect("an ICCID").to_owned()));
        let count = body["count"].as_u64().expect("a count") as usize;
        assert_eq!((&body["limit"], &body["offset"]), (&json!(10), &json!(page)), "{target}");
        if iccids.len() >= count || cards.is_empty() {
            assert_eq!(iccids.len(), count, "{target}");
            return iccids;
        }
    }
    unreachable!("the pages end")
}

/// Every filter with every value that some card has, and one that none has.
fn single_filters(cards: &[Line]) -> Filters {
    let mut filters = Vec::new();
    for (name, column) in [
        ("sim_status", "sim_status"),
        ("device_status", "device_status"),
        ("sim_type", "sim_type"),
        ("msisdn", "msisdn"),
        ("customer_attribute1", "customer_attribute1"),
        ("customer_attribute2", "customer_attribute2"),
        ("customer_attribute6", "customer_attribute6"),
        ("order_id", "order_id"),
        ("price_plan_id", "price_plan_id"),
        ("pool_flag", "pool_flag"),
        ("main1", "iccid"),
        ("main1", "cid"),
        ("main2", "order_id"),
        ("main3", "imei"),
    ] {
        let mut values: Vec<&String> = cards.iter().filter_map(|card| card.get(column)).collect();
        values.sort();
        values.dedup();
        assert!(!values.is_empty(), "no card of the seed has {column}");
        filters.extend(values.into_iter().take(8).map(|value| (name, value.clone())));
        filters.push((name, if name == "main3" { "x" } else { "97" }.to_owned()));
    }
    for (name, values) in [
        ("real_named", vec!["true", "false"]),
        ("filter_downtime_period", vec!["true", "false"]),
        ("order_ids", vec!["7001,7003", "1,2", "7000"]),
        ("price_plan_id", vec!["m30,e101,none", "none"]),
        ("tag", vec!["CANARY-acme-red", "CANARY-acme-blue,CANARY-acme-green"]),
        ("min_used_flow", vec!["0", "29", "2147483647"]),
        ("max_used_flow", vec!["0", "58", "2147483647"]),
        ("min_left_flow", vec!["0", "100", "2147483647"]),
        ("max_left_flow", vec!["0", "100", "2147483647"]),
        // 19 digits of a card that is stored with 20.
        ("main1", vec!["8986100000000000003", "8986100000000000001"]),
    ] {
        filters.extend(values.into_iter().map(|value| (name, value.to_owned())));
    }
    filters
}

#[tokio::test]
async fn lists_equal_a_naive_recount() {
    // Shows that every filter, pairs and triples of filters, and every sort in both directions give on both engines
    // exactly the cards, order, pages and count that a recount of the imported file gives.
    let (cards, randomness) = (model::acme_cards(), Randomness::seeded(11));
    let singles = single_filters(&cards);
    let sorts: Vec<Option<(&str, bool)>> = std::iter::once(None)
        .chain(SORT_KEYS.iter().flat_map(|key| [Some((*key, false)), Some((*key, true))]))
        .collect();
    let pick = |among: usize| usize::from(u16::from_le_bytes(randomness.bytes())) % among;
    let mut asked: Vec<(Filters, Option<(&str, bool)>)> =
        singles.iter().map(|filter| (vec![filter.clone()], None)).collect();
    asked.extend(sorts.iter().map(|sort| (Vec::new(), *sort)));
    for number in 0..300 {
        let mut filters: Filters = Vec::new();
        for _ in 0..2 + number % 2 {
            let filter = singles[pick(singles.len())].clone();
            let is_new = |known: &(&str, String)| {
                known.0 != filter.0 && !(known.0.starts_with("main") && filter.0.starts_with("main"))
            };
            if filters.iter().all(is_new) {
                filters.push(filter);
            }
        }
        asked.push((filters, sorts[pick(sorts.len())]));
    }
    let expected: Vec<Vec<String>> =
        asked.iter().map(|(filters, sort)| model::list(&cards, filters, *sort)).collect();
    let full = expected.iter().filter(|iccids| !iccids.is_empty()).count();
    assert!(full > asked.len() / 3, "only {full} of {} queries find anything", asked.len());
    for app in TestApp::on_every_engine().await {
        let tags = app.acme("/v1/tags").await;
        for ((filters, sort), expected) in asked.iter().zip(&expected) {
            let target = target(filters, *sort, &tags);
            assert_eq!(&all_pages(&app, &target).await, expected, "{:?} {target}", app.engine);
        }
    }
}

#[tokio::test]
async fn bodies_are_the_same_on_both_engines() {
    // Shows the first page of the list and one card of each kind, byte for byte the same on both engines but for ids.
    for app in TestApp::on_every_engine().await {
        let list = app.acme("/v1/sim-cards?sort=cid").await;
        insta::assert_json_snapshot!("sim_cards_by_cid", without_ids(&list));
        for (name, iccid) in [
            ("physical_in_use", "89861000000000000007"),
            ("stopped", "8986100000000000001"),
            ("vsim_testable", "8986100000000000002"),
            ("esim_inactive", "8986100000000000004"),
            ("three_network", "8986100000000000050"),
        ] {
            let card = app.acme(&format!("/v1/sim-cards/0?iccid={iccid}")).await;
            insta::assert_json_snapshot!(format!("sim_card_{name}"), without_ids(&card));
        }
    }
}

#[tokio::test]
async fn one_card_is_found_by_each_of_its_names() {
    // Shows detail by id, by ICCID of 19 or 20 digits in query or body, by the ICCIDs of a three-network card, and
    // that the id wins; a three-network card is found at each carrier.
    for app in TestApp::on_every_engine().await {
        let newest = app.acme("/v1/sim-cards?limit=10").await["sim_cards"][0].clone();
        let id = newest["sim_card_id"].as_i64().expect("an id");
        assert_eq!(app.acme(&format!("/v1/sim-cards/{id}")).await, newest);
        assert_eq!(app.acme(&format!("/v1/sim-cards/{id}?iccid=8986100000000000001")).await, newest);
        for iccid in ["89861000000000000037", "8986100000000000003"] {
            let card = app.acme(&format!("/v1/sim-cards/0?iccid={iccid}")).await;
            assert_eq!(card["iccid"], "89861000000000000037");
        }
        for iccid in ["8986180000000000052", "8986170000000000052", "8986160000000000052"] {
            let card = app.acme(&format!("/v1/sim-cards/0?iccid={iccid}")).await;
            assert_eq!(card["iccid"], "8986100000000000052");
        }
        let twin = Ask::get("/v1/sim-cards/0").with_json(&json!({"iccid": "8986100000000000001", "x": 1}));
        let twin = app.send(twin.token_of(&ACME_ADMIN)).await.success();
        assert_eq!(twin["iccid"], "8986100000000000001");
        let number = Ask::get("/v1/sim-cards/0").with_body("{\"iccid\": 8986100000000000001}");
        assert_eq!(app.send(number.token_of(&ACME_ADMIN)).await.success(), twin);
    }
}

#[tokio::test]
async fn missing_cards_and_names_are_refused() {
    // Shows the error of an unknown id, of an unknown ICCID, of neither, and of a search key without its type.
    let app = TestApp::embedded().await;
    for (target, code, message) in [
        ("/v1/sim-cards/1", "GSL.00011001", "sim卡不存在或没有SIM卡的访问权限!"),
        ("/v1/sim-cards/0?iccid=8986199999999999999", "GSL.00011001", "sim卡不存在或没有SIM卡的访问权限!"),
        ("/v1/sim-cards/0", "GSL.00010004", "iccid:不能为null"),
        ("/v1/sim-cards?main_search_key=8986100000000000001", "GSL.00010004", "main_search_type:不能为null"),
        ("/v1/sim-cards?main_search_type=2&main_search_key=x", "GSL.00010004", "main_search_key:必须是整数"),
    ] {
        let answer = app.get(&ACME_ADMIN, target).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{target}");
        assert_eq!(answer.error_message(), message, "{target}");
    }
}

#[tokio::test]
async fn tenants_see_their_own_fleet_only() {
    // Shows that each tenant counts its own cards, also when it asks for the other's numbers, tags and batches, and
    // that an account without cards has an empty list.
    for app in TestApp::on_every_engine().await {
        let count = async |person, target: &str| app.get(person, target).await.success()["count"].clone();
        assert_eq!(count(&ACME_ADMIN, "/v1/sim-cards").await, json!(ACME_CARDS));
        assert_eq!(count(&RIVAL_ADMIN, "/v1/sim-cards").await, json!(RIVAL_CARDS));
        assert_eq!(count(&crate::support::OPERATOR, "/v1/sim-cards").await, json!(0));
        let red = tag_id(&app.acme("/v1/tags").await, "CANARY-acme-red");
        for target in [
            format!("/v1/sim-cards?tag_id={red}"),
            "/v1/sim-cards?order_id=7001".to_owned(),
            "/v1/sim-cards?main_search_type=1&main_search_key=8986100000000000001".to_owned(),
            "/v1/sim-cards?customer_attribute1=CANARY-acme-region-1".to_owned(),
        ] {
            assert_ne!(count(&ACME_ADMIN, &target).await, json!(0), "{target}");
            assert_eq!(count(&RIVAL_ADMIN, &target).await, json!(0), "{target}");
        }
    }
}

#[tokio::test]
async fn lists_accept_repeated_keys_and_commas() {
    // Shows that the elements of a list may repeat their key or be separated by commas, and that the page beyond the
    // last is empty with the exact count.
    let app = TestApp::embedded().await;
    let commas = app.acme("/v1/sim-cards?order_ids=7001,7002").await;
    assert_eq!(app.acme("/v1/sim-cards?order_ids=7001&order_ids=7002").await, commas);
    assert_eq!(app.acme("/v1/sim-cards?order_ids=7001%2C7002&order_ids=").await, commas);
    let beyond = app.acme("/v1/sim-cards?offset=1000000&limit=500").await;
    assert_eq!(beyond, json!({"limit": 500, "offset": 1_000_000, "count": ACME_CARDS, "sim_cards": []}));
    let whole = app.acme("/v1/sim-cards?limit=500").await;
    assert_eq!(whole["sim_cards"].as_array().map(Vec::len), Some(ACME_CARDS));
}
