//! `GET /v1/work-orders`: the account's work orders, newest first (seed 4.9.1).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::pages;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Moment;

const MAIN_SEARCH_KEY: Parameter = Parameter::text("main_search_key", 0, 17, "The work order's id.");
pub(super) const SIM_TYPE: Parameter = Parameter::integer("sim_type", 1, 10, "1 vSIM, 2 eSIM, 3 physical.");
const WORK_ORDER_TYPE: Parameter =
    Parameter::integer("work_order_type", 1, 99, "What is asked for: 5 stop, 4 resume, 10 activate, …");
const STATUS: Parameter = Parameter::integer(
    "status",
    1,
    7,
    "1 in review, 2 reviewed, 3 processing, 4 done, 5 cancelled, 6 failed, 7 rejected.",
);

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListWorkOrders",
    method: Method::GET,
    path: "/v1/work-orders",
    summary: "Lists work orders.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[MAIN_SEARCH_KEY, LIMIT, OFFSET, SIM_TYPE, WORK_ORDER_TYPE, STATUS],
    request: None,
    response: (200, Some(shape::<WorkOrders>)),
    handler: |call| Box::pin(async move { list(&call).await }),
};

/// A page of work orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkOrders {
    limit: i64,
    offset: i64,
    count: i64,
    work_orders: Vec<WorkOrder>,
}

/// A work order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkOrderVo)]
pub struct WorkOrder {
    pub(super) id: i64,
    pub(super) sim_type: Option<i32>,
    pub(super) work_order_type: i32,
    pub(super) req_detail: String,
    pub(super) total_count: i32,
    pub(super) success_count: i32,
    pub(super) fail_count: i32,
    pub(super) process_count: i32,
    pub(super) status: i32,
    pub(super) create_time: Moment,
    pub(super) finish_time: Option<Moment>,
    pub(super) fail_reason: Option<String>,
    pub(super) response: Option<String>,
    pub(super) work_order_source: i32,
    pub(super) work_order_source_desc: &'static str,
}

/// What is listed.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub order_id: Option<i64>,
    pub sim_type: Option<i64>,
    pub work_order_type: Option<i64>,
    pub status: Option<i64>,
}

async fn list(call: &Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let search = call.query.filter_text(&MAIN_SEARCH_KEY)?;
    let filter = Filter {
        // What is no id is the id of no order.
        order_id: search.map(|text| text.trim().parse().unwrap_or(-1)),
        sim_type: call.query.integer(&SIM_TYPE)?,
        work_order_type: call.query.integer(&WORK_ORDER_TYPE)?,
        status: call.query.integer(&STATUS)?,
    };
    let (account, language) = (call.caller().account, call.language);
    let work = move |tx: &mut simlink_db::Tx<'_>| pages::orders(tx, account, &filter, page, language);
    let (count, work_orders) = call.app.db.read(work).await?;
    // Whoever sees here that an order is done sees its card changed from now on.
    call.app.follower.catch_up().await;
    Ok(Reply::json(&WorkOrders { limit: page.limit, offset: page.number, count, work_orders }))
}
