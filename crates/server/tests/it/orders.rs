//! Purchases: what cards and pools have after them, and what happens as plans end.

mod ends;
mod plans;
mod renewals;

use serde_json::{Value, json};

use crate::support::app::Kind;
use crate::support::{ACME_ADMIN, Answer, Ask, OPERATOR, TestApp};

const DAY_MS: i64 = 86_400_000;

/// Plans beside those of the seed: of each effect type, one that renews itself, and small ones for eSIMs.
const PLANS: &str = "price_plan_id,price_plan_name,flow_total,package_type,period,period_type,effect_type,\
silent_period_day,silent_period_unit,auto_renew,location_type,sim_type,carrier_type,price
m-now,Mobile at once,40,1,2,20,2,0,2,false,1,3,1,400
m-next,Mobile next,50,1,2,20,3,0,2,false,1,3,1,500
m-auto,Mobile on and on,60,1,1,20,1,0,2,true,1,3,1,600
u-month,Unicom month,70,1,1,20,1,0,2,false,1,3,3,700
e-first,eSIM first,100,1,1,20,1,0,2,false,1,2,101,100
e-second,eSIM second,20,1,7,10,1,0,2,false,1,2,101,200
e-auto,eSIM on and on,30,1,1,20,1,0,2,true,1,2,101,300
add5,Add-on 5M,5,2,1,20,2,0,2,false,1,3,1,50
e-add,Add-on of eSIMs,7,2,1,20,2,0,2,false,1,2,101,70
";

/// An ICCID of the cards of these tests.
fn iccid(number: u32) -> String {
    format!("89869{number:014}")
}

/// A server with the seed, [`PLANS`] and cards given as `number,sim_type,carrier,sim_status,operator_status,plan,expire`.
async fn with_cards(app: &TestApp, cards: &[&str]) {
    app.import(Kind::Plans, PLANS, false).await.expect("good plans");
    let mut file =
        "account,order_id,iccid,cid,sim_type,carrier,sim_status,operator_status,price_plan_id,act_date,expire_time\n"
            .to_owned();
    for card in cards {
        let fields: Vec<&str> = card.split(',').collect();
        let [number, sim_type, carrier, sim_status, operator_status, plan, expire] = fields[..] else {
            panic!("{card} has seven fields");
        };
        let iccid = iccid(number.parse().expect("a number"));
        let act = if matches!(sim_status, "14" | "20") { "2023-11-05 08:00:00" } else { "" };
        file += &format!(
            "acme,9000,{iccid},CANARY-acme-bought-{number},{sim_type},{carrier},{sim_status},{operator_status},{plan},\
             {act},{expire}\n"
        );
    }
    app.import(Kind::Cards, &file, false).await.expect("good cards");
}

/// What the operator is answered.
async fn operate(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.send(Ask::post(path, body).signed_by(&OPERATOR, app.app.clock.now_ms())).await
}

/// Buys a plan for cards of acme's; answers the order.
async fn buy(app: &TestApp, plan: &str, numbers: &[u32]) -> i64 {
    let iccids: Vec<String> = numbers.iter().map(|number| iccid(*number)).collect();
    let body = json!({"account": "acme", "price_plan_id": plan, "iccids": iccids});
    operate(app, "/ops/v1/orders", &body).await.success()["order_id"].as_i64().expect("an id")
}

/// The answer to acme at the clock's time.
async fn get(app: &TestApp, target: &str) -> Value {
    app.send(Ask::get(target).signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success()
}

/// The card's flows, used and left.
async fn flows(app: &TestApp, number: u32) -> [Value; 2] {
    let card = get(app, &format!("/v1/sim-cards/0?iccid={}", iccid(number))).await;
    ["flow_used", "flow_left"].map(|name| card[name].clone())
}

/// When the card's plan ends.
async fn expires(app: &TestApp, number: u32) -> Value {
    get(app, &format!("/v1/sim-cards/0?iccid={}", iccid(number))).await["expire_time"].clone()
}

/// The card's plans, oldest first: plan, status, total, used, left.
async fn plans_of(app: &TestApp, number: u32) -> Vec<Value> {
    let plans = get(app, &format!("/v1/sim-price-plans?iccid={}", iccid(number))).await;
    let shown = |plan: &Value| {
        let members = ["price_plan_id", "status", "flow_total", "flow_used", "flow_left"];
        json!(members.map(|name| plan[name].clone()))
    };
    plans.as_array().expect("a list").iter().rev().map(shown).collect()
}

/// Takes in what these cards used, as `(number, date, mb)`.
async fn used(app: &TestApp, lines: &[(u32, i32, &str)]) {
    let lines: Vec<String> =
        lines.iter().map(|(number, date, mb)| format!("{},{date},{mb}\n", iccid(*number))).collect();
    let file = format!("iccid,date,mb\n{}", lines.concat());
    app.take_usage(&file, app.usage_terms()).await.expect("a good file");
}

/// How many orders there are.
async fn orders(app: &TestApp, query: &str) -> Value {
    let ask = Ask::get(format!("/ops/v1/orders?{query}"));
    app.send(ask.signed_by(&OPERATOR, app.app.clock.now_ms())).await.success()
}
