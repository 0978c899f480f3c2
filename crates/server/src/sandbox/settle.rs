//! `POST /ops/v1/sandbox/settle`: runs due jobs and schedules until nothing is due, then answers.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ClockView, expect_sandbox};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::units::Moment;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SettleSandbox",
    method: Method::POST,
    path: "/ops/v1/sandbox/settle",
    summary: "Runs whatever is due by the clock until nothing is.",
    group: "Sandbox",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<Settled>)),
    handler: |call| Box::pin(async move { settle(&call).await }),
};

/// What was run, and what comes next.
#[derive(Debug, Serialize, ToSchema)]
struct Settled {
    /// Jobs that ran.
    jobs: u64,
    /// When a simulated carrier does something next: move the clock there to see it.
    next_carrier_event: Option<Moment>,
    #[serde(flatten)]
    clock: ClockView,
}

async fn settle(call: &Call) -> Result<Reply, Refusal> {
    expect_sandbox(call)?;
    let jobs = call.app.background.settle().await?;
    let due =
        call.app.engine.links.iter().filter_map(|link| link.simulator.as_ref()?.network().next_due_ms());
    let next_carrier_event = due.min().map(Moment);
    Ok(Reply::json(&Settled { jobs, next_carrier_event, clock: ClockView::of(call) }))
}
