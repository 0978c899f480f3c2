//! Single cards: out of flow, over their threshold.

use serde_json::json;

use super::{JANUARY, ask, card, fleets, go_to, look_again, orders, states, threshold, use_up};

#[tokio::test]
async fn a_card_without_flow_is_stopped_and_the_next_cycle_resumes_it() {
    // Shows that the last MB of a plan stops its card (1) by one order of source 5, one MB before that does not, and a
    // card of an unlimited plan, an owner's stop and a card of another cycle are left alone; that the owner may not
    // resume it; and that each carrier's next cycle, and not the other's, resumes it with its quota anew.
    let cards = ["1,2,t100,20,", "2,2,t100,20,", "3,3,u1024,20,", "4,2,t100,14/5,", "5,2,,20,"];
    for app in fleets("", &cards).await {
        use_up(&app, JANUARY, &[(1, 99), (2, 100), (3, 1_030), (4, 200), (5, 900)]).await;
        assert_eq!(states(&app, &[1, 2, 3, 4, 5]).await, [(20, -1), (14, 1), (14, 1), (14, 5), (20, -1)]);
        assert_eq!(orders(&app).await, [(7, 5, 4, 2)]);
        assert_eq!(
            ask(&app, 2, "reset", &json!({"down_up_switch": 2})).await,
            Err("GSL.00016012".to_owned())
        );
        use_up(&app, JANUARY, &[(1, 101)]).await;
        assert_eq!((states(&app, &[1]).await, orders(&app).await.len()), (vec![(14, 1)], 2));
        assert_eq!(orders(&app).await[1], (5, 5, 4, 1));

        go_to(&app, "2024-01-26 23:59:59").await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(14, 1); 3]);
        go_to(&app, "2024-01-27 00:01:00").await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(14, 1), (14, 1), (20, -1)]);
        let shown = card(&app, 3).await;
        assert_eq!((&shown["flow_used"], &shown["flow_left"]), (&json!(0), &json!(1024)));
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(20, -1), (20, -1), (20, -1), (14, 5)]);
        assert_eq!(orders(&app).await[2..], [(4, 3, 4, 1), (6, 3, 4, 2)]);
        // Late records of the closed cycle change nothing about the running one.
        use_up(&app, JANUARY, &[(2, 300)]).await;
        look_again(&app).await;
        assert_eq!((states(&app, &[2]).await, orders(&app).await.len()), (vec![(20, -1)], 4));
    }
}

#[tokio::test]
async fn a_correction_gives_a_card_its_flow_back() {
    // Shows that a later file that takes usage back resumes the card, and that it is stopped anew when it runs out again
    // in the same cycle.
    for app in fleets("", &["1,2,t100,20,"]).await {
        for (mb, expected) in [(120, (14, 1)), (90, (20, -1)), (150, (14, 1))] {
            use_up(&app, JANUARY, &[(1, mb)]).await;
            assert_eq!(states(&app, &[1]).await, [expected], "{mb} MB");
        }
        assert_eq!(orders(&app).await, [(5, 5, 4, 1), (4, 3, 4, 1), (5, 5, 4, 1)]);
    }
}

#[tokio::test]
async fn a_card_over_its_threshold_is_stopped_until_its_owner_or_the_next_cycle_resumes_it() {
    // Shows that one MB above the threshold stops the card (2) with its flag, by a rule's order; that a raised threshold
    // permits the owner's resumption but does not resume by itself; that a threshold set below the usage stops at
    // once; and that the next cycle resumes the card.
    for app in fleets("", &["1,2,t100,20,", "2,2,t100,20,"]).await {
        ask(&app, 1, "exceed-cut-net", &threshold(50)).await.expect("Telecom has thresholds");
        use_up(&app, JANUARY, &[(1, 50), (2, 50)]).await;
        assert_eq!(states(&app, &[1, 2]).await, [(20, -1); 2]);
        use_up(&app, JANUARY, &[(1, 51), (2, 51)]).await;
        assert_eq!(states(&app, &[1, 2]).await, [(14, 2), (20, -1)]);
        assert_eq!(card(&app, 1).await["exceed_cut_net_flag"], json!(true));
        assert_eq!(orders(&app).await, [(5, 3, 4, 1)]);

        let reset = json!({"down_up_switch": 2});
        assert_eq!(ask(&app, 1, "reset", &reset).await, Err("GSL.00016012".to_owned()));
        app.app.clock.advance(5 * 60 * 1000);
        ask(&app, 1, "exceed-cut-net", &threshold(60)).await.expect("it can be raised");
        app.settle().await;
        look_again(&app).await;
        assert_eq!(states(&app, &[1]).await, [(14, 2)]);
        ask(&app, 1, "reset", &reset).await.expect("below the threshold again");
        app.settle().await;
        look_again(&app).await;
        assert_eq!(states(&app, &[1]).await, [(20, -1)]);
        assert_eq!(card(&app, 1).await["exceed_cut_net_flag"], json!(false));

        app.app.clock.advance(5 * 60 * 1000);
        ask(&app, 1, "exceed-cut-net", &threshold(10)).await.expect("it can be lowered");
        app.settle().await;
        assert_eq!(states(&app, &[1]).await, [(14, 2)]);
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!(states(&app, &[1]).await, [(20, -1)]);
        assert_eq!(orders(&app).await, [(5, 3, 4, 1), (5, 3, 4, 1), (4, 3, 4, 1)]);
    }
}

#[tokio::test]
async fn a_card_that_came_stopped_for_its_threshold_waits_for_the_next_cycle() {
    // Shows that an imported card, of which nobody knows when it was stopped, is resumed by the next cycle and not before.
    for app in fleets("", &["1,2,t100,14/2,"]).await {
        look_again(&app).await;
        look_again(&app).await;
        assert_eq!((states(&app, &[1]).await, orders(&app).await), (vec![(14, 2)], vec![]));
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!((states(&app, &[1]).await, orders(&app).await), (vec![(20, -1)], vec![(4, 3, 4, 1)]));
    }
}
