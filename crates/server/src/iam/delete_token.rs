//! `DELETE /v3/auth/tokens`: revokes a token.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::{store, tokens};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation. A viewer may revoke its own.
pub const OPERATION: Operation = Operation {
    id: "KeystoneRevokeToken",
    method: Method::DELETE,
    path: "/v3/auth/tokens",
    summary: "Revokes the token that X-Subject-Token names.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[tokens::SUBJECT],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(delete(call)),
};

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let (_, holder) = tokens::subject(&call)?;
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let (account, user_id, hash) = (holder.account.id, holder.user.id.clone(), holder.token().hash);
    // Revoked by somebody else in the meantime is revoked, too.
    let work = move |tx: &mut Tx<'_>| Ok(store::revoke_token(tx, account, &user_id, &hash, now_ms, &actor)?);
    call.app.write(call.once(work, |_| Reply::empty(StatusCode::NO_CONTENT))).await
}
