//! `POST /v1/webhooks/{webhook_id}/resend`: one event once more.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::WEBHOOK_ID;
use super::store::{self, deliveries};
use super::{event, waker};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const EVENT_ID: Parameter =
    Parameter::text("event_id", 1, 32, "The event's id, from the deliveries.").in_body().required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ResendWebhookEvent",
    method: Method::POST,
    path: "/v1/webhooks/{webhook_id}/resend",
    summary: "Sends an event once more, with the same id.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID, EVENT_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(resend(call)),
};

async fn resend(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let text = call.members()?.text(&EVENT_ID)?.unwrap_or_default();
    let (now_ms, queue) = (call.app.clock.now_ms(), call.app.engine.queue.clone());
    let actor = call.caller().user_id.clone();
    let work = move |tx: &mut Tx<'_>| {
        store::find(tx, account, id)?.ok_or(ErrorCode::WebhookNotFound)?;
        let event = event::read_id(&text).ok_or(ErrorCode::EventNotFound)?;
        if !deliveries::send_again(tx, account, id, event, now_ms)? {
            return Err(ErrorCode::EventNotFound.into());
        }
        store::record(tx, account, id, ("resent", Some(&text)), (&actor, now_ms))?;
        Ok(waker::start(tx, &queue, account, id, now_ms)?)
    };
    let reply = call.app.write(call.once(work, |()| Reply::json(&true))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
