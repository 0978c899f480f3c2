//! `GET /ops/v1/orders`: the purchase orders of all accounts.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::store::{self, Filter};
use super::types::{self, KINDS, PurchaseOrder, STATUSES};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;

const ACCOUNT: Parameter = Parameter::text("account", 1, 64, "Orders of the account with this name alone.");
const ORDER_ID: Parameter =
    Parameter::integer("order_id", 0, i64::MAX, "Orders with this id alone: accounts may share one.");
const KIND: Parameter = Parameter::choice("kind", KINDS, "What was bought.");
const STATUS: Parameter = Parameter::choice("status", STATUSES, "How the order stands.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListPurchaseOrders",
    method: Method::GET,
    path: "/ops/v1/orders",
    summary: "Lists the purchase orders of all accounts, newest first.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, ORDER_ID, KIND, STATUS, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<PurchaseOrders>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseOrders {
    limit: i64,
    offset: i64,
    count: i64,
    orders: Vec<PurchaseOrder>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let account = match call.query.filter_text(&ACCOUNT)? {
        Some(name) => {
            let account = call.app.directory.account_by_name(name);
            Some(account.ok_or(ErrorCode::AccountNotFound)?.id)
        }
        None => None,
    };
    let number = |words, parameter| -> Result<Option<i64>, Refusal> {
        Ok(call.query.text(parameter)?.and_then(|word| types::number(words, word)))
    };
    let filter = Filter {
        account,
        order_id: call.query.integer(&ORDER_ID)?,
        kind: number(KINDS, &KIND)?,
        status: number(STATUSES, &STATUS)?,
    };
    let (count, orders) = call.app.db.read(move |tx: &mut Tx<'_>| store::page(tx, &filter, page)).await?;
    Ok(Reply::json(&PurchaseOrders { limit: page.limit, offset: page.number, count, orders }))
}
