//! `POST /v1/webhooks/{webhook_id}/test`: an event `webhook.test` for one endpoint, whatever types it wants.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::WEBHOOK_ID;
use super::{event, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "TestWebhook",
    method: Method::POST,
    path: "/v1/webhooks/{webhook_id}/test",
    summary: "Sends an event of the type webhook.test to an endpoint; what becomes of it is in its deliveries.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(test(call)),
};

async fn test(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        store::find(tx, account, id)?.ok_or(ErrorCode::WebhookNotFound)?;
        Ok(store::record(tx, account, id, (event::TEST, None), (&actor, now_ms))?)
    };
    call.app.write(call.once(work, |()| Reply::json(&true))).await
}
