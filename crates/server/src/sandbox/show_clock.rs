//! `GET /ops/v1/sandbox/clock`: what the clock says.

use std::future::ready;

use axum::http::Method;

use super::{ClockView, expect_sandbox};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowSandboxClock",
    method: Method::GET,
    path: "/ops/v1/sandbox/clock",
    summary: "Shows the clock.",
    group: "Sandbox",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<ClockView>)),
    handler: |call| Box::pin(ready(show(&call))),
};

fn show(call: &Call) -> Result<Reply, Refusal> {
    expect_sandbox(call)?;
    Ok(Reply::json(&ClockView::of(call)))
}
