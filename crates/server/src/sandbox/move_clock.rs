//! `POST /ops/v1/sandbox/clock`: moves the clock forward, and with it whatever is due by it.

use std::future::ready;

use axum::http::Method;
use jiff::Timestamp;

use super::{ClockView, expect_sandbox};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;

const ADVANCE_SECONDS: Parameter = Parameter::integer(
    "advance_seconds",
    0,
    limits::CLOCK_STEP_MS_MAX / 1000,
    "Moves it by so many seconds.",
)
.in_body();
const NOW: Parameter = Parameter::text(
    "now",
    20,
    40,
    "Moves it to this time, such as 2026-03-01T00:00:00Z; read when advance_seconds is not given.",
)
.in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "MoveSandboxClock",
    method: Method::POST,
    path: "/ops/v1/sandbox/clock",
    summary: "Moves the clock forward.",
    group: "Sandbox",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ADVANCE_SECONDS, NOW],
    request: None,
    response: (200, Some(shape::<ClockView>)),
    handler: |call| Box::pin(ready(move_clock(&call))),
};

fn move_clock(call: &Call) -> Result<Reply, Refusal> {
    expect_sandbox(call)?;
    let members = call.members()?;
    let clock = &call.app.clock;
    let by_ms = match (members.integer(&ADVANCE_SECONDS)?, members.text(&NOW)?) {
        (Some(seconds), _) => seconds * 1000,
        (None, Some(now)) => {
            let now: Timestamp = now.parse().map_err(|_| NOW.bad(Problem::Malformed))?;
            now.as_millisecond().saturating_sub(clock.now_ms())
        }
        (None, None) => return Err(ADVANCE_SECONDS.bad(Problem::Required).into()),
    };
    if !(0..=limits::CLOCK_STEP_MS_MAX).contains(&by_ms) {
        return Err(ErrorCode::ClockNotMovable.into());
    }
    clock.advance(by_ms);
    call.app.engine.queue.wake();
    Ok(Reply::json(&ClockView::of(call)))
}
