//! Each operation and what it changes on the card; the carrier's view is always the platform's.

use serde_json::{Value, json};
use simlink_carriers::{CardStatus, StopCause};

use super::{all_physical, ask, counts, physical, state};
use crate::support::{ACME_ADMIN, RIVAL_ADMIN, TestApp};

/// The members of a card that an operation changes.
async fn members<const N: usize>(app: &TestApp, card: i64, names: [&str; N]) -> [Value; N] {
    let card = app.acme(&format!("/v1/sim-cards/{card}")).await;
    names.map(|name| card[name].clone())
}

#[tokio::test]
async fn each_operation_changes_its_members() {
    // Shows on both engines what each operation leaves on a card of China Telecom, with its order's type.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 2, 20).await;
        let steps: [(&str, Value, i64, &str, Value); 9] = [
            ("cut-net", json!({"action": "ADD"}), 11, "cut_net_flag", json!(true)),
            ("cut-net", json!({"action": "DEL"}), 20, "cut_net_flag", json!(false)),
            ("exceed-cut-net", json!({"action": 1, "quota": 10}), 12, "exceed_cut_net_quota", json!(10)),
            ("exceed-cut-net", json!({"action": "2"}), 21, "exceed_cut_net_quota", json!(null)),
            (
                "bind-device",
                json!({"bind_type": 2, "imei": "490154203237518"}),
                13,
                "imei",
                json!("490154203237518"),
            ),
            ("speed-limit", json!({"speed_value": 1024}), 15, "speed_value", json!(1024)),
            ("clear-real-name", json!({}), 14, "real_named", json!(false)),
            ("stop", json!({}), 5, "sim_status", json!(14)),
            ("reset", json!({}), 4, "sim_status", json!(20)),
        ];
        for (operation, body, kind, member, expected) in steps {
            let id =
                ask(&app, card, operation, &body).await.unwrap_or_else(|code| panic!("{operation}: {code}"));
            app.settle().await;
            assert_eq!(counts(&app, id).await, (4, [1, 1, 0, 0]), "{operation}");
            let order = super::order(&app, id).await;
            assert_eq!((&order["work_order_type"], &order["work_order_source"]), (&json!(kind), &json!(8)));
            assert_eq!(members(&app, card, [member]).await, [expected], "{operation}");
        }
        assert_eq!(members(&app, card, ["imei_bind_remain_times"]).await, [json!(1)]);

        let mut fresh = all_physical(&app, 1, 13).await.into_iter().chain(all_physical(&app, 2, 13).await);
        let has_plan = |id: &i64| {
            let reader = app.app.fleet.read(app.account("acme"));
            reader.by_id(*id).is_some_and(|card| card.price_plan_id().is_some())
        };
        let fresh = fresh.rfind(has_plan).expect("an activatable card with a plan");
        let id = ask(&app, fresh, "enable", &json!({})).await.expect("an activatable card");
        app.settle().await;
        assert_eq!(counts(&app, id).await, (4, [1, 1, 0, 0]));
        let [status, act_date, flow_used] =
            members(&app, fresh, ["sim_status", "act_date", "flow_used"]).await;
        assert_eq!((status, flow_used), (json!(20), json!(0)));
        assert_eq!(act_date, "2024-01-15T03:36:55.000+00:00");
    }
}

#[tokio::test]
async fn three_network_cards_are_moved_and_given_policies() {
    // Shows on both engines: a card moves to another of its networks by id and by cid, not to the one it is on; a
    // policy of its version is set, one of the other version or of nobody is GSL.00015028; a plain card has neither.
    for app in TestApp::on_every_engine().await {
        let list = app.acme("/v1/sim-cards-multiply?limit=50").await;
        let cards = list["sim_cards"].as_array().expect("a list");
        let in_use = |card: &&Value| {
            let reader = app.app.fleet.read(app.account("acme"));
            let id = card["sim_card_id"].as_i64().expect("an id");
            reader.by_id(id).is_some_and(|card| card.sim_status() != 30)
        };
        let at_mobile = |card: &&Value| card["online_carrier"] == 1;
        let card = cards.iter().filter(in_use).find(at_mobile).expect("one at China Mobile");
        let id = card["sim_card_id"].as_i64().expect("an id");
        let cid = card["cid"].as_str().expect("a cid");
        let version = card["version"].as_i64().expect("a version");
        let switch = async |id: i64, body: Value| {
            let path = format!("/v1/sim-cards-multiply/{id}/switch-network");
            app.post_json(&ACME_ADMIN, &path, &body).await.refusal_or_success()
        };
        assert_eq!(switch(id, json!({"carrier_type": 1})).await.1, "GSL.00011063");
        assert_eq!(switch(0, json!({"carrier_type": 3})).await.1, "GSL.00010004");
        assert_eq!(switch(0, json!({"carrier_type": 3, "cid": cid})).await.0, 200);
        app.settle().await;
        let online = async || {
            let list = app.acme(&format!("/v1/sim-cards-multiply?sim_card_id={id}")).await;
            list["sim_cards"][0]["online_carrier"].clone()
        };
        assert_eq!(online().await, 3);
        let plain = physical(&app, 1, 20).await;
        assert_eq!(switch(plain, json!({"carrier_type": 3})).await.1, "GSL.00011015");

        let set = async |id: i64, policy: i64| {
            ask(&app, id, "network-switch-policy/set", &json!({"network_switch_policy_id": policy})).await
        };
        assert_eq!(set(id, 3 - version).await, Err("GSL.00015028".to_owned()));
        assert_eq!(set(id, 999).await, Err("GSL.00015028".to_owned()));
        assert_eq!(set(plain, version).await, Err("GSL.00011015".to_owned()));
        let order = set(id, version).await.expect("a policy of its version");
        app.settle().await;
        assert_eq!(counts(&app, order).await, (4, [1, 1, 0, 0]));
    }
}

