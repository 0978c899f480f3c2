//! `POST /v1/webhooks/{webhook_id}/rotate-secret`: another secret for an endpoint, from the next delivery on.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, WEBHOOK_ID};
use super::{signature, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "RotateWebhookSecret",
    method: Method::POST,
    path: "/v1/webhooks/{webhook_id}/rotate-secret",
    summary: "Gives an endpoint another secret, which is in this answer only.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WEBHOOK_ID],
    request: None,
    response: (200, Some(shape::<Secret>)),
    handler: |call| Box::pin(rotate(call)),
};

/// The new secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub struct Secret {
    /// What deliveries are signed with.
    secret: String,
}

async fn rotate(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let secret = signature::make_secret(&call.app.randomness);
    let sealed = call.app.vault.seal(&call.app.randomness, &Endpoint::vault_name(id), &secret);
    let work = move |tx: &mut Tx<'_>| match store::set_secret(tx, account, id, &sealed, (&actor, now_ms))? {
        true => Ok(()),
        false => Err(ErrorCode::WebhookNotFound.into()),
    };
    call.app.write(call.once(work, |()| Reply::json(&Secret { secret }))).await
}
