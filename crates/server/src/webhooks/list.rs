//! `GET /v1/webhooks`: the account's endpoints.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::endpoint::EndpointView;
use super::store;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListWebhooks",
    method: Method::GET,
    path: "/v1/webhooks",
    summary: "Lists the endpoints that are told of changes.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<Webhooks>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhooks {
    limit: i64,
    offset: i64,
    count: i64,
    webhooks: Vec<EndpointView>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let (page, account) = (call.query.page()?, call.caller().account);
    let (count, found) = call.app.db.read(move |tx: &mut Tx<'_>| store::page(tx, account, page)).await?;
    let webhooks = found.into_iter().map(EndpointView::from).collect();
    Ok(Reply::json(&Webhooks { limit: page.limit, offset: page.number, count, webhooks }))
}
