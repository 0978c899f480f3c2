//! `PUT /ops/v1/sandbox/carriers/{name}`: turns the knobs of a simulated carrier.

use std::future::ready;

use axum::http::Method;
use serde_json::{Map, Value, json};
use simlink_carriers::simulator::Knobs;
use utoipa::ToSchema;

use super::expect_sandbox;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const NAME: Parameter = Parameter::text("name", 1, 32, "The link to the simulated carrier.").in_path();
/// The knob of our own name for lost answers and for lost requests alike.
const DROP_RATE: &str = "drop_rate";

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SetSandboxCarrier",
    method: Method::PUT,
    path: "/ops/v1/sandbox/carriers/{name}",
    summary: "Turns the knobs of a simulated carrier; those that are not given stay as they are.",
    group: "Sandbox",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[NAME],
    request: Some(shape::<TurnedKnobs>),
    response: (200, None),
    handler: |call| Box::pin(ready(set(&call))),
};

/// The knobs that are turned most. Those that are not given stay as they are.
#[derive(Debug, ToSchema)]
pub struct TurnedKnobs {
    /// How long an answer takes.
    #[schema(minimum = 0)]
    pub latency_ms: Option<u64>,
    /// Share of orders that it refuses.
    #[schema(minimum = 0, maximum = 1)]
    pub fail_rate: Option<f64>,
    /// Share of requests that never arrive.
    #[schema(minimum = 0, maximum = 1)]
    pub drop_rate: Option<f64>,
    /// Share of reports that come several times.
    #[schema(minimum = 0, maximum = 1)]
    pub duplicate_rate: Option<f64>,
    /// Whether it cannot be reached at all.
    pub down: Option<bool>,
}

fn set(call: &Call) -> Result<Reply, Refusal> {
    expect_sandbox(call)?;
    let link = call.app.engine.links.named(call.path_text(&NAME)?);
    let simulator = link.and_then(|link| link.simulator.as_ref()).ok_or(ErrorCode::LinkNotFound)?;
    let bad = |field| Refusal::from(BadParameter { field, problem: Problem::Malformed });
    let mut asked: Map<String, Value> = match serde_json::from_slice(&call.body) {
        Ok(Value::Object(asked)) => asked,
        _ => return Err(bad("body")),
    };
    if let Some(rate) = asked.remove(DROP_RATE) {
        asked.insert("lose_request_rate".to_owned(), rate);
    }
    let mut network = simulator.network();
    let Value::Object(mut knobs) = json!(*network.knobs()) else { return Err(bad("body")) };
    for (name, value) in asked.into_iter().filter(|(_, value)| !value.is_null()) {
        knobs.insert(name, value);
    }
    let knobs: Knobs = serde_json::from_value(Value::Object(knobs)).map_err(|_| bad("body"))?;
    let rates = [
        knobs.lose_request_rate,
        knobs.lose_answer_rate,
        knobs.carrier_error_rate,
        knobs.fail_rate,
        knobs.accept_rate,
        knobs.silence_rate,
        knobs.early_push_rate,
        knobs.duplicate_rate,
        knobs.contradict_rate,
        knobs.stray_rate,
        knobs.drift_rate,
        knobs.late_usage_share,
    ];
    if rates.iter().any(|rate| !(0.0..=1.0).contains(rate)) {
        return Err(bad("rate"));
    }
    network.set_knobs(knobs);
    Ok(Reply::json(&json!(knobs)))
}
