//! `GET …/work-orders/{work_order_id}/progress`: how far an order is, carrier by carrier, and why cards of it failed.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::bulk::{State, store as bulk_store};
use super::list_details::WORK_ORDER_ID;
use super::store;
use super::types::status;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::limits;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowWorkOrderProgress",
    method: Method::GET,
    path: "/v1/work-orders/{work_order_id}/progress",
    summary: "Shows how far a work order is and why cards of it failed.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (200, Some(shape::<Progress>)),
    handler: |call| Box::pin(async move { show(&call, Some(call.caller().account)).await }),
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "ShowAnyWorkOrderProgress",
    path: "/ops/v1/work-orders/{work_order_id}/progress",
    summary: "Shows how far any account's work order is and why cards of it failed.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { show(&call, None).await }),
    ..OPERATION
};

/// How far an order is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    work_order_id: i64,
    /// `in_review`, `running`, `paused`, `ending` (what has not begun is being written off) or `ended`.
    state: &'static str,
    total_count: i64,
    success_count: i64,
    fail_count: i64,
    /// Cards that have begun and not ended.
    open_count: i64,
    /// Cards that have not begun.
    queued_count: i64,
    /// A bulk order's cards, carrier by carrier.
    carriers: Vec<LaneProgress>,
    /// Why cards failed, the commonest reason first.
    failures: Vec<Failure>,
}

/// The cards of a bulk order at one carrier.
#[derive(Debug, Serialize, ToSchema)]
pub struct LaneProgress {
    carrier_type: u16,
    total_count: i64,
    queued_count: i64,
    open_count: i64,
    ended_count: i64,
}

/// Cards that failed for the same reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    description: String,
    count: i64,
}

async fn show(call: &Call, account: Option<AccountId>) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let work = move |tx: &mut Tx<'_>| progress(tx, account, order_id);
    let progress = call.app.db.read(work).await?;
    // Whoever sees here that cards have ended sees them changed from now on.
    call.app.follower.catch_up().await;
    Ok(Reply::json(&progress))
}

fn progress(tx: &mut Tx<'_>, account: Option<AccountId>, order_id: i64) -> Result<Progress, Refusal> {
    let (_, order_status) = store::order_status(tx, account, order_id)?.ok_or(ErrorCode::OrderNotFound)?;
    let [total_count, success_count, fail_count] = store::counts(tx, order_id)?;
    let lanes = bulk_store::lanes(tx, order_id)?;
    let carriers: Vec<LaneProgress> = lanes
        .iter()
        .map(|lane| LaneProgress {
            carrier_type: lane.carrier,
            total_count: lane.card_count,
            queued_count: lane.card_count - lane.begun_count,
            open_count: lane.begun_count - lane.ended_count,
            ended_count: lane.ended_count,
        })
        .collect();
    let queued_count = carriers.iter().map(|lane| lane.queued_count).sum();
    let state = match (order_status, lanes.first().map(|lane| lane.state)) {
        (status::DONE | status::CANCELLED | status::FAILED | status::REJECTED, _) => "ended",
        (_, Some(State::TakenBack | State::Rejected)) => "ending",
        (status::IN_REVIEW, _) => "in_review",
        (_, Some(State::Held)) => "paused",
        _ => "running",
    };
    let failures = bulk_store::failures(tx, order_id, limits::FAILURES_COUNTED)?;
    Ok(Progress {
        work_order_id: order_id,
        state,
        total_count,
        success_count,
        fail_count,
        open_count: total_count - success_count - fail_count - queued_count,
        queued_count,
        carriers,
        failures: failures.into_iter().map(|(description, count)| Failure { description, count }).collect(),
    })
}
