//! `POST /v1/sim-cards/{sim_card_id}/reset`: resumes a stopped card (seed 4.1.3).

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

/// What the console sends along: `2` resume.
const DOWN_UP_SWITCH: Parameter = Parameter::integer("down_up_switch", 2, 2, "2 if given: resume.").in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ResetSimCard",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/reset",
    summary: "Resumes a stopped card.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, DOWN_UP_SWITCH, ICCID_IN_BODY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    call.members()?.integer(&DOWN_UP_SWITCH)?;
    order(call, CarrierOperation::Resume).await
}