#[tokio::test]
async fn the_carrier_is_asked_who_is_registered() {
    // Shows on both engines: the carrier's answer is stored and listed; overseas cards are GSL.00011015; a carrier that
    // cannot be reached is GSL.00010005 and changes nothing.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 3, 20).await;
        let shown = app.acme(&format!("/v1/sim-cards/{card}")).await;
        let iccid = shown["iccid"].as_str().expect("an ICCID").to_owned();
        let before = shown["real_named"].as_bool().expect("a flag");
        let asked = app.acme(&format!("/v1/sim-cards/{card}/real-named")).await;
        assert_eq!(asked, json!({"iccid": iccid, "real_named": before}));
        {
            let simulator = app.simulator("unicom");
            let mut network = simulator.network();
            let iccid = iccid.parse().expect("an ICCID");
            let mut view = network.card(&iccid).expect("the network knows it").clone();
            view.real_named = Some(!before);
            network.put_card(iccid, view);
        }
        let asked = app.acme(&format!("/v1/sim-cards/0/real-named?iccid={iccid}")).await;
        assert_eq!(asked["real_named"], !before);
        assert_eq!(app.acme(&format!("/v1/sim-cards/{card}")).await["real_named"], !before);

        let down = simlink_carriers::simulator::Knobs { down: true, ..Default::default() };
        app.turn("unicom", down);
        let refused = app.get(&ACME_ADMIN, &format!("/v1/sim-cards/{card}/real-named")).await;
        assert_eq!(refused.refusal(), (500, "GSL.00010005".to_owned()));
        let overseas = physical(&app, 4, 20).await;
        let refused = app.get(&ACME_ADMIN, &format!("/v1/sim-cards/{overseas}/real-named")).await;
        assert_eq!(refused.refusal(), (403, "GSL.00011015".to_owned()));
    }
}

#[tokio::test]
async fn a_card_changed_by_its_carrier_is_followed() {
    // Shows on both engines: a card that the carrier stops on its own is listed with its cause, logged, and followed
    // back; another account's list does not change.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        let iccid =
            app.acme(&format!("/v1/sim-cards/{card}")).await["iccid"].as_str().expect("one").to_owned();
        let rival = app.get(&RIVAL_ADMIN, "/v1/sim-cards?limit=500").await.success();
        // The network meets the card with the first question about it.
        app.acme(&format!("/v1/sim-cards/{card}/real-named")).await;
        for (to, cause, expected) in [
            (CardStatus::Suspended, Some(StopCause::Violation), (14, 6)),
            (CardStatus::Active, None, (20, -1)),
            (CardStatus::Retired, None, (30, -1)),
        ] {
            let now_ms = app.app.clock.now_ms();
            let parsed = iccid.parse().expect("an ICCID");
            app.simulator("mobile").network().change_card(now_ms, &parsed, to, cause, true);
            app.settle().await;
            assert_eq!(state(&app, card).await, expected);
        }
        assert_eq!(app.get(&RIVAL_ADMIN, "/v1/sim-cards?limit=500").await.success(), rival);
    }
}

#[tokio::test]
async fn a_card_bound_to_the_device_it_is_in_shows_that_device() {
    // Shows on both engines: bind_type 1 names no device; the carrier is asked afterwards which one it was.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        assert_eq!(members(&app, card, ["imei"]).await, [json!(null)]);
        ask(&app, card, "bind-device", &json!({"bind_type": 1})).await.expect("a card in use can be bound");
        app.settle().await;
        assert_eq!(members(&app, card, ["imei"]).await, [json!("490154203237518")]);
    }
}
