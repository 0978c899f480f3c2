//! `POST …/work-orders/{work_order_id}/pause`: holds a bulk order; what is at a carrier goes on.

use axum::http::Method;

use super::bulk::hold;
use super::decide::decide;
use super::list_details::WORK_ORDER_ID;
use crate::http::error::ErrorStyle;
use crate::http::operation::{Access, Operation};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "PauseWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/pause",
    summary: "Holds a bulk order: no card of it begins any more.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { decide(&call, Some(call.caller().account), hold::pause).await }),
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "PauseAnyWorkOrder",
    path: "/ops/v1/work-orders/{work_order_id}/pause",
    summary: "Holds any account's bulk order: no card of it begins any more.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { decide(&call, None, hold::pause).await }),
    ..OPERATION
};
