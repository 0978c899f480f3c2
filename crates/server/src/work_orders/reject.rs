//! `POST /ops/v1/work-orders/{work_order_id}/reject`: the operator does not approve an order in review.

use axum::http::Method;

use super::decide::decide;
use super::list_details::WORK_ORDER_ID;
use super::review;
use crate::http::error::ErrorStyle;
use crate::http::operation::{Access, Operation};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "RejectWorkOrder",
    method: Method::POST,
    path: "/ops/v1/work-orders/{work_order_id}/reject",
    summary: "Rejects a work order that is in review.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { decide(&call, None, review::reject).await }),
};
