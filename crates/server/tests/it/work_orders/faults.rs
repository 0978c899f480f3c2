//! What carriers do wrong, one fault at a time: at the end the platform's view is the carrier's, and nothing was
//! executed twice.

use simlink_carriers::CardStatus;
use simlink_carriers::simulator::Knobs;

use super::{all_physical, counts, order, physical, state, stop};
use crate::support::TestApp;

const MINUTE_MS: i64 = 60 * 1000;

/// Moves the clock on in steps, settling at each.
async fn wait(app: &TestApp, minutes: i64) {
    for _ in 0..minutes {
        app.app.clock.advance(MINUTE_MS);
        app.settle().await;
    }
}

/// The platform's state of the card is the carrier's, and no operation was executed twice.
async fn assert_in_step(app: &TestApp, card: i64) {
    let shown = app.acme(&format!("/v1/sim-cards/{card}")).await;
    let simulator = app.simulator("mobile");
    let mut network = simulator.network();
    let iccid = shown["iccid"].as_str().expect("an ICCID").parse().expect("an ICCID");
    let status = network.card(&iccid).map_or(CardStatus::Active, |view| view.status);
    assert_eq!(shown["sim_status"], status.number());
    assert!(network.journal().executed_twice().is_empty());
}

/// Stops a card at a carrier with this fault and waits; the order's status, and how often the carrier executed it.
async fn stop_at(app: &TestApp, knobs: Knobs, minutes: i64) -> (i64, u64) {
    let card = physical(app, 1, 20).await;
    app.turn("mobile", knobs);
    let id = stop(app, card).await.expect("a card in use can be stopped");
    app.settle().await;
    wait(app, minutes).await;
    assert_in_step(app, card).await;
    let executed = app.simulator("mobile").network().journal().executed();
    (counts(app, id).await.0, executed)
}

#[tokio::test]
async fn it_refuses() {
    // Shows on both engines: a refusal ends the order as failed with the carrier's reason; the card stays as it is.
    for app in TestApp::on_every_engine().await {
        let knobs = Knobs { fail_rate: 1.0, ..Knobs::default() };
        assert_eq!(stop_at(&app, knobs, 0).await, (6, 0));
        let page = app.acme("/v1/work-orders").await;
        let id = page["work_orders"][0]["id"].as_i64().expect("an id");
        assert_eq!(order(&app, id).await["fail_reason"], "other: other");
        let details = app.acme(&format!("/v1/work-orders/{id}/details?status=3")).await;
        assert_eq!(details["work_order_details"][0]["description"], "other: other");
    }
}

#[tokio::test]
async fn the_request_is_lost() {
    // Shows on both engines: a request that never arrived is sent again once the carrier says so, and executed once.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        app.turn("mobile", Knobs { lose_request_rate: 1.0, ..Knobs::default() });
        let id = stop(&app, card).await.expect("a card in use can be stopped");
        app.settle().await;
        assert_eq!(counts(&app, id).await.0, 3);
        app.turn("mobile", Knobs::default());
        wait(&app, 2).await;
        assert_eq!(counts(&app, id).await, (4, [1, 1, 0, 0]));
        assert_eq!(app.simulator("mobile").network().journal().executed(), 1);
        assert_in_step(&app, card).await;
    }
}

#[tokio::test]
async fn the_answer_is_lost() {
    // Shows on both engines: an operation that was executed without an answer is inquired about, not repeated.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        app.turn("mobile", Knobs { lose_answer_rate: 1.0, ..Knobs::default() });
        let id = stop(&app, card).await.expect("a card in use can be stopped");
        app.settle().await;
        app.turn("mobile", Knobs::default());
        wait(&app, 2).await;
        assert_eq!(counts(&app, id).await, (4, [1, 1, 0, 0]));
        assert_eq!(app.simulator("mobile").network().journal().executed(), 1);
        assert_in_step(&app, card).await;
    }
}

