//! What time alone brings about: expiry, retention, the silent period, on both sides of each moment and by leaps.

use serde_json::json;

use super::{card, fleets, go_to, orders, states};

#[tokio::test]
async fn a_card_is_stopped_with_its_plan_and_disassembled_after_the_retention_window() {
    // Shows that the last second of a plan belongs to it; that a card in use, or stopped for its flow, then counts as
    // expired (4) by an order of source 6, an owner's stop does not; that after 90 days, and not before, it is
    // disassembled (30) without an order and shows no flow.
    let end = "expire_time=2024-01-20 23:59:59";
    let cards = [format!("1,2,t100,20,,{end}"), format!("2,2,t100,14/1,,flow_used=100,{end}")];
    let owner = format!("3,2,t100,14/5,,{end}");
    let cards = [cards[0].as_str(), cards[1].as_str(), owner.as_str(), "4,2,t100,20,"];
    for app in fleets("", &cards).await {
        go_to(&app, "2024-01-20 23:59:59").await;
        assert_eq!(orders(&app).await, []);
        go_to(&app, "2024-01-21 00:00:00").await;
        let expired = [(14, 4), (14, 4), (14, 5), (20, -1)];
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, expired);
        assert_eq!(orders(&app).await, [(7, 6, 4, 2)]);
        go_to(&app, "2024-04-19 23:00:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, expired);
        go_to(&app, "2024-04-20 01:00:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(30, -1), (30, -1), (14, 5), (20, -1)]);
        assert_eq!(orders(&app).await.len(), 1);
        assert_eq!(card(&app, 1).await["flow_left"], json!(null));
    }
}

#[tokio::test]
async fn an_inactive_card_is_activated_at_the_end_of_its_silent_period() {
    // Shows that six months after the purchase the carrier activates a card, by a rule's order, and its plan then runs;
    // that a card of a plan without a silent period and one of another day are left alone.
    let cards = [
        "1,1,m30,13,,create_time=2023-08-10 23:30:00",
        "2,1,m30,10,,create_time=2023-08-11 00:30:00",
        "3,2,t100,13,,create_time=2022-01-01 00:00:00",
        "4,3,u1024,11,,create_time=2023-11-13 12:00:00",
    ];
    for app in fleets("", &cards).await {
        go_to(&app, "2024-02-09 23:59:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(13, -1), (10, -1), (13, -1), (11, -1)]);
        go_to(&app, "2024-02-10 00:00:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(20, -1), (10, -1), (13, -1), (11, -1)]);
        assert_eq!(orders(&app).await, [(10, 3, 4, 1)]);
        let shown = card(&app, 1).await;
        assert_eq!(shown["act_date"], json!("2024-02-09T16:00:00.000+00:00"));
        assert_eq!(shown["expire_time"], json!("2025-01-31T15:59:59.000+00:00"));
        assert_eq!(shown["flow_left"], json!(30));
        go_to(&app, "2024-02-11 00:00:00").await;
        assert_eq!(states(&app, &[1, 2, 3, 4]).await, [(20, -1), (20, -1), (13, -1), (20, -1)]);
    }
}
