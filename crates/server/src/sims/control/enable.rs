//! `POST /v1/sim-cards/{sim_card_id}/enable`: activates a physical card (seed 4.1.6).

use axum::http::Method;
use simlink_carriers::Operation as CarrierOperation;

use super::{Accepted, order};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::sims::{ICCID, SIM_CARD_ID};
use crate::work_orders::DRY_RUN;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "EnableSimCard",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/enable",
    summary: "Activates a physical card.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, ICCID],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    order(call, CarrierOperation::Activate).await
}
