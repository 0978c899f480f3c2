//! `POST /v1/attributes/{attribute_id}/enable` (seed 4.7.4).

use axum::http::Method;

use super::ATTRIBUTE_ID;
use super::switch::switch;
use crate::http::error::ErrorStyle;
use crate::http::operation::{Access, Operation, shape};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "EnableAttribute",
    method: Method::POST,
    path: "/v1/attributes/{attribute_id}/enable",
    summary: "Lets values of a custom attribute be set.",
    group: "Attributes",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[ATTRIBUTE_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(switch(call, true)),
};
