//! `GET /v1/price-plans`: the catalogue (seed 4.2.1).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::plans::store;

const MAIN_SEARCH_KEY: Parameter = Parameter::text("main_search_key", 0, 256, "Part of the plan's name.");
const FLOW_TOTAL: Parameter = Parameter::integer("flow_total", 0, i64::MAX, "Flow of a cycle in MB.");
const NETWORK_TYPE: Parameter = Parameter::integer("network_type", 0, i64::MAX, "1: 2G/3G/4G, 2: NB.");
const LOCATION_TYPE: Parameter = Parameter::integer(
    "location_type",
    0,
    i64::MAX,
    "1 China, 2 Europe, 3 Oceania, 4 Africa, 5 Asia-Pacific.",
);
const CARRIER_TYPE: Parameter = Parameter::integer(
    "carrier_type",
    0,
    i32::MAX as i64,
    "1-4 physical cards, 101 and above eSIM and vSIM.",
);
const COUNTRY_TYPE: Parameter = Parameter::integer("country_type", 0, i64::MAX, "Country or region, 1-11.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListProPricePlans",
    method: Method::GET,
    path: "/v1/price-plans",
    summary: "Lists the plans of the catalogue.",
    group: "Plans",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[
        LIMIT,
        OFFSET,
        MAIN_SEARCH_KEY,
        FLOW_TOTAL,
        NETWORK_TYPE,
        LOCATION_TYPE,
        CARRIER_TYPE,
        COUNTRY_TYPE,
    ],
    request: None,
    response: (200, Some(shape::<PricePlans>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of plans.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricePlans {
    limit: i64,
    offset: i64,
    count: i64,
    price_plans: Vec<PricePlan>,
}

/// A plan of the catalogue (`ProPricePlanVo`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProPricePlanVo)]
pub struct PricePlan {
    pub(super) price_plan_id: String,
    pub(super) price_plan_name: String,
    pub(super) description: Option<String>,
    /// MB of a cycle.
    pub(super) flow_total: i64,
    /// 1 base plan, 2 add-on package.
    pub(super) package_type: i32,
    pub(super) period: i32,
    /// 10 day, 20 month, 30 quarter, 40 half-year, 50 year.
    pub(super) period_type: i32,
    /// 1 at activation, 2 at once, 3 from the next cycle.
    pub(super) effect_type: i32,
    pub(super) silent_period_day: i32,
    /// 1 year, 2 month, 3 day.
    pub(super) silent_period_unit: i32,
    pub(super) auto_renew: bool,
    pub(super) location_desc: Option<String>,
    pub(super) location_type: i32,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub(super) sim_type: i32,
    pub(super) carrier_type: i32,
    /// In cents.
    pub(super) price: i64,
}

/// What to look for. `None` looks for everything.
#[derive(Debug)]
pub struct Filter {
    /// A part of the name.
    pub name: Option<String>,
    /// MB of a cycle.
    pub flow_total_mb: Option<i64>,
    /// Network type.
    pub network_type: Option<i64>,
    /// Region.
    pub location_type: Option<i64>,
    /// Carrier.
    pub carrier_type: Option<i64>,
    /// Country.
    pub country_type: Option<i64>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let (query, page) = (&call.query, call.query.page()?);
    let filter = Filter {
        name: query.filter_text(&MAIN_SEARCH_KEY)?.map(str::to_owned),
        flow_total_mb: query.integer(&FLOW_TOTAL)?,
        network_type: query.integer(&NETWORK_TYPE)?,
        location_type: query.integer(&LOCATION_TYPE)?,
        carrier_type: query.integer(&CARRIER_TYPE)?,
        country_type: query.integer(&COUNTRY_TYPE)?,
    };
    let (count, price_plans) = call.app.db.read(move |tx| store::page(tx, &filter, page)).await?;
    Ok(Reply::json(&PricePlans { limit: page.limit, offset: page.number, count, price_plans }))
}
