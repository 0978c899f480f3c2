//! `DELETE /ops/v1/accounts/{account}/users/{user}/keys/{access_key}`: an end to an access key.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::accounts::{self, ACCOUNT, USER};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::store;

const ACCESS_KEY: Parameter = Parameter::text("access_key", 1, 64, "The key's public part.").in_path();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "DeleteAnyAccessKey",
    method: Method::DELETE,
    path: "/ops/v1/accounts/{account}/users/{user}/keys/{access_key}",
    summary: "Ends an access key of a user.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, USER, ACCESS_KEY],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { delete(&call).await }),
};

async fn delete(call: &Call) -> Result<Reply, Refusal> {
    let access_key = call.path_text(&ACCESS_KEY)?.to_owned();
    let (account, user) = accounts::user(call)?;
    let (now_ms, actor) = (call.app.clock.now_ms(), call.caller().user_id.clone());
    let work = move |tx: &mut Tx<'_>| {
        Ok(store::delete_access_key(tx, account.id, (&user.id, &access_key), now_ms, &actor)?)
    };
    match call.app.write(work).await? {
        true => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        false => Err(ErrorCode::KeyNotFound.into()),
    }
}
