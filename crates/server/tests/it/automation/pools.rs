//! Pools: members that share their flow, and pools that are billed by it.

use serde_json::json;

use super::{JANUARY, ask, fleets, go_to, look_again, orders, pool_status, states, use_up};

const FORWARD: &str = "acme,501,shared,forward,m30,2023-11-01 00:00:00,\n";
const BACK: &str = "acme,502,billed,back,t100,2023-11-01 00:00:00,50\n";

#[tokio::test]
async fn a_pool_without_flow_stops_its_activated_members_until_an_idle_one_is_activated() {
    // Shows that a member over its own plan is not stopped while the pool has flow; that a pool without any stops exactly
    // its members in use, by one order of source 7; that activating an idle member resumes them; that the pool may
    // run out again in the same cycle, the new member included; and that the next cycle resumes all, whoever used nothing.
    let cards = [
        "1,1,m30,20,501",
        "2,1,m30,20,501",
        "3,1,m30,13,501",
        "4,1,m30,14/5,501",
        "5,1,m30,20,",
        "6,1,m30,20,501",
    ];
    for app in fleets(FORWARD, &cards).await {
        // Four activated members: 120 MB.
        use_up(&app, JANUARY, &[(1, 80), (2, 39), (5, 29)]).await;
        assert_eq!(orders(&app).await, []);
        use_up(&app, JANUARY, &[(2, 40)]).await;
        let now = states(&app, &[1, 2, 3, 4, 5, 6]).await;
        assert_eq!(now, [(14, 3), (14, 3), (13, -1), (14, 5), (20, -1), (14, 3)]);
        assert_eq!(orders(&app).await, [(7, 7, 4, 3)]);

        ask(&app, 3, "enable", &json!({})).await.expect("an idle card");
        app.settle().await;
        let now = states(&app, &[1, 2, 3, 4, 6]).await;
        assert_eq!(now, [(20, -1), (20, -1), (20, -1), (14, 5), (20, -1)]);
        assert_eq!(orders(&app).await[1..], [(6, 3, 4, 3)]);

        use_up(&app, JANUARY, &[(3, 30)]).await;
        assert_eq!(states(&app, &[1, 2, 3, 6]).await, [(14, 3); 4]);
        assert_eq!(orders(&app).await[2..], [(7, 7, 4, 4)]);
        look_again(&app).await;
        assert_eq!(orders(&app).await.len(), 3);
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4, 6]).await, [(20, -1), (20, -1), (20, -1), (14, 5), (20, -1)]);
        assert_eq!(orders(&app).await[3..], [(6, 3, 4, 4)]);
    }
}

#[tokio::test]
async fn a_back_pool_over_its_threshold_is_stopped_until_the_next_cycle() {
    // Shows that the MB above the threshold stops the pool (-1) and its members in use, which no usage of their own
    // stops; that it stays so within the cycle; and that the next one resumes the pool and its members by source 4.
    let cards = ["1,2,t100,20,502", "2,2,t100,20,502", "3,2,t100,13,502", "4,2,t100,20,"];
    for app in fleets(BACK, &cards).await {
        use_up(&app, JANUARY, &[(1, 30), (2, 20)]).await;
        assert_eq!((pool_status(&app).await, orders(&app).await), (json!(2), vec![]));
        use_up(&app, JANUARY, &[(1, 31), (4, 90)]).await;
        assert_eq!(pool_status(&app).await, json!(-1));
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(14, 3), (14, 3), (13, -1), (20, -1)]);
        assert_eq!(orders(&app).await, [(7, 7, 4, 2)]);
        // A correction comes too late for this cycle.
        use_up(&app, JANUARY, &[(1, 1)]).await;
        look_again(&app).await;
        assert_eq!((pool_status(&app).await, orders(&app).await.len()), (json!(-1), 1));
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!((pool_status(&app).await, states(&app, &[1, 2]).await), (json!(2), vec![(20, -1); 2]));
        assert_eq!(orders(&app).await[1..], [(6, 4, 4, 2)]);
    }
}
