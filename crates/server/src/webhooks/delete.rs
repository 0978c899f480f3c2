//! `DELETE /v1/webhooks/{webhook_id}`: an endpoint goes, with its log.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::WEBHOOK_ID;
use super::store;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "DeleteWebhook",
    method: Method::DELETE,
    path: "/v1/webhooks/{webhook_id}",
    summary: "Deletes an endpoint and the log of its deliveries.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(delete(call)),
};

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| match store::delete(tx, account, id, (&actor, now_ms))? {
        true => Ok(()),
        false => Err(ErrorCode::WebhookNotFound.into()),
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}
