//! `POST /v1/sim-cards/{sim_card_id}/network-switch-policy/set`: gives a three-network card a policy (seed 4.10.3).

use axum::http::Method;
use simlink_carriers::{Operation as CarrierOperation, SwitchPolicy};

use super::{CID, find};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::policies;
use crate::sims::SIM_CARD_ID;
use crate::sims::control::{Accepted, place};
use crate::work_orders::{DRY_RUN, is_dry_run};

const POLICY: Parameter =
    Parameter::integer("network_switch_policy_id", 0, i64::MAX, "The policy.").in_body().required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SetNetworkSwitchPolicy",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/network-switch-policy/set",
    summary: "Gives a three-network card a network switch policy.",
    group: "Three-network cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, CID, POLICY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { set(&call).await }),
};

async fn set(call: &Call) -> Result<Reply, Refusal> {
    let dry_run = is_dry_run(call)?;
    let members = call.members()?;
    let policy_id = members.integer(&POLICY)?.ok_or(POLICY.bad(Problem::Required))?;
    let (card, facts, _) = find(call, members.text(&CID)?.as_deref())?;
    if facts.networks.is_none() {
        return Err(ErrorCode::OperationNotSupported.into());
    }
    let account = call.caller().account;
    let policy = call.app.db.read(move |tx| policies::find(tx, account, policy_id)).await?;
    // Unknown, another account's, disabled, or for cards of the other version: all the same (behaviour, section 5).
    let policy = policy.filter(|policy| policy.enabled && policy.version == facts.version());
    let policy = policy.ok_or(ErrorCode::PolicyNotFound)?;
    let id = u64::try_from(policy_id).map_err(|_| ErrorCode::PolicyNotFound)?;
    let policy = SwitchPolicy { id, rules: policy.rules };
    place(call, CarrierOperation::SetPolicy { policy }, (card, &facts), dry_run).await
}
