//! `GET /v1/work-orders/{work_order_id}/details`: the cards of a work order (seed 4.9.2).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::SIM_TYPE;
use super::pages;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Moment;

/// The order in the path.
pub const WORK_ORDER_ID: Parameter =
    Parameter::integer("work_order_id", 0, i64::MAX, "The work order's id.").in_path();
const MAIN_SEARCH_KEY: Parameter = Parameter::text("main_search_key", 0, 256, "The card's container id.");
const STATUS: Parameter = Parameter::integer("status", 1, 3, "1 done, 2 processing, 3 failed.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListWorkOrderDetails",
    method: Method::GET,
    path: "/v1/work-orders/{work_order_id}/details",
    summary: "Lists the cards of a work order.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[WORK_ORDER_ID, MAIN_SEARCH_KEY, LIMIT, OFFSET, SIM_TYPE, STATUS],
    request: None,
    response: (200, Some(shape::<WorkOrderDetails>)),
    handler: |call| Box::pin(async move { list(&call).await }),
};

/// A page of details.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkOrderDetails {
    limit: i64,
    offset: i64,
    count: i64,
    work_order_details: Vec<WorkOrderDetail>,
}

/// A card of a work order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkOrderDetailVo)]
pub struct WorkOrderDetail {
    pub(super) id: i64,
    pub(super) sim_type: i32,
    pub(super) status: i32,
    pub(super) cid: String,
    pub(super) sim_card_id: i64,
    pub(super) create_time: Moment,
    pub(super) finish_time: Option<Moment>,
    pub(super) description: Option<String>,
}

/// What is listed.
#[derive(Debug)]
pub(super) struct Filter {
    pub order_id: i64,
    pub cid: Option<String>,
    pub sim_type: Option<i64>,
    pub status: Option<i64>,
}

async fn list(call: &Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let filter = Filter {
        order_id: call.path_integer(&WORK_ORDER_ID)?,
        cid: call.query.filter_text(&MAIN_SEARCH_KEY)?.map(str::to_owned),
        sim_type: call.query.integer(&SIM_TYPE)?,
        status: call.query.integer(&STATUS)?,
    };
    let account = call.caller().account;
    let work = move |tx: &mut simlink_db::Tx<'_>| pages::details(tx, account, &filter, page);
    let (count, work_order_details) = call.app.db.read(work).await?;
    call.app.follower.catch_up().await;
    Ok(Reply::json(&WorkOrderDetails { limit: page.limit, offset: page.number, count, work_order_details }))
}
