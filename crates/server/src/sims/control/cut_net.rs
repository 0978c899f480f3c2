//! `POST /v1/sim-cards/{sim_card_id}/cut-net`: cuts a card off the network, or lets it on again (seed 4.1.8).

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

const ACTION: Parameter =
    Parameter::choice("action", &["ADD", "DEL"], "ADD cuts off, DEL lets on again.").in_body().required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "StartStopNet",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/cut-net",
    summary: "Cuts a card off the network, or lets it on again.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, ACTION, ICCID_IN_BODY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    let action = call.members()?.text(&ACTION)?;
    let operation = match action.as_deref() {
        Some("DEL") => CarrierOperation::RestoreNet,
        _ => CarrierOperation::CutNet,
    };
    order(call, operation).await
}
