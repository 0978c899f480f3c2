//! `POST /v1/attributes/{attribute_id}/disable` (seed 4.7.5).

use axum::http::Method;

use super::ATTRIBUTE_ID;
use super::switch::switch;
use crate::http::error::ErrorStyle;
use crate::http::operation::{Access, Operation, shape};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "DisableAttribute",
    method: Method::POST,
    path: "/v1/attributes/{attribute_id}/disable",
    summary: "Lets no more values of a custom attribute be set.",
    group: "Attributes",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[ATTRIBUTE_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(switch(call, false)),
};
