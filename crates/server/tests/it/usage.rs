//! Usage: files in, figures out.

mod convergence;
mod figures;
mod files;
mod freshness;
mod pull;
mod refusals;

use serde_json::{Value, json};

use crate::support::{ACME_ADMIN, TestApp};

/// A card of China Mobile in use, plan of 30 MB, imported with 67.61 MB used: number 23 of the seed.
const MOBILE: &str = "8986100000000000023";
/// A card of China Unicom in use, plan of 1024 MB, imported with 59.17 MB used: number 31 of the seed.
const UNICOM: &str = "8986100000000000031";

/// Files of the lines given as `iccid,date,mb`.
fn file(lines: &[(&str, i32, &str)]) -> String {
    let lines: Vec<String> = lines.iter().map(|(iccid, date, mb)| format!("{iccid},{date},{mb}\n")).collect();
    format!("iccid,date,mb\n{}", lines.concat())
}

/// The card as the detail shows it.
async fn card(app: &TestApp, iccid: &str) -> Value {
    app.acme(&format!("/v1/sim-cards/0?iccid={iccid}")).await
}

/// MB of a card in a cycle.
async fn cycle(app: &TestApp, iccid: &str, cycle: &str) -> Value {
    let body = json!({"iccids": [iccid], "billing_cycles": [cycle]});
    let answer = app.post_json(&ACME_ADMIN, "/v1/sim-cards/month-usages", &body).await.success();
    answer["month_usages"][0]["flow_usages"][0]["flow_used"].clone()
}

/// MB of a card on a day.
async fn day(app: &TestApp, iccid: &str, date: i32) -> Value {
    let body = json!({"iccids": [iccid], "date": date});
    let answer = app.post_json(&ACME_ADMIN, "/v1/sim-cards/batch-daily-flow", &body).await.success();
    answer[0]["sim_flow"][0]["flow"].clone()
}

/// An answer with its ids, which each database makes anew, left out.
fn masked(answer: &Value) -> Value {
    let mut masked = answer.clone();
    match &mut masked {
        Value::Array(elements) => elements.iter_mut().for_each(|element| *element = self::masked(element)),
        Value::Object(members) => {
            for (name, value) in members {
                let is_id = matches!(name.as_str(), "id" | "sim_card_id") && value.is_i64();
                *value = if is_id { json!("[id]") } else { self::masked(value) };
            }
        }
        _ => {}
    }
    masked
}
