//! `POST …/work-orders/{work_order_id}/cancel`: takes back what of an order was not sent to a carrier yet.

use axum::http::Method;
use simlink_fleet::AccountId;

use super::decide::decide;
use super::list_details::WORK_ORDER_ID;
use super::review;
use crate::failpoints;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CancelWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/cancel",
    summary: "Takes back what of a work order was not sent to a carrier yet.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { cancel(&call, Some(call.caller().account)).await }),
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "CancelAnyWorkOrder",
    path: "/ops/v1/work-orders/{work_order_id}/cancel",
    summary: "Takes back what of any account's work order was not sent to a carrier yet.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { cancel(&call, None).await }),
    ..OPERATION
};

async fn cancel(call: &Call, account: Option<AccountId>) -> Result<Reply, Refusal> {
    let reply = decide(call, account, review::cancel).await?;
    failpoints::hit("cancel_after");
    Ok(reply)
}
