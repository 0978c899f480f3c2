//! `GET /v1/audit` and `GET /ops/v1/audit`: entries of the audit, of the account and of all.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::store;
use super::view::EntryView;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::LIMIT;
use crate::http::reply::Reply;

/// `after`: a number.
pub const AFTER: Parameter =
    Parameter::integer("after", 0, i64::MAX, "The number of the entry after which to read.").or("0");

/// The tenant's operation.
pub const OPERATION: Operation = Operation {
    id: "ListAuditEntries",
    method: Method::GET,
    path: "/v1/audit",
    summary: "Lists who changed what in the account, from where and by which request, in order.",
    group: "Changes",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[AFTER, LIMIT],
    request: None,
    response: (200, Some(shape::<Entries>)),
    handler: |call| {
        Box::pin(async move {
            let account = call.caller().account;
            list(call, Some(account)).await
        })
    },
};

/// The operator's, over all accounts.
pub const OPERATION_OF_ALL: Operation = Operation {
    id: "ListAuditEntriesOfAll",
    path: "/ops/v1/audit",
    summary: "Lists who changed what in all accounts, as ListAuditEntries does.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(list(call, None)),
    ..OPERATION
};

/// A page of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntries)]
pub struct Entries {
    entries: Vec<EntryView>,
    /// Read on after this.
    next: i64,
}

async fn list(call: Call, account: Option<AccountId>) -> Result<Reply, Refusal> {
    let after = call.query.integer(&AFTER)?.unwrap_or(0);
    let limit = call.query.page()?.limit;
    let work = move |tx: &mut Tx<'_>| store::after(tx, account, after, limit);
    let found = call.app.db.read(work).await?;
    let next = found.last().map_or(after, |last| last.number);
    let entries = found.into_iter().map(|record| EntryView::of(&call.app, record)).collect();
    Ok(Reply::json(&Entries { entries, next }))
}
