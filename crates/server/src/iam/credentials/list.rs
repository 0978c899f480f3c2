//! `GET /v3.0/OS-CREDENTIAL/credentials`: a user's access keys, the caller's own by default.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Credential, USER_ID, user_named};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListPermanentAccessKeys",
    method: Method::GET,
    path: "/v3.0/OS-CREDENTIAL/credentials",
    summary: "Lists a user's access keys.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[USER_ID],
    request: None,
    response: (200, Some(shape::<Credentials>)),
    handler: |call| Box::pin(list(call)),
};

/// A user's access keys, at most two.
#[derive(Debug, Serialize, ToSchema)]
pub struct Credentials {
    credentials: Vec<Credential>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let user = user_named(&call, call.query.filter_text(&USER_ID)?)?;
    let credentials = user.keys.iter().map(|key| Credential::new(&user, key)).collect();
    Ok(Reply::json(&Credentials { credentials }))
}
