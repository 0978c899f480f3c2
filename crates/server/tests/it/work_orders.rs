//! Work orders from the request to the card, over simulated carriers, on the tests' clock.

mod bulk;
mod callbacks;
mod control;
mod diagnosis;
mod faults;
mod permits;
mod review;
mod timing;

use serde_json::{Value, json};

use crate::support::{ACME_ADMIN, TestApp};

/// The physical cards of one network, of that carrier and in that state.
pub async fn all_physical(app: &TestApp, carrier: u16, status: u8) -> Vec<i64> {
    let page = app.acme("/v1/sim-cards?limit=500").await;
    let cards = page["sim_cards"].as_array().expect("a list");
    let ids = cards.iter().map(|card| card["sim_card_id"].as_i64().expect("an id"));
    let reader = app.app.fleet.read(app.account("acme"));
    let fits = |id: &i64| {
        let card = reader.by_id(*id).expect("it is listed");
        card.multi().is_none() && (card.sim_type(), card.carrier(), card.sim_status()) == (3, carrier, status)
    };
    ids.filter(fits).collect()
}

/// The first of them.
pub async fn physical(app: &TestApp, carrier: u16, status: u8) -> i64 {
    *all_physical(app, carrier, status).await.first().expect("the seed has such a card")
}

/// Asks for an operation on a card by acme's admin; the work order's id, or the code that refuses.
pub async fn ask(app: &TestApp, card: i64, operation: &str, body: &Value) -> Result<i64, String> {
    let answer = app.post_json(&ACME_ADMIN, &format!("/v1/sim-cards/{card}/{operation}"), body).await;
    if answer.status.is_success() {
        Ok(answer.json()["work_order_id"].as_i64().expect("an id"))
    } else {
        Err(answer.refusal().1)
    }
}

/// Stops a card.
pub async fn stop(app: &TestApp, card: i64) -> Result<i64, String> {
    ask(app, card, "stop", &json!({"down_up_switch": 1})).await
}

/// Resumes a card.
pub async fn reset(app: &TestApp, card: i64) -> Result<i64, String> {
    ask(app, card, "reset", &json!({"down_up_switch": 2})).await
}

/// The order as the list shows it.
pub async fn order(app: &TestApp, id: i64) -> Value {
    app.acme(&format!("/v1/work-orders?main_search_key={id}")).await["work_orders"][0].clone()
}

/// Status and the four counts of an order.
pub async fn counts(app: &TestApp, id: i64) -> (i64, [i64; 4]) {
    let order = order(app, id).await;
    let number = |name: &str| order[name].as_i64().expect("a number");
    (number("status"), ["total_count", "success_count", "fail_count", "process_count"].map(number))
}

/// `sim_status` and `operator_status` of a card.
pub async fn state(app: &TestApp, card: i64) -> (i64, i64) {
    let card = app.acme(&format!("/v1/sim-cards/{card}")).await;
    (card["sim_status"].as_i64().expect("a number"), card["operator_status"].as_i64().expect("a number"))
}
