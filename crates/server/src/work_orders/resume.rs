//! `POST …/work-orders/{work_order_id}/resume`: lets a held bulk order go on.

use axum::http::Method;

use super::bulk::hold;
use super::decide::decide;
use super::list_details::WORK_ORDER_ID;
use crate::http::error::ErrorStyle;
use crate::http::operation::{Access, Operation};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ResumeWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/resume",
    summary: "Lets a held bulk order go on.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { decide(&call, Some(call.caller().account), hold::resume).await }),
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "ResumeAnyWorkOrder",
    path: "/ops/v1/work-orders/{work_order_id}/resume",
    summary: "Lets any account's held bulk order go on.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { decide(&call, None, hold::resume).await }),
    ..OPERATION
};
