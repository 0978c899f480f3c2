//! `GET /v1/tags`: the account's tags (seed 4.6.1).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::tags::store;

const TAG_NAME: Parameter = Parameter::text("tag_name", 0, 256, "Part of the tag's name.");
const STATUS: Parameter = Parameter::integer("status", 0, 1, "0 not in use, 1 some card carries it.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListTags",
    method: Method::GET,
    path: "/v1/tags",
    summary: "Lists the account's tags.",
    group: "Tags",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Read,
    allowance: None,
    parameters: &[TAG_NAME, LIMIT, OFFSET, STATUS],
    request: None,
    response: (200, Some(shape::<Tags>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of tags.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tags {
    limit: i64,
    offset: i64,
    count: i64,
    tags: Vec<Tag>,
}

/// A tag (`CmTagVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CmTagVO)]
pub struct Tag {
    pub(super) id: i64,
    pub(super) tag_name: String,
    /// 1 while any card carries it, else 0.
    pub(super) status: i32,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let name = call.query.filter_text(&TAG_NAME)?.map(str::to_owned);
    let status = call.query.integer(&STATUS)?;
    let account = call.caller().account;
    let work = move |tx: &mut simlink_db::Tx<'_>| store::page(tx, account, name.as_deref(), status, page);
    let (count, tags) = call.app.db.read(work).await?;
    Ok(Reply::json(&Tags { limit: page.limit, offset: page.number, count, tags }))
}