#[tokio::test]
async fn it_answers_twice_early_or_in_contradiction() {
    // Shows on both engines: pushes that are repeated, come before the answer to the request, or contradict each other
    // end the order once, as the carrier says when asked.
    let accept = Knobs { accept_rate: 1.0, ..Knobs::default() };
    for app in TestApp::on_every_engine().await {
        let knobs = Knobs { duplicate_rate: 1.0, ..accept };
        assert_eq!(stop_at(&app, knobs, 2).await, (4, 1));
    }
    for app in TestApp::on_every_engine().await {
        let knobs = Knobs { early_push_rate: 1.0, ..accept };
        assert_eq!(stop_at(&app, knobs, 0).await, (4, 1), "an early push needs no second look at the clock");
    }
    for app in TestApp::on_every_engine().await {
        let knobs = Knobs { contradict_rate: 1.0, stray_rate: 1.0, ..accept };
        assert_eq!(stop_at(&app, knobs, 2).await, (4, 1));
    }
}

#[tokio::test]
async fn it_never_answers() {
    // Shows on both engines: a carrier that executes and never tells is asked; one that cannot be asked either costs the
    // order its 30 minutes, and the card follows the carrier once it can be asked again.
    for app in TestApp::on_every_engine().await {
        let knobs = Knobs { accept_rate: 1.0, silence_rate: 1.0, ..Knobs::default() };
        assert_eq!(stop_at(&app, knobs, 2).await, (4, 1));
    }
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        app.turn("mobile", Knobs { lose_answer_rate: 1.0, ..Knobs::default() });
        let id = stop(&app, card).await.expect("a card in use can be stopped");
        app.settle().await;
        wait(&app, 31).await;
        assert_eq!((counts(&app, id).await.0, state(&app, card).await), (6, (20, -1)));
        app.turn("mobile", Knobs::default());
        wait(&app, 30).await;
        assert_eq!((counts(&app, id).await.0, state(&app, card).await), (6, (14, 5)));
        assert_in_step(&app, card).await;
    }
}

#[tokio::test]
async fn it_is_down_for_an_hour() {
    // Shows on both engines: the breaker opens, so that few calls are made; what was asked before the outage fails after
    // its 30 minutes, what is asked towards its end is carried out soon after it; another carrier does not notice.
    for app in TestApp::on_every_engine().await {
        let cards = all_physical(&app, 1, 20).await;
        let (early, late) = (cards[0], cards[1]);
        let other = physical(&app, 3, 20).await;
        app.turn("mobile", Knobs { down: true, ..Knobs::default() });
        let first = stop(&app, early).await.expect("it is accepted");
        app.settle().await;
        wait(&app, 31).await;
        assert_eq!(counts(&app, first).await.0, 6);
        wait(&app, 19).await;
        let second = stop(&app, late).await.expect("it is accepted");
        let third = stop(&app, other).await.expect("it is accepted");
        app.settle().await;
        assert_eq!(counts(&app, third).await.0, 4, "the other carrier works");
        wait(&app, 10).await;
        app.turn("mobile", Knobs::default());
        wait(&app, 3).await;
        assert_eq!(counts(&app, second).await.0, 4);
        wait(&app, 15).await;
        assert_in_step(&app, early).await;
        assert_in_step(&app, late).await;
    }
}

#[tokio::test]
async fn it_limits_the_rate() {
    // Shows on both engines: more orders than the carrier takes a second all end well, none of them twice.
    for app in TestApp::on_every_engine().await {
        app.turn("mobile", Knobs { calls_per_second: 1, ..Knobs::default() });
        let cards = all_physical(&app, 1, 20).await;
        assert!(cards.len() >= 3, "only {} cards", cards.len());
        let mut orders = Vec::new();
        for card in &cards {
            orders.push(stop(&app, *card).await.expect("it is accepted"));
        }
        wait(&app, 5).await;
        for (id, card) in orders.into_iter().zip(cards) {
            assert_eq!(counts(&app, id).await.0, 4);
            assert_in_step(&app, card).await;
        }
    }
}
