//! `POST /v1/webhooks/{webhook_id}/replay`: an endpoint is told once more of everything since a time.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::WEBHOOK_ID;
use super::{store, waker};
use crate::changes::entries;
use crate::error_codes::ErrorCode;
use crate::files::values::parse_time_ms;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const SINCE: Parameter = Parameter::text(
    "since",
    1,
    40,
    "A time such as 2024-01-15T03:00:00Z; a later one than now skips nothing.",
)
.in_body()
.required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ReplayWebhook",
    method: Method::POST,
    path: "/v1/webhooks/{webhook_id}/replay",
    summary: "Sends every event since a time once more, with the same ids; now skips what is still to be read of the log.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID, SINCE],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(replay(call)),
};

async fn replay(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let since = call.members()?.text(&SINCE)?.unwrap_or_default();
    let since_ms = parse_time_ms(&since).map_err(|_| SINCE.bad(Problem::Malformed))?;
    let (now_ms, queue) = (call.app.clock.now_ms(), call.app.engine.queue.clone());
    let actor = call.caller().user_id.clone();
    let work = move |tx: &mut Tx<'_>| {
        store::find(tx, account, id)?.ok_or(ErrorCode::WebhookNotFound)?;
        let position = entries::before(tx, account, since_ms)?;
        store::set_position(tx, account, id, position)?;
        store::record(tx, account, id, ("replayed", Some(&since)), (&actor, now_ms))?;
        Ok(waker::start(tx, &queue, account, id, now_ms)?)
    };
    let reply = call.app.write(call.once(work, |()| Reply::json(&true))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
