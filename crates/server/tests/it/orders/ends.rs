//! What happens as plans end: the next one takes over, or the same one goes on.

use serde_json::{Value, json};
use simlink_db::testing::engines;

use super::{DAY_MS, buy, expires, flows, orders, plans_of, used, with_cards};
use crate::support::TestApp;

#[tokio::test]
async fn the_next_plan_takes_over_from_one_that_is_used_up() {
    // Shows an eSIM with three plans, one in use: as the first is used up the second begins with what is beyond it, then
    // the third; days after the take-over are the new one's; the next cycle begins with the last alone; and that
    // looking again changes nothing.
    for app in TestApp::on_every_engine().await {
        with_cards(&app, &["1,2,101,20,-1,e-first,2025-01-31 23:59:59"]).await;
        buy(&app, "e-second", &[1]).await;
        buy(&app, "e-first", &[1]).await;
        used(&app, &[(1, 20_240_110, "99")]).await;
        app.app.clock.advance(3_600_000);
        app.settle().await;
        let waiting = [
            json!(["e-first", 2, 100, 99, 1]),
            json!(["e-second", 1, 20, 0, 20]),
            json!(["e-first", 1, 100, 0, 100]),
        ];
        assert_eq!(
            (flows(&app, 1).await, plans_of(&app, 1).await),
            ([json!(99), json!(1)], waiting.to_vec())
        );

        used(&app, &[(1, 20_240_114, "6")]).await;
        app.app.clock.advance(3_600_000);
        for _ in 0..2 {
            app.settle().await;
            let plans = plans_of(&app, 1).await;
            assert_eq!(plans[..2], [json!(["e-first", 3, 100, 100, 0]), json!(["e-second", 2, 20, 5, 15])]);
            assert_eq!(flows(&app, 1).await, [json!(105), json!(15)]);
            // Seven days, today the first.
            assert_eq!(expires(&app, 1).await, json!("2024-01-21T15:59:59.000+00:00"));
        }
        used(&app, &[(1, 20_240_115, "16")]).await;
        app.app.clock.advance(3_600_000);
        app.settle().await;
        let plans = plans_of(&app, 1).await;
        let expected = [
            json!(["e-first", 3, 100, 100, 0]),
            json!(["e-second", 3, 20, 20, 0]),
            json!(["e-first", 2, 100, 1, 99]),
        ];
        assert_eq!((plans, flows(&app, 1).await), (expected.to_vec(), [json!(121), json!(99)]));
        // A correction of the first days is the first plan's.
        used(&app, &[(1, 20_240_110, "50")]).await;
        assert_eq!(plans_of(&app, 1).await[0], json!(["e-first", 3, 100, 72, 28]));
        app.app.clock.advance(17 * DAY_MS);
        app.settle().await;
        assert_eq!(flows(&app, 1).await, [json!(0), json!(100)]);
    }
}

#[tokio::test]
async fn the_next_plan_takes_over_from_one_that_ended() {
    // Shows that a plan which waits begins where the one in use ends, on its own count, and that one bought afterwards
    // begins with its purchase.
    for app in TestApp::on_every_engine().await {
        let cards =
            ["1,2,101,20,-1,e-first,2024-01-20 23:59:59", "2,2,101,20,-1,e-first,2024-01-20 23:59:59"];
        with_cards(&app, &cards).await;
        used(&app, &[(1, 20_240_110, "3")]).await;
        buy(&app, "e-second", &[1]).await;
        app.app.clock.advance(8 * DAY_MS);
        used(&app, &[(1, 20_240_122, "4"), (2, 20_240_122, "4")]).await;
        buy(&app, "e-second", &[2]).await;
        app.settle().await;
        let first = [json!(["e-first", 5, 100, 3, 97]), json!(["e-second", 2, 20, 4, 16])];
        assert_eq!((plans_of(&app, 1).await, flows(&app, 1).await), (first.to_vec(), [json!(7), json!(16)]));
        assert_eq!(expires(&app, 1).await, json!("2024-01-27T15:59:59.000+00:00"));
        let second = [json!(["e-first", 5, 100, 4, 96]), json!(["e-second", 2, 20, 0, 20])];
        assert_eq!((plans_of(&app, 2).await, flows(&app, 2).await), (second.to_vec(), [json!(4), json!(20)]));
        assert_eq!(expires(&app, 2).await, json!("2024-01-29T15:59:59.000+00:00"));
    }
}

#[tokio::test]
async fn plans_renew_themselves() {
    // Shows that a plan which renews itself goes on for a period on its last day, each time with an order, month after
    // month; not the one behind which another waits, not one that ended long ago, and no other.
    for engine in engines() {
        let app = TestApp::without_cards(engine).await;
        let cards = [
            "1,3,1,20,-1,m-auto,2024-01-31 23:59:59",
            "2,3,1,20,-1,m-now,2024-01-31 23:59:59",
            "3,2,101,20,-1,e-auto,2024-01-31 23:59:59",
            "4,3,1,20,-1,m-auto,2023-11-30 23:59:59",
            "5,3,1,20,-1,m-auto,2024-01-10 23:59:59",
            "6,3,1,30,-1,m-auto,2024-01-31 23:59:59",
        ];
        with_cards(&app, &cards).await;
        buy(&app, "e-second", &[3]).await;
        let ends = async || {
            let mut ends = Vec::new();
            for number in 1..=6 {
                ends.push(expires(&app, number).await.as_str().map(|end| end[..10].to_owned()));
            }
            ends.into_iter().map(|end| json!(end)).collect::<Vec<Value>>()
        };
        let mut expected =
            ["2024-01-31", "2024-01-31", "2024-01-31", "2023-11-30", "2024-01-31", "2024-01-31"]
                .map(|end| json!(end));
        app.app.clock.advance(600_000);
        app.settle().await;
        assert_eq!(ends().await, expected);
        // To the 31st, before noon: the last day of the plans.
        app.app.clock.advance(16 * DAY_MS);
        expected[0] = json!("2024-02-29");
        expected[4] = json!("2024-02-29");
        for _ in 0..2 {
            app.settle().await;
            assert_eq!(ends().await, expected);
            assert_eq!(orders(&app, "kind=renewal").await["count"], json!(2));
        }
        app.app.clock.advance(29 * DAY_MS);
        app.settle().await;
        expected[0] = json!("2024-03-31");
        expected[4] = json!("2024-03-31");
        let ended = ends().await;
        assert_eq!((&ended[..2], &ended[3..]), (&expected[..2], &expected[3..]));
        let orders = orders(&app, "kind=renewal&status=completed").await;
        assert_eq!(orders["count"], json!(3));
        assert_eq!(
            (&orders["orders"][0]["quantity"], &orders["orders"][0]["price"]),
            (&json!(2), &json!(1200))
        );
    }
}
