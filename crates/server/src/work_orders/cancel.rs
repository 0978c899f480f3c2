//! `POST /v1/work-orders/{work_order_id}/cancel`: takes back what of an order was not sent to a carrier yet.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::list_details::WORK_ORDER_ID;
use super::review::{self, Decider};
use crate::failpoints;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CancelWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/cancel",
    summary: "Takes back what of a work order was not sent to a carrier yet.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { cancel(&call).await }),
};

async fn cancel(call: &Call) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let decider = Decider { account: Some(call.caller().account), actor: call.caller().user_id.to_string() };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| review::cancel(&engine, tx, &decider, order_id, now_ms);
    let reply = call.app.db.write(call.once(work, |()| Reply::empty(StatusCode::NO_CONTENT))).await?;
    failpoints::hit("cancel_after");
    call.app.engine.queue.wake();
    Ok(reply)
}
