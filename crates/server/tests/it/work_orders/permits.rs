//! What a card's state and kind do not permit, and what one operation does to another of its own.

use serde_json::json;
use simlink_fleet::{CardRef, Query};

use super::{all_physical, ask, physical};
use crate::support::{ACME_ADMIN, TestApp};

/// The first of acme's cards that fits.
fn card(app: &TestApp, fits: impl Fn(CardRef<'_>) -> bool) -> i64 {
    let reader = app.app.fleet.read(app.account("acme"));
    let found = reader.select(&Query { limit: 500, ..Query::default() });
    found.cards.into_iter().find(|card| fits(*card)).map(|card| card.id()).expect("the seed has such a card")
}

#[tokio::test]
async fn states_and_kinds_that_permit_no_operation() {
    // Shows on both engines the code that each operation answers for a card that does not permit it, and that no order
    // comes of it.
    for app in TestApp::on_every_engine().await {
        let in_use = physical(&app, 2, 20).await;
        let activatable = physical(&app, 1, 13).await;
        let vsim = card(&app, |card| card.sim_type() == 1 && card.sim_status() == 11);
        let used_up = card(&app, |card| {
            (card.sim_status(), card.operator_status()) == (14, 1) && card.flow_left().unwrap_or(0) <= 0
        });
        let before = app.acme("/v1/work-orders").await["count"].clone();
        for (card, operation, body, code) in [
            (activatable, "stop", json!({}), "GSL.00016020"),
            (used_up, "stop", json!({}), "GSL.00016020"),
            (in_use, "reset", json!({}), "GSL.00016019"),
            (used_up, "reset", json!({}), "GSL.00016012"),
            (in_use, "enable", json!({}), "GSL.00016014"),
            (vsim, "enable", json!({}), "GSL.00016014"),
            (in_use, "speed-limit", json!({"speed_value": 1025}), "GSL.00011016"),
            (activatable, "speed-limit", json!({"speed_value": 1024}), "GSL.00011015"),
        ] {
            assert_eq!(ask(&app, card, operation, &body).await, Err(code.to_owned()), "{operation}");
        }
        assert_eq!(app.acme("/v1/work-orders").await["count"], before);
    }
}

#[tokio::test]
async fn a_card_is_activated_once() {
    // Shows on both engines: an activation while another one is open is GSL.00016015.
    for app in TestApp::on_every_engine().await {
        let fresh = *all_physical(&app, 1, 13).await.first().expect("an activatable card");
        ask(&app, fresh, "enable", &json!({})).await.expect("the first");
        assert_eq!(ask(&app, fresh, "enable", &json!({})).await, Err("GSL.00016015".to_owned()));
    }
}

#[tokio::test]
async fn a_card_is_asked_about_once_at_a_time() {
    // Shows on both engines: a question about a card that is being asked about is GSL.00011007, however often it comes;
    // afterwards the card can be asked about again, and others could all the time.
    for app in TestApp::on_every_engine().await {
        let cards = all_physical(&app, 3, 20).await;
        let target = |card: i64| format!("/v1/sim-cards/{card}/real-named");
        let asked = app.app.live_queries.begin(cards[0]).expect("nobody asks");
        for _ in 0..2 {
            let refused = app.get(&ACME_ADMIN, &target(cards[0])).await;
            assert_eq!(refused.refusal(), (403, "GSL.00011007".to_owned()));
        }
        app.acme(&target(cards[1])).await;
        drop(asked);
        app.acme(&target(cards[0])).await;
    }
}
