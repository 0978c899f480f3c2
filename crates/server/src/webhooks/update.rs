//! `PUT /v1/webhooks/{webhook_id}`: other terms for an endpoint; switching it off, and on again.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::{DESCRIPTION, EVENT_TYPES, EndpointView, FORM, Status, Terms, URL, WEBHOOK_ID};
use super::{store, waker};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const ENABLED: Parameter = Parameter::boolean(
    "enabled",
    "Whether events are sent. Switched on again, the endpoint goes on where it stopped.",
)
.in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "UpdateWebhook",
    method: Method::PUT,
    path: "/v1/webhooks/{webhook_id}",
    summary: "Changes an endpoint; what is left out stays as it is.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID, URL, EVENT_TYPES, FORM, DESCRIPTION, ENABLED],
    request: None,
    response: (200, Some(shape::<EndpointView>)),
    handler: |call| Box::pin(update(call)),
};

async fn update(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let (members, actor) = (call.members()?, call.caller().user_id.clone());
    let (now_ms, app) = (call.app.clock.now_ms(), call.app.clone());
    let enabled = members.boolean(&ENABLED)?;
    let work = move |tx: &mut Tx<'_>| {
        let before = store::find(tx, account, id)?.ok_or(ErrorCode::WebhookNotFound)?;
        let terms = Terms::read(&members, &app.reach, Some(before.terms))?;
        let status = match enabled {
            Some(true) => Status::Active,
            Some(false) => Status::Disabled,
            None => before.status,
        };
        store::update(tx, account, id, (&terms, status), (&actor, now_ms))?;
        if status == Status::Active {
            waker::start(tx, &app.engine.queue, account, id, now_ms)?;
        }
        store::find(tx, account, id)?.ok_or_else(|| ErrorCode::WebhookNotFound.into())
    };
    let reply = |endpoint| Reply::json(&EndpointView::from(endpoint));
    let reply = call.app.write_alone(account, call.once(work, reply)).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
