//! `GET /v1/work-orders`: the account's work orders, newest first (seed 4.9.1).

use axum::http::Method;
use serde::Serialize;
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::pages;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET, Page};
use crate::http::reply::Reply;
use crate::units::Moment;

const ACCOUNT: Parameter = Parameter::text("account", 0, 64, "The one account of this domain name.");
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

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "ListAnyWorkOrders",
    path: "/ops/v1/work-orders",
    summary: "Lists the work orders of all accounts, or of one.",
    group: "Operator",
    access: Access::Operate,
    parameters: &[ACCOUNT, MAIN_SEARCH_KEY, LIMIT, OFFSET, SIM_TYPE, WORK_ORDER_TYPE, STATUS],
    response: (200, Some(shape::<AnyWorkOrders>)),
    handler: |call| Box::pin(async move { list_any(&call).await }),
    ..OPERATION
};

/// A page of the work orders of all accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnyWorkOrders {
    limit: i64,
    offset: i64,
    count: i64,
    work_orders: Vec<AnyWorkOrder>,
}

/// A work order with its account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnyWorkOrder {
    /// The account's domain name.
    account: String,
    #[serde(flatten)]
    order: WorkOrder,
}

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
    let (page, count, found) = page(call, Some(call.caller().account)).await?;
    let work_orders = found.into_iter().map(|(_, order)| order).collect();
    Ok(Reply::json(&WorkOrders { limit: page.limit, offset: page.number, count, work_orders }))
}

async fn list_any(call: &Call) -> Result<Reply, Refusal> {
    let directory = &call.app.directory;
    let account = match call.query.filter_text(&ACCOUNT)? {
        Some(name) => Some(directory.account_by_name(name).ok_or(ErrorCode::AccountNotFound)?.id),
        None => None,
    };
    let (page, count, found) = page(call, account).await?;
    let named = |(account, order)| {
        let account = directory.account(account).map(|account| account.name.to_string());
        AnyWorkOrder { account: account.unwrap_or_default(), order }
    };
    let work_orders = found.into_iter().map(named).collect();
    Ok(Reply::json(&AnyWorkOrders { limit: page.limit, offset: page.number, count, work_orders }))
}

/// The page that is asked for, of an account or of all.
async fn page(
    call: &Call,
    account: Option<AccountId>,
) -> Result<(Page, i64, Vec<(AccountId, WorkOrder)>), Refusal> {
    let page = call.query.page()?;
    let search = call.query.filter_text(&MAIN_SEARCH_KEY)?;
    let filter = Filter {
        // What is no id is the id of no order.
        order_id: search.map(|text| text.trim().parse().unwrap_or(-1)),
        sim_type: call.query.integer(&SIM_TYPE)?,
        work_order_type: call.query.integer(&WORK_ORDER_TYPE)?,
        status: call.query.integer(&STATUS)?,
    };
    let language = call.language;
    let work = move |tx: &mut simlink_db::Tx<'_>| pages::orders(tx, account, &filter, page, language);
    let (count, found) = call.app.db.read(work).await?;
    // Whoever sees here that an order is done sees its card changed from now on.
    call.app.follower.catch_up().await;
    Ok((page, count, found))
}
