//! `GET /v1/sim-cards-multiply`: the three-network cards.

use serde_json::json;

use crate::model::{self, Line};
use crate::support::shape::without_ids;
use crate::support::{RIVAL_ADMIN, TestApp};

#[tokio::test]
async fn three_network_cards_are_listed() {
    // Shows the body on both engines: newest first, absent networks null, each with the system's policy.
    for app in TestApp::on_every_engine().await {
        insta::assert_json_snapshot!("multi_sims", without_ids(&app.acme("/v1/sim-cards-multiply").await));
        let rival = app.get(&RIVAL_ADMIN, "/v1/sim-cards-multiply").await.success();
        assert_eq!(rival, json!({"limit": 10, "offset": 1, "count": 0, "sim_cards": []}));
    }
}

#[tokio::test]
async fn every_filter_equals_a_recount() {
    // Shows that each filter alone, and all of them together, leave the cards that the file has.
    let mut cards: Vec<Line> =
        model::acme_cards().into_iter().filter(|card| card.contains_key("version")).collect();
    cards.reverse();
    assert_eq!(cards.len(), 6);
    for app in TestApp::on_every_engine().await {
        let found = async |query: &str| -> Vec<String> {
            let body = app.acme(&format!("/v1/sim-cards-multiply?{query}")).await;
            let list = body["sim_cards"].as_array().expect("a list").clone();
            assert_eq!(body["count"], list.len(), "{query}");
            list.iter().map(|card| card["cid"].as_str().expect("a cid").to_owned()).collect()
        };
        let expected = |keep: &dyn Fn(&Line) -> bool| -> Vec<String> {
            cards.iter().filter(|card| keep(card)).map(|card| card["cid"].clone()).collect()
        };
        for column in ["order_id", "cid", "online_carrier", "version"] {
            for value in cards.iter().filter_map(|card| card.get(column)) {
                let is_it = |card: &Line| card.get(column) == Some(value);
                // A cid of more than 20 characters cannot be asked for.
                assert_eq!(found(&format!("{column}={value}")).await, expected(&is_it), "{column}={value}");
            }
        }
        for column in ["iccid", "iccid_mobile", "iccid_unicom", "iccid_telcom"] {
            for value in cards.iter().filter_map(|card| card.get(column)) {
                let is_it = |card: &Line| card.get(column) == Some(value);
                assert_eq!(found(&format!("iccid={value}")).await, expected(&is_it), "{column} {value}");
            }
        }
        let one = app.acme("/v1/sim-cards-multiply").await["sim_cards"][2].clone();
        let (id, cid) = (&one["sim_card_id"], one["cid"].as_str().expect("a cid").to_owned());
        assert_eq!(found(&format!("sim_card_id={id}&cid={cid}")).await, [cid.as_str()]);
        assert!(found(&format!("sim_card_id={id}&version=1&cid=none")).await.is_empty());
        // A card of one network is no three-network card, whoever asks for it.
        let plain = app.acme("/v1/sim-cards/0?iccid=8986100000000000001").await["sim_card_id"].clone();
        assert!(found(&format!("sim_card_id={plain}")).await.is_empty());
    }
}
