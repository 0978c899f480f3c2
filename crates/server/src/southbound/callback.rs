//! `POST /southbound/v1/{link}/events`: what a gateway tells, signed with the link's key. Verified, recorded, answered;
//! what follows from it is the jobs' business.

use axum::http::{Method, StatusCode};
use serde_json::json;
use simlink_carriers::gateway::signature::{
    KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, SignatureHeaders, Signed, TIMESTAMP_HEADER,
};
use simlink_carriers::gateway::{CallbackError, read_callback};

use super::events::take_events;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, GatewayError, Problem, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const LINK: Parameter = Parameter::text("link", 1, 32, "The link that the gateway is attached to.").in_path();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "TakeCarrierEvents",
    method: Method::POST,
    path: "/southbound/v1/{link}/events",
    summary: "Takes what a carrier's gateway tells: one event or a list of up to 500, signed as docs/adding-a-carrier.md \
              says.",
    group: "Carriers",
    errors: ErrorStyle::Business,
    // The signature is the credential; it is looked at here, with the link's key.
    access: Access::Public,
    allowance: None,
    parameters: &[LINK],
    request: None,
    response: (200, None),
    handler: |call| Box::pin(take(call)),
};

async fn take(call: Call) -> Result<Reply, Refusal> {
    let refuse = || GatewayError::Unauthorized("the callback's signature does not fit".to_owned());
    // A link that does not exist, or takes no callbacks, is refused like a wrong signature.
    let link = call.app.engine.links.named(call.path_text(&LINK)?).ok_or_else(refuse)?.clone();
    let key = link.key.as_ref().ok_or_else(refuse)?;
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    let headers = SignatureHeaders {
        key: header(KEY_HEADER),
        timestamp: header(TIMESTAMP_HEADER),
        nonce: header(NONCE_HEADER),
        signature: header(SIGNATURE_HEADER),
    };
    let target = format!("/southbound/v1/{}/events", link.link.name());
    let signed = Signed { method: "POST", target: &target, body: &call.body };
    let callback = read_callback(key, headers, signed, call.app.clock.world_ms()).map_err(|error| {
        tracing::debug!(link = link.link.name(), %error, "a callback was refused");
        match error {
            CallbackError::Signature(_) => Refusal::from(refuse()),
            CallbackError::TooLarge => GatewayError::BodyTooLarge.into(),
            CallbackError::Malformed => BadParameter { field: "body", problem: Problem::Malformed }.into(),
        }
    })?;
    let skipped = callback.skipped;
    let taken = take_events(&call.app.engine, &link, callback.events).await?;
    Ok(Reply::json(&json!({"taken": taken, "skipped": skipped})).with_status(StatusCode::OK))
}
