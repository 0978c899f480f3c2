//! `POST /v1/sim-price-plans/usage/batch-query`: the flow of the plans that cards have (seed 4.3.2).

use std::collections::HashMap;

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use simlink_fleet::CardRef;
use utoipa::ToSchema;

use super::store;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::sims::named::{self, Both, CardName, ListFault};
use crate::units::Megabytes;

const ICCID: Parameter = Parameter::texts(
    "iccid",
    limits::PLAN_USAGE_CARDS_MAX,
    "The cards by their ICCIDs, three-network cards excepted; not beside sim_card_ids.",
)
.in_body();
const SIM_CARD_IDS: Parameter =
    Parameter::integers("sim_card_ids", limits::PLAN_USAGE_CARDS_MAX, "The cards by their ids.").in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListFlowBySimCards",
    method: Method::POST,
    path: "/v1/sim-price-plans/usage/batch-query",
    summary: "Shows the flow of the plans that cards have.",
    group: "Plans",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[ICCID, SIM_CARD_IDS],
    request: None,
    response: (200, Some(shape::<Vec<PlanFlow>>)),
    handler: |call| Box::pin(show(call)),
};

/// The flow of a card's plan in the running cycle (`SimCardsFlowVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimCardsFlowVO)]
pub struct PlanFlow {
    id: i64,
    account_id: String,
    sim_card_id: i64,
    price_plan_id: String,
    price_plan_name: String,
    /// Of a three-network card the one it is using.
    iccid: String,
    /// In MB, as the two below.
    flow_total: Megabytes,
    flow_used: Megabytes,
    flow_left: Megabytes,
}

/// What the database says of a plan that a card has.
#[derive(Debug)]
pub struct HeldPlan {
    pub(super) price_plan_id: String,
    pub(super) price_plan_name: String,
    pub(super) flow_total: i64,
    pub(super) flow_used: i64,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let names = named::of_body(&call.members()?, &SIM_CARD_IDS, &ICCID, Both::Refused)?;
    let account = call.caller().account;
    let cards: Vec<(i64, i64, String)> = {
        let reader = call.app.fleet.read(account);
        let cards = named::find_each(&reader, &names).map_err(ListFault::of_sims)?;
        if matches!(names.first(), Some(CardName::Iccid(_)))
            && cards.iter().any(|card| card.multi().is_some())
        {
            return Err(ErrorCode::OperationNotSupported.into());
        }
        let held =
            |card: &CardRef<'_>| Some((card.sim_price_plan_id()?, card.id(), iccid_in_use(card).to_owned()));
        cards.iter().filter_map(held).collect()
    };
    let ids: Vec<i64> = cards.iter().map(|card| card.0).collect();
    let work = move |tx: &mut Tx<'_>| store::held(tx, account, &ids);
    let mut plans: HashMap<i64, HeldPlan> = call.app.db.read::<_, DbError, _>(work).await?;
    let domain_id = &call.caller().domain_id;
    let flow = |(id, sim_card_id, iccid): (i64, i64, String)| {
        let plan = plans.remove(&id)?;
        Some(PlanFlow {
            id,
            account_id: domain_id.to_string(),
            sim_card_id,
            price_plan_id: plan.price_plan_id,
            price_plan_name: plan.price_plan_name,
            iccid,
            flow_total: Megabytes(plan.flow_total),
            flow_used: Megabytes(plan.flow_used),
            flow_left: Megabytes(plan.flow_total - plan.flow_used),
        })
    };
    let flows: Vec<PlanFlow> = cards.into_iter().filter_map(flow).collect();
    Ok(Reply::json(&flows))
}

/// The card's own ICCID, or that of the network it is on.
fn iccid_in_use<'a>(card: &CardRef<'a>) -> &'a str {
    let online = card.multi().and_then(|multi| match multi.online_carrier {
        1 => multi.iccid_mobile.as_deref(),
        2 => multi.iccid_telcom.as_deref(),
        _ => multi.iccid_unicom.as_deref(),
    });
    online.unwrap_or(card.iccid())
}
