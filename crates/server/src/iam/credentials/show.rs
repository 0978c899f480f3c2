//! `GET /v3.0/OS-CREDENTIAL/credentials/{access_key}`: one access key.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ACCESS_KEY, Credential, key_of_path};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowPermanentAccessKey",
    method: Method::GET,
    path: "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
    summary: "Shows an access key without its secret.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[ACCESS_KEY],
    request: None,
    response: (200, Some(shape::<ShownBody>)),
    handler: |call| Box::pin(show(call)),
};

/// An access key.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownBody {
    credential: Shown,
}

#[derive(Debug, Serialize, ToSchema)]
struct Shown {
    #[serde(flatten)]
    credential: Credential,
    /// Always `null`: the use of keys is not recorded.
    last_use_time: Option<String>,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let holder = key_of_path(&call)?;
    let credential = Credential::new(&holder.user, holder.key());
    Ok(Reply::json(&ShownBody { credential: Shown { credential, last_use_time: None } }))
}
