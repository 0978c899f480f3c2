//! `GET /v1/sim-cards/{sim_card_id}`: one card (seed 4.1.5).

use axum::http::Method;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::sims::view::SimDevice;
use crate::sims::{self, ICCID, SIM_CARD_ID};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowSimCard",
    method: Method::GET,
    path: "/v1/sim-cards/{sim_card_id}",
    summary: "Shows one SIM card.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[SIM_CARD_ID, ICCID],
    request: None,
    response: (200, Some(shape::<SimDevice<'static>>)),
    handler: |call| Box::pin(std::future::ready(show(&call))),
};

fn show(call: &Call) -> Result<Reply, Refusal> {
    let sim_card_id = call.path_integer(&SIM_CARD_ID)?;
    let iccid = call.query_or_body_text(&ICCID)?;
    let caller = call.caller();
    let reader = call.app.fleet.read(caller.account);
    let card = sims::find(&reader, sim_card_id, iccid.as_deref())?;
    Ok(Reply::json(&SimDevice::of(card, &caller.domain_id)))
}
