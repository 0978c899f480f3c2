//! `PUT /v3.0/OS-CREDENTIAL/credentials/{access_key}`: switches an access key on or off, or describes it anew.

use axum::http::Method;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ACCESS_KEY, ACTIVE, Credential, CredentialBody, INACTIVE, checked_description, key_of_path, no_such_key,
};
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::iam::{store, wire};

/// The operation. A viewer may do this to its own keys.
pub const OPERATION: Operation = Operation {
    id: "UpdatePermanentAccessKey",
    method: Method::PUT,
    path: "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
    summary: "Switches an access key on or off, or describes it anew.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[ACCESS_KEY],
    request: Some(shape::<ChangesBody>),
    response: (200, Some(shape::<CredentialBody>)),
    handler: |call| Box::pin(update(call)),
};

/// What is to change of an access key.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangesBody {
    #[serde(default, deserialize_with = "wire::object")]
    #[schema(required = true, nullable = false, value_type = Changes)]
    credential: Option<Changes>,
}

#[derive(Debug, Deserialize, ToSchema)]
struct Changes {
    /// `active` or `inactive`.
    status: Option<String>,
    description: Option<String>,
}

async fn update(call: Call) -> Result<Reply, Refusal> {
    let body: ChangesBody = wire::body(&call)?;
    let asked = wire::required(body.credential, "credential")?;
    let active = asked.status.as_deref().map(read_status).transpose()?;
    let description = checked_description(asked.description)?;
    let holder = key_of_path(&call)?;
    let mut key = holder.key().clone();
    key.active = active.unwrap_or(key.active);
    if let Some(description) = &description {
        key.description.clone_from(description);
    }
    let body = CredentialBody { credential: Credential::new(&holder.user, &key) };
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut simlink_db::Tx<'_>| {
        let whose = (&*holder.user.id, &*key.id);
        let what = (active, description.as_deref());
        let updated = store::update_access_key(tx, holder.account.id, whose, what, now_ms, &actor)?;
        if updated { Ok(()) } else { Err(no_such_key()) }
    };
    call.app.write(call.once(work, move |()| Reply::json(&body))).await
}

fn read_status(status: &str) -> Result<bool, BadParameter> {
    match status {
        ACTIVE => Ok(true),
        INACTIVE => Ok(false),
        _ => {
            Err(BadParameter { field: "credential.status", problem: Problem::NotOneOf(&[ACTIVE, INACTIVE]) })
        }
    }
}
