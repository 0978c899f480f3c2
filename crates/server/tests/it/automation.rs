//! What happens to cards and pools without anybody asking, on the tests' clock, over simulated carriers.

mod cards;
mod pools;
mod purchases;
mod repeat;
mod time;

use serde_json::{Value, json};
use simlink_db::testing::engines;

use crate::support::app::Kind;
use crate::support::{ACME_ADMIN, Ask, TestApp};

const DAY_MS: i64 = 86_400_000;

/// The month whose 15th it is.
const JANUARY: i64 = 15;

/// A fleet of a few cards whose rules fire, on each engine. Cards are lines of `number,carrier,plan,state,pool,rest`,
/// where state is `20` or `14/3` and rest names further columns, `expire_time=2024-01-20 23:59:59`.
async fn fleets(pools: &str, cards: &[&str]) -> Vec<TestApp> {
    let mut apps = Vec::new();
    for engine in engines() {
        let app = TestApp::with_rules(engine).await;
        app.import(Kind::Pools, &pool_file(pools), false).await.expect("good pools");
        app.import(Kind::Cards, &card_file(cards), false).await.expect("good cards");
        apps.push(app);
    }
    apps
}

fn pool_file(pools: &str) -> String {
    format!("account,pool_id,pool_name,kind,price_plan_id,effective_time,threshold_mb\n{pools}")
}

fn card_file(cards: &[&str]) -> String {
    const COLUMNS: [&str; 13] = [
        "account",
        "iccid",
        "sim_type",
        "carrier",
        "price_plan_id",
        "sim_status",
        "operator_status",
        "pool_id",
        "act_date",
        "expire_time",
        "flow_used",
        "create_time",
        "cid",
    ];
    let mut text = COLUMNS.join(",") + "\n";
    for card in cards {
        let mut parts = card.split(',');
        let mut next = || parts.next().unwrap_or_default();
        let (number, carrier, plan, state, pool) = (next(), next(), next(), next(), next());
        let (sim_status, operator_status) = state.split_once('/').unwrap_or((state, ""));
        let active = matches!(sim_status, "14" | "20");
        let mut values = vec![
            ("account", "acme".to_owned()),
            ("iccid", iccid(number.parse().expect("a number"))),
            ("sim_type", "3".to_owned()),
            ("carrier", carrier.to_owned()),
            ("price_plan_id", plan.to_owned()),
            ("sim_status", sim_status.to_owned()),
            ("operator_status", operator_status.to_owned()),
            ("pool_id", pool.to_owned()),
            ("act_date", if active { "2023-10-10 10:00:00" } else { "" }.to_owned()),
            ("create_time", "2023-10-01 10:00:00".to_owned()),
        ];
        for rest in parts {
            let (name, value) = rest.split_once('=').expect("name=value");
            values.retain(|(known, _)| *known != name);
            values.push((name, value.to_owned()));
        }
        let value_of =
            |column: &&str| values.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value);
        text += &(COLUMNS.iter().map(value_of).collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn iccid(number: usize) -> String {
    format!("89861{number:014}")
}

/// Takes in MB of cards on a day of January 2024.
async fn use_up(app: &TestApp, day: i64, used: &[(usize, i64)]) {
    let lines = used.iter().map(|(number, mb)| format!("{},202401{day:02},{mb}\n", iccid(*number)));
    let text = format!("iccid,date,mb\n{}", lines.collect::<String>());
    app.take_usage(&text, app.usage_terms()).await.expect("a good file");
    app.settle().await;
}

/// Moves the clock to a time of Shanghai and settles.
async fn go_to(app: &TestApp, time: &str) {
    let at: jiff::Timestamp = format!("{}+08:00", time.replace(' ', "T")).parse().expect("a time");
    app.app.clock.advance(at.as_millisecond() - app.app.clock.now_ms());
    app.settle().await;
}

/// Has all cards looked at once more.
async fn look_again(app: &TestApp) {
    app.app.clock.advance(60 * 60 * 1000);
    app.settle().await;
}

/// An answer to acme's admin, whose token has long ended.
async fn acme(app: &TestApp, target: &str) -> Value {
    app.send(Ask::get(target).signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.success()
}

async fn card(app: &TestApp, number: usize) -> Value {
    acme(app, &format!("/v1/sim-cards/0?iccid={}", iccid(number))).await
}

/// `sim_status` and `operator_status` of cards.
async fn states(app: &TestApp, numbers: &[usize]) -> Vec<(i64, i64)> {
    let mut states = Vec::new();
    for number in numbers {
        let card = card(app, *number).await;
        let member = |name: &str| card[name].as_i64().expect("a number");
        states.push((member("sim_status"), member("operator_status")));
    }
    states
}

/// Asks for an operation on a card; the code of a refusal.
async fn ask(app: &TestApp, number: usize, operation: &str, body: &Value) -> Result<(), String> {
    let id = card(app, number).await["sim_card_id"].as_i64().expect("an id");
    let target = format!("/v1/sim-cards/{id}/{operation}");
    let answer = app.send(Ask::post(target, body).signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await;
    if answer.status.is_success() { Ok(()) } else { Err(answer.refusal().1) }
}

/// All orders that rules placed, oldest first: type, source, status, cards.
async fn orders(app: &TestApp) -> Vec<(i64, i64, i64, i64)> {
    let page = acme(app, "/v1/work-orders?limit=500").await;
    let orders = page["work_orders"].as_array().expect("a list").iter();
    let shown = orders.map(|order| {
        let member = |name: &str| order[name].as_i64().expect("a number");
        (member("work_order_type"), member("work_order_source"), member("status"), member("total_count"))
    });
    let mut orders: Vec<_> = shown.filter(|order| order.1 != 8).collect();
    orders.reverse();
    orders
}

/// `pool_status` of the back pool.
async fn pool_status(app: &TestApp) -> Value {
    acme(app, "/v1/back-pools").await["pools"][0]["pool_status"].clone()
}

/// The threshold of a card in MB.
fn threshold(mb: i64) -> Value {
    json!({"action": 1, "quota": mb.to_string()})
}
