//! `GET /v1/webhooks/{webhook_id}`: an endpoint.

use axum::http::Method;
use simlink_db::Tx;

use super::endpoint::{EndpointView, WEBHOOK_ID};
use super::store;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowWebhook",
    method: Method::GET,
    path: "/v1/webhooks/{webhook_id}",
    summary: "Shows an endpoint.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[WEBHOOK_ID],
    request: None,
    response: (200, Some(shape::<EndpointView>)),
    handler: |call| Box::pin(show(call)),
};

async fn show(call: Call) -> Result<Reply, Refusal> {
    let (account, id) = (call.caller().account, call.path_integer(&WEBHOOK_ID)?);
    let found = call.app.db.read(move |tx: &mut Tx<'_>| store::find(tx, account, id)).await?;
    let endpoint = found.ok_or(ErrorCode::WebhookNotFound)?;
    Ok(Reply::json(&EndpointView::from(endpoint)))
}
