//! The sandbox: a clock that moves when told to and simulated carriers with knobs. Only there where the configuration
//! says `sandbox = true`; otherwise its paths are unknown.

pub mod list_carriers;
pub mod move_clock;
pub mod set_carrier;
pub mod settle;
pub mod show_clock;

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{GatewayError, Refusal};
use crate::units::Moment;

/// What the clock says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockView {
    /// Now.
    now: Moment,
    /// Now, in epoch milliseconds.
    now_ms: i64,
}

impl ClockView {
    fn of(call: &Call) -> Self {
        let now_ms = call.app.clock.now_ms();
        Self { now: Moment(now_ms), now_ms }
    }
}

/// Refuses where there is no sandbox, as an unknown path does.
fn expect_sandbox(call: &Call) -> Result<(), Refusal> {
    if call.app.config.sandbox { Ok(()) } else { Err(GatewayError::UnknownApi { path_exists: false }.into()) }
}
