//! `POST /ops/v1/work-orders/{work_order_id}/approve`: the operator approves an order in review.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::list_details::WORK_ORDER_ID;
use super::review::{self, Decider};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ApproveWorkOrder",
    method: Method::POST,
    path: "/ops/v1/work-orders/{work_order_id}/approve",
    summary: "Approves a work order that is in review.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { approve(&call).await }),
};

async fn approve(call: &Call) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let decider = Decider { account: None, actor: call.caller().user_id.to_string() };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| review::approve(&engine, tx, &decider, order_id, now_ms);
    let reply = call.app.db.write(call.once(work, |()| Reply::empty(StatusCode::NO_CONTENT))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
