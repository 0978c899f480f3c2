//! `HEAD /v3/auth/tokens`: whether a token is good.

use axum::http::{Method, StatusCode};

use super::tokens::{self, SUBJECT_TOKEN};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "KeystoneCheckToken",
    method: Method::HEAD,
    path: "/v3/auth/tokens",
    summary: "Tells by its status whether the token that X-Subject-Token names is good.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[tokens::SUBJECT],
    request: None,
    response: (200, None),
    handler: |call| Box::pin(check(call)),
};

async fn check(call: Call) -> Result<Reply, Refusal> {
    let (text, _) = tokens::subject(&call)?;
    Ok(Reply::empty(StatusCode::OK).with_header(SUBJECT_TOKEN, &text))
}
