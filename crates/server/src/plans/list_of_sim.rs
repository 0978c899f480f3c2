//! `GET /v1/sim-price-plans`: the plans of one card, or of all cards of the account (seed 4.3.1; behaviour, section 3).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Allowance, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::plans::store;
use crate::sims;
use crate::units::{Megabytes, Moment};

const SIM_CARD_ID: Parameter = Parameter::integer(
    "sim_card_id",
    0,
    i64::MAX,
    "The card; 0 names it by iccid; without it the plans of all cards are listed.",
);
const REAL_TIME: Parameter =
    Parameter::boolean("real_time", "Asks the carrier for the flow of now instead of yesterday's.")
        .or("false");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSimPricePlans",
    method: Method::GET,
    path: "/v1/sim-price-plans",
    summary: "Lists the plans that cards have.",
    group: "Plans",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: Some(Allowance::ListSimPricePlans),
    parameters: &[SIM_CARD_ID, sims::ICCID, REAL_TIME, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<Vec<SimPricePlan>>)),
    handler: |call| Box::pin(list(call)),
};

/// A plan that a card has (`SimPricePlanVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimPricePlanVO)]
pub struct SimPricePlan {
    pub(super) id: i64,
    pub(super) account_id: String,
    pub(super) sim_card_id: i64,
    /// 0 deleted, 1 and 4 activatable, 2 in use, 3 used up, 5 stopped, 6 failed.
    pub(super) status: i32,
    pub(super) price_plan_id: String,
    pub(super) cid: String,
    pub(super) order_id: Option<String>,
    pub(super) create_time: Moment,
    pub(super) active_time: Option<Moment>,
    pub(super) stop_time: Option<Moment>,
    /// In MB, as the two below.
    pub(super) flow_total: Megabytes,
    pub(super) flow_used: Megabytes,
    pub(super) flow_left: Megabytes,
    /// "1" while the plan runs, else "0".
    pub(super) using: &'static str,
    pub(super) price_plan_name: String,
    pub(super) description: Option<String>,
    pub(super) package_type: i32,
    pub(super) effect_type: i32,
    pub(super) silent_period_day: i32,
    pub(super) silent_period_unit: i32,
    pub(super) auto_renew: i32,
    pub(super) location_desc: Option<String>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    // Figures come from the carrier's last report either way until a carrier can be asked.
    call.query.boolean(&REAL_TIME)?;
    let sim_card_id = call.query.integer(&SIM_CARD_ID)?;
    let iccid = call.query_or_body_text(&sims::ICCID)?;
    let card = match (sim_card_id, &iccid) {
        (None, None) => None,
        (id, iccid) => {
            let reader = call.app.fleet.read(call.caller().account);
            Some(sims::find(&reader, id.unwrap_or(0), iccid.as_deref())?.id())
        }
    };
    let (account, domain_id) = (call.caller().account, call.caller().domain_id.clone());
    let plans = call.app.db.read(move |tx| store::page_of_sims(tx, account, &domain_id, card, page)).await?;
    Ok(Reply::json(&plans))
}
