//! Looking again changes nothing: repetitions, refusals of the carrier, leaps of the clock, rules that are switched off.

use simlink_carriers::simulator::Knobs;
use simlink_db::{DbError, Tx};

use super::{DAY_MS, JANUARY, fleets, go_to, look_again, orders, states, use_up};
use crate::support::TestApp;
use crate::support::app::{Kind, NOW_MS};

const POOLS: &str =
    "acme,501,shared,forward,m30,2023-11-01 00:00:00,\nacme,502,billed,back,t100,2023-11-01 00:00:00,50\n";
const CARDS: [&str; 8] = [
    "1,2,t100,20,",
    "2,1,m30,20,501",
    "3,1,m30,20,501",
    "4,2,t100,20,502",
    "5,2,t100,20,,expire_time=2024-01-15 10:00:00",
    "6,1,m30,13,,create_time=2023-07-01 00:00:00",
    "7,2,t100,14/4,,expire_time=2023-10-10 23:59:59",
    "8,2,t100,14/2,",
];
const USED: [(usize, i64); 3] = [(1, 100), (2, 61), (4, 51)];

/// What rules have done: rows of orders, firings, changes and marks.
async fn traces(app: &TestApp) -> Vec<i64> {
    let count = |tx: &mut Tx<'_>| {
        ["work_order", "automation_firing", "change_log", "automation_touch", "job"]
            .into_iter()
            .map(|table| tx.get(&format!("SELECT COUNT(*) FROM {table}"), &[], |row| row.get(0)))
            .collect::<Result<Vec<i64>, DbError>>()
    };
    app.app.db.read(count).await.expect("the tables are there")
}

#[tokio::test]
async fn every_rule_fires_once() {
    // Shows that one day brings each rule's work, and that looking again, by every hour of the day or once after it,
    // taking the day's file in again and marking every card leave no trace at all.
    for app in fleets(POOLS, &CARDS).await {
        use_up(&app, JANUARY, &USED).await;
        look_again(&app).await;
        let all: Vec<usize> = (1..=8).collect();
        let expected = [(14, 1), (14, 3), (14, 3), (14, 3), (14, 4), (20, -1), (30, -1), (14, 2)];
        assert_eq!(states(&app, &all).await, expected);
        let (before, placed) = (traces(&app).await, orders(&app).await);
        assert!(placed.iter().all(|order| order.2 == 4), "{placed:?}");
        for _ in 0..12 {
            look_again(&app).await;
        }
        use_up(&app, JANUARY, &USED).await;
        let account = app.account("acme");
        let touch = move |tx: &mut Tx<'_>| {
            let ids = tx.rows("SELECT sim_card_id FROM sim_card", &[], |row| row.get(0))?;
            simlink::automation::touch(tx, account, &ids, NOW_MS)
        };
        app.app.db.write(touch).await.expect("marks");
        app.settle().await;
        app.app.clock.advance(3 * DAY_MS);
        app.settle().await;
        assert_eq!(states(&app, &all).await, expected);
        assert_eq!(traces(&app).await, before);
    }
}

#[tokio::test]
async fn months_in_one_leap_end_as_months_by_the_day() {
    // Shows that a clock that leaps over the turn of two cycles brings the cards to the same states as one that is
    // settled each day, with a purchase that ends and a silent period that ends on the way.
    let cards = [
        "1,2,t100,20,",
        "2,1,m30,20,501",
        "3,1,m30,20,501",
        "4,2,t100,20,502",
        "5,2,t100,20,,expire_time=2024-02-20 23:59:59",
        "6,1,m30,13,,create_time=2023-08-20 00:00:00",
        "7,3,u1024,20,",
    ];
    let all: Vec<usize> = (1..=7).collect();
    let (by_leap, by_day) = (fleets(POOLS, &cards).await, fleets(POOLS, &cards).await);
    for (leaping, walking) in by_leap.iter().zip(&by_day) {
        for app in [leaping, walking] {
            use_up(app, JANUARY, &[(1, 100), (2, 61), (4, 51), (7, 2_000)]).await;
        }
        for _ in 0..50 {
            walking.app.clock.advance(DAY_MS);
            walking.settle().await;
        }
        go_to(leaping, "2024-03-05 12:00:00").await;
        go_to(walking, "2024-03-05 12:00:00").await;
        let expected = [(20, -1), (20, -1), (20, -1), (20, -1), (14, 4), (20, -1), (20, -1)];
        assert_eq!(states(leaping, &all).await, expected);
        assert_eq!(states(walking, &all).await, expected);
    }
}

#[tokio::test]
async fn what_a_carrier_refuses_is_asked_for_again_after_a_while() {
    // Shows that a refused stop is not repeated at once but after half an hour or more, later and later, and that it
    // ends as soon as the carrier takes it.
    for app in fleets("", &["1,2,t100,20,"]).await {
        app.turn("telecom", Knobs { fail_rate: 1.0, ..Knobs::default() });
        use_up(&app, JANUARY, &[(1, 100)]).await;
        use_up(&app, JANUARY, &[(1, 101)]).await;
        assert_eq!((states(&app, &[1]).await, orders(&app).await), (vec![(20, -1)], vec![(5, 5, 6, 1)]));
        let mut counts = Vec::new();
        for _ in 0..9 {
            look_again(&app).await;
            counts.push(orders(&app).await.len());
        }
        // Waits of 30 and 60 minutes, then 2 and 4 hours.
        assert_eq!(counts, [2, 3, 3, 4, 4, 4, 4, 5, 5]);
        app.turn("telecom", Knobs::default());
        app.app.clock.advance(DAY_MS);
        app.settle().await;
        assert_eq!(states(&app, &[1]).await, [(14, 1)]);
        assert_eq!(orders(&app).await[5..], [(5, 5, 4, 1)]);
    }
}

#[tokio::test]
async fn rules_that_are_switched_off_leave_cards_and_no_marks() {
    // Shows that nothing is fired without the setting, and that what is marked meanwhile does not pile up.
    for engine in simlink_db::testing::engines() {
        let app = TestApp::without_cards(engine).await;
        app.import(Kind::Cards, &super::card_file(&["1,2,t100,20,"]), false).await.expect("good cards");
        use_up(&app, JANUARY, &[(1, 100)]).await;
        look_again(&app).await;
        assert_eq!((states(&app, &[1]).await, orders(&app).await), (vec![(20, -1)], vec![]));
        assert_eq!(traces(&app).await[3], 0);
    }
}
