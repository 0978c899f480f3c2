//! `GET /v1/sim-cards/{sim_card_id}/real-named`: asks the carrier who is registered, while the client waits (seed
//! 4.1.7).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::sims::{self, ICCID, SIM_CARD_ID, lifecycle};
use crate::southbound;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowRealNamed",
    method: Method::GET,
    path: "/v1/sim-cards/{sim_card_id}/real-named",
    summary: "Asks the carrier whether a person is registered for a card.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[SIM_CARD_ID, ICCID],
    request: None,
    response: (200, Some(shape::<RealNamed>)),
    handler: |call| Box::pin(async move { show(&call).await }),
};

/// What the carrier says.
#[derive(Debug, Serialize, ToSchema)]
struct RealNamed {
    iccid: String,
    real_named: bool,
}

async fn show(call: &Call) -> Result<Reply, Refusal> {
    let sim_card_id = call.path_integer(&SIM_CARD_ID)?;
    let iccid = call.query_or_body_text(&ICCID)?;
    let caller = call.caller();
    let (sim_card_id, iccid, carrier) = {
        let reader = call.app.fleet.read(caller.account);
        let card = sims::find(&reader, sim_card_id, iccid.as_deref())?;
        (card.id(), card.iccid().to_owned(), card.carrier())
    };
    if !lifecycle::reads_real_name(carrier) {
        return Err(ErrorCode::OperationNotSupported.into());
    }
    let real_named = southbound::real_named(&call.app, caller.account, sim_card_id, &caller.user_id).await?;
    Ok(Reply::json(&RealNamed { iccid, real_named }))
}
