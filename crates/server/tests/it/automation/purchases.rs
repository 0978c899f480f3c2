//! What is bought: packages give flow back, plans that renew themselves go on.

use serde_json::{Value, json};

use super::{JANUARY, acme, card, fleets, go_to, iccid, look_again, orders, states, use_up};
use crate::support::{Ask, OPERATOR, TestApp};

/// The operator books 500 MB on top.
async fn buy(app: &TestApp, what: Value) {
    let mut body = json!({"account": "acme", "price_plan_id": "add500"});
    body.as_object_mut().expect("members").extend(what.as_object().expect("members").clone());
    let ask = Ask::post("/ops/v1/orders", &body).signed_by(&OPERATOR, app.app.clock.now_ms());
    app.send(ask).await.success();
    app.settle().await;
}

/// `status` of the plan of a card.
async fn plan_status(app: &TestApp, number: usize) -> Value {
    acme(app, &format!("/v1/sim-price-plans?iccid={}", iccid(number))).await[0]["status"].clone()
}

#[tokio::test]
async fn packages_resume_what_their_want_had_stopped() {
    // Shows that a card without flow, whose plan then shows as used up (3), is resumed by an add-on package and stopped
    // again when that is used up; and that a package of a pool resumes its members until that is.
    let pool = "acme,501,shared,forward,m30,2023-11-01 00:00:00,\n";
    for app in fleets(pool, &["1,1,m30,20,", "2,1,m30,20,501", "3,1,m30,20,501"]).await {
        use_up(&app, JANUARY, &[(1, 30), (2, 60)]).await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(14, 1), (14, 3), (14, 3)]);
        assert_eq!((plan_status(&app, 1).await, plan_status(&app, 2).await), (json!(3), json!(2)));
        buy(&app, json!({"iccids": [iccid(1)]})).await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(20, -1), (14, 3), (14, 3)]);
        assert_eq!(card(&app, 1).await["flow_left"], json!(500));
        buy(&app, json!({"sim_pool_id": 501})).await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(20, -1); 3]);
        use_up(&app, JANUARY, &[(1, 529), (2, 559)]).await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(20, -1); 3]);
        use_up(&app, JANUARY, &[(1, 530), (2, 560)]).await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(14, 1), (14, 3), (14, 3)]);
        let mut sources: Vec<i64> = orders(&app).await.iter().map(|order| order.1).collect();
        sources.sort_unstable();
        assert_eq!(sources, [3, 3, 5, 5, 7, 7]);
        go_to(&app, "2024-02-01 00:01:00").await;
        assert_eq!(states(&app, &[1, 2, 3]).await, [(20, -1); 3]);
    }
}

#[tokio::test]
async fn a_plan_that_renews_itself_is_no_reason_to_stop() {
    // Shows that a clock that leaps over the end of two plans finds the one that renews itself in use, the other expired.
    let end = "expire_time=2024-01-20 23:59:59";
    let (renewed, ending) = (format!("1,1,m30,20,,{end}"), format!("2,2,t100,20,,{end}"));
    for app in fleets("", &[renewed.as_str(), ending.as_str()]).await {
        go_to(&app, "2024-01-25 12:00:00").await;
        look_again(&app).await;
        assert_eq!(states(&app, &[1, 2]).await, [(20, -1), (14, 4)]);
        assert_eq!((plan_status(&app, 1).await, plan_status(&app, 2).await), (json!(2), json!(5)));
        assert_eq!(orders(&app).await, [(5, 6, 4, 1)]);
    }
}
