//! `DELETE /v1/session`: signs out. An extension.

use axum::http::{Method, StatusCode};

use super::{text, with_cookie};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;
use crate::iam::{store, tokens};

/// The operation. A viewer may sign out, too.
pub const OPERATION: Operation = Operation {
    id: "DeleteSession",
    method: Method::DELETE,
    path: "/v1/session",
    summary: "Signs out: ends the session and takes its cookie back.",
    group: "Console",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(delete(call)),
};

async fn delete(call: Call) -> Result<Reply, Refusal> {
    // A program has no session: there is nothing to end, and its token stays.
    if let Some(text) = text(&call.headers)? {
        let hash = tokens::hash(text);
        let (account, user_id) = (call.caller().account, call.caller().user_id.clone());
        let now_ms = call.app.clock.now_ms();
        let work = move |tx: &mut simlink_db::Tx<'_>| {
            Ok(store::revoke_token(tx, account, &user_id, &hash, now_ms, &user_id)?)
        };
        call.app.write(work).await?;
    }
    Ok(with_cookie(&call.app, Reply::empty(StatusCode::NO_CONTENT), ""))
}
