//! `GET /v3/auth/tokens`: what a token is good for.

use axum::http::Method;

use super::tokens::{self, SUBJECT_TOKEN, TokenBody};
use super::wire;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const NO_CATALOG: Parameter = Parameter::text("nocatalog", 0, 256, "Any text leaves the catalogue out.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "KeystoneValidateToken",
    method: Method::GET,
    path: "/v3/auth/tokens",
    summary: "Describes the token that X-Subject-Token names.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[tokens::SUBJECT, NO_CATALOG],
    request: None,
    response: (200, Some(shape::<TokenBody>)),
    handler: |call| Box::pin(show(call)),
};

async fn show(call: Call) -> Result<Reply, Refusal> {
    let catalog = call.query.filter_text(&NO_CATALOG)?.is_none();
    let (text, holder) = tokens::subject(&call)?;
    let base = catalog.then(|| wire::base(&call));
    let body = TokenBody::new(&holder.account, &holder.user, holder.token(), base.as_deref());
    Ok(Reply::json(&body).with_header(SUBJECT_TOKEN, &text))
}
