//! `GET /ops/v1/accounts`: the accounts with their users and keys, by name.

use std::future::ready;

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::accounts::{self, AccountView};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;

const NAME: Parameter = Parameter::text("name", 0, 64, "The one account of this name.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListAccounts",
    method: Method::GET,
    path: "/ops/v1/accounts",
    summary: "Lists accounts with their users and keys.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[NAME, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<Accounts>)),
    handler: |call| Box::pin(ready(list(&call))),
};

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accounts {
    limit: i64,
    offset: i64,
    count: usize,
    accounts: Vec<AccountView>,
}

fn list(call: &Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let name = call.query.filter_text(&NAME)?;
    let directory = &call.app.directory;
    let mut found: Vec<_> =
        directory.account_ids().into_iter().filter_map(|id| directory.account(id)).collect();
    found.retain(|account| name.is_none_or(|name| *account.name == *name));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let count = found.len();
    let skipped = usize::try_from(page.rows_before()).unwrap_or(usize::MAX);
    let shown = found.iter().skip(skipped).take(usize::try_from(page.limit).unwrap_or(0));
    let accounts = shown.map(|account| accounts::view(&call.app, account)).collect();
    Ok(Reply::json(&Accounts { limit: page.limit, offset: page.number, count, accounts }))
}
