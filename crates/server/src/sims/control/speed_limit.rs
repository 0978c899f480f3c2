//! `POST /v1/sim-cards/{sim_card_id}/speed-limit`: limits a card's bandwidth (seed 4.1.12).

use axum::http::Method;
use simlink_carriers::Operation as CarrierOperation;

use super::{Accepted, ICCID_IN_BODY, order};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::SIM_CARD_ID;
use crate::work_orders::DRY_RUN;

/// The bandwidth.
pub const SPEED_VALUE: Parameter = Parameter::integer(
    "speed_value",
    -1,
    2_147_483_647,
    "In kbit/s, 1 Mbit/s being 1024; -1 lifts the limit. Which values there are depends on the carrier.",
)
.in_body()
.required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SetSpeedValue",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/speed-limit",
    summary: "Limits a card's bandwidth.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, SPEED_VALUE, ICCID_IN_BODY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    let speed = call.members()?.integer(&SPEED_VALUE)?;
    order(call, CarrierOperation::LimitSpeed { kbps: speed.and_then(|kbps| u32::try_from(kbps).ok()) }).await
}
