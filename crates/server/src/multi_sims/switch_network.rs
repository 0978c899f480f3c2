//! `POST /v1/sim-cards-multiply/{sim_card_id}/switch-network`: moves a three-network card to another of its networks
//! (seed 4.10.2).

use axum::http::Method;
use simlink_carriers::{MobileNetwork, Operation as CarrierOperation};

use super::{CID, find};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::policies;
use crate::sims::SIM_CARD_ID;
use crate::sims::control::{Accepted, place};
use crate::work_orders::{DRY_RUN, is_dry_run};

const CARRIER_TYPE: Parameter =
    Parameter::integer("carrier_type", 1, 3, "1 China Mobile, 2 China Telecom, 3 China Unicom.")
        .in_body()
        .required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SwitchNetwork",
    method: Method::POST,
    path: "/v1/sim-cards-multiply/{sim_card_id}/switch-network",
    summary: "Moves a three-network card to another of its networks.",
    group: "Three-network cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, CID, CARRIER_TYPE],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { switch(&call).await }),
};

async fn switch(call: &Call) -> Result<Reply, Refusal> {
    let dry_run = is_dry_run(call)?;
    let members = call.members()?;
    let target = members.integer(&CARRIER_TYPE)?.and_then(MobileNetwork::from_number);
    let target = target.ok_or(CARRIER_TYPE.bad(Problem::Required))?;
    let (card, mut facts, policy_id) = find(call, members.text(&CID)?.as_deref())?;
    if let (Some(networks), Some(policy_id)) = (&mut facts.networks, policy_id) {
        let account = call.caller().account;
        let policy = call.app.db.read(move |tx| policies::find(tx, account, policy_id)).await?;
        networks.forbidden = policy.map_or(0, |policy| policy.forbidden);
    }
    place(call, CarrierOperation::SwitchNetwork { target }, (card, &facts), dry_run).await
}
