//! When an order ends and what stands in the way of the next one (behaviour, section 2).

use serde_json::json;
use simlink::sims::control::order_card;
use simlink::work_orders::{NewOrder, Source, place_many};
use simlink_carriers::simulator::Knobs;
use simlink_carriers::{Operation, StopCause};

use super::{counts, order, physical, reset, state, stop};
use crate::support::TestApp;

const MINUTE_MS: i64 = 60 * 1000;

#[tokio::test]
async fn a_stop_and_a_resumption_end_well() {
    // Shows on both engines: a stop is in processing at once, and after settling the card is 14/5, its order 4 with
    // 1/1/0/0 and both times; a resumption likewise; the body of both lists.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        let stopped = stop(&app, card).await.expect("a card in use can be stopped");
        assert_eq!(counts(&app, stopped).await, (3, [1, 0, 0, 1]));
        assert_eq!(order(&app, stopped).await["finish_time"], json!(null));
        assert_eq!(state(&app, card).await, (20, -1));
        app.app.clock.advance(1_000);
        app.settle().await;
        assert_eq!(state(&app, card).await, (14, 5));
        assert_eq!(counts(&app, stopped).await, (4, [1, 1, 0, 0]));
        let shown = order(&app, stopped).await;
        assert_eq!(shown["create_time"], "2024-01-15T03:36:55.000+00:00");
        assert_eq!(shown["finish_time"], "2024-01-15T03:36:56.000+00:00");

        app.app.clock.advance(MINUTE_MS);
        let resumed = reset(&app, card).await.expect("a stopped card can be resumed");
        app.settle().await;
        assert_eq!(state(&app, card).await, (20, -1));
        assert_eq!(counts(&app, resumed).await, (4, [1, 1, 0, 0]));

        let mut page = app.acme("/v1/work-orders").await;
        let mut details = app.acme(&format!("/v1/work-orders/{resumed}/details")).await;
        for row in page["work_orders"].as_array_mut().expect("a list") {
            row["id"] = json!("masked");
        }
        for row in details["work_order_details"].as_array_mut().expect("a list") {
            (row["id"], row["sim_card_id"]) = (json!("masked"), json!("masked"));
        }
        insta::assert_json_snapshot!("work_orders", page);
        insta::assert_json_snapshot!("work_order_details", details);
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_second_order() {
    // Shows on both engines: while a stop is open, GSL.00016010; after it ended, but within five minutes after it was
    // accepted, the state's own code, and for a card that is in use again GSL.00016016; from five minutes on, nothing.
    for app in TestApp::on_every_engine().await {
        let card = physical(&app, 1, 20).await;
        stop(&app, card).await.expect("the first");
        assert_eq!(stop(&app, card).await, Err("GSL.00016010".to_owned()));
        app.settle().await;
        assert_eq!(stop(&app, card).await, Err("GSL.00016020".to_owned()));
        reset(&app, card).await.expect("another operation does not repeat the first");
        assert_eq!(reset(&app, card).await, Err("GSL.00016009".to_owned()));
        app.settle().await;
        assert_eq!(stop(&app, card).await, Err("GSL.00016016".to_owned()));
        app.app.clock.advance(5 * MINUTE_MS - 1);
        assert_eq!(stop(&app, card).await, Err("GSL.00016016".to_owned()));
        app.app.clock.advance(1);
        stop(&app, card).await.expect("five minutes later");
    }
}

#[tokio::test]
async fn an_order_without_an_answer_is_in_nobodys_way_after_thirty_minutes() {
    // Shows on both engines: an order that the carrier accepted and says nothing of blocks a second one for 30 minutes,
    // is then closed as failed by whoever comes first, a retry or the sweep, and what the carrier does later changes
    // the card, but not the closed order.
    for by_sweep in [false, true] {
        for app in TestApp::on_every_engine().await {
            let card = physical(&app, 1, 20).await;
            let silent = Knobs {
                accept_rate: 1.0,
                silence_rate: 1.0,
                push_delay_ms: 90 * 60 * 1000,
                ..Knobs::default()
            };
            app.turn("mobile", silent);
            let first = stop(&app, card).await.expect("the first");
            app.settle().await;
            assert_eq!(counts(&app, first).await, (3, [1, 0, 0, 1]));
            app.app.clock.advance(30 * MINUTE_MS - 1);
            assert_eq!(stop(&app, card).await, Err("GSL.00016010".to_owned()), "by sweep: {by_sweep}");
            app.app.clock.advance(1);
            app.turn("mobile", Knobs::default());
            if by_sweep {
                app.app.clock.advance(MINUTE_MS);
                app.settle().await;
                assert_eq!(counts(&app, first).await, (6, [1, 0, 1, 0]));
            }
            let second = stop(&app, card).await.expect("it is in nobody's way any more");
            assert_eq!(counts(&app, first).await, (6, [1, 0, 1, 0]));
            let reason = order(&app, first).await["fail_reason"].as_str().expect("a reason").to_owned();
            assert!(reason.contains("within the time allowed"), "{reason}");
            app.settle().await;
            assert_eq!(counts(&app, second).await, (4, [1, 1, 0, 0]));
            assert_eq!(state(&app, card).await, (14, 5));

            reset(&app, card).await.expect("a stopped card can be resumed");
            app.settle().await;
            assert_eq!(state(&app, card).await, (20, -1));
            // The carrier now does what it accepted at first: the card follows, the order stays failed.
            for _ in 0..30 {
                app.app.clock.advance(5 * MINUTE_MS);
                app.settle().await;
            }
            assert_eq!(state(&app, card).await, (14, 5));
            assert_eq!(counts(&app, first).await, (6, [1, 0, 1, 0]));
            assert!(app.simulator("mobile").network().journal().executed_twice().is_empty());
        }
    }
}

#[tokio::test]
async fn an_order_that_never_began_hides_no_open_one() {
    // Shows on both engines: while a stop is open, stops of many cards fail for its card at once, each time.
    for app in TestApp::on_every_engine().await {
        app.turn("mobile", Knobs { down: true, ..Knobs::default() });
        let card = physical(&app, 1, 20).await;
        let open = stop(&app, card).await.expect("a card in use can be stopped");
        let other = physical(&app, 2, 20).await;
        for _ in 0..2 {
            let cards = {
                let reader = app.app.fleet.read(app.account("acme"));
                [card, other].map(|id| order_card(reader.by_id(id).expect("it is listed"))).to_vec()
            };
            let order = NewOrder {
                account: app.account("acme"),
                operation: Operation::Stop,
                source: Source::Rule,
                cards,
                request: None,
                stop_cause: StopCause::Requested.number(),
                reviewed: false,
                actor: "test".to_owned(),
            };
            let (engine, now_ms) = (app.app.engine.clone(), app.app.clock.now_ms());
            let placed = app.app.db.write(move |tx| place_many(&engine, tx, &order, now_ms)).await;
            app.settle().await;
            assert_eq!(counts(&app, placed.expect("it is placed")).await, (4, [2, 1, 1, 0]));
        }
        assert_eq!(counts(&app, open).await, (3, [1, 0, 0, 1]));
    }
}
