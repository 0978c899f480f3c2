//! `GET /ops/v1/sandbox/carriers`: the simulated carriers and how their knobs stand.

use std::future::ready;

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::expect_sandbox;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSandboxCarriers",
    method: Method::GET,
    path: "/ops/v1/sandbox/carriers",
    summary: "Lists the simulated carriers with the knobs that are turned most.",
    group: "Sandbox",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<SandboxCarriers>)),
    handler: |call| Box::pin(ready(list(&call))),
};

/// The simulated carriers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SandboxCarriers {
    carriers: Vec<SandboxCarrier>,
}

/// A simulated carrier.
#[derive(Debug, Serialize, ToSchema)]
struct SandboxCarrier {
    /// The link to it.
    name: String,
    /// How long an answer takes.
    latency_ms: u64,
    /// Share of orders that it refuses.
    fail_rate: f64,
    /// Share of requests that never arrive.
    drop_rate: f64,
    /// Share of reports that come several times.
    duplicate_rate: f64,
    /// Whether it cannot be reached at all.
    down: bool,
}

fn list(call: &Call) -> Result<Reply, Refusal> {
    expect_sandbox(call)?;
    let simulated = call.app.engine.links.iter().filter_map(|link| Some((link, link.simulator.as_ref()?)));
    let carriers = simulated.map(|(link, simulator)| {
        let knobs = *simulator.network().knobs();
        SandboxCarrier {
            name: link.link.name().to_owned(),
            latency_ms: knobs.latency_ms,
            fail_rate: knobs.fail_rate,
            drop_rate: knobs.lose_request_rate,
            duplicate_rate: knobs.duplicate_rate,
            down: knobs.down,
        }
    });
    Ok(Reply::json(&SandboxCarriers { carriers: carriers.collect() }))
}
