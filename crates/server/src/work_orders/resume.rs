//! `POST …/work-orders/{work_order_id}/resume`: lets a held bulk order go on.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::bulk::hold;
use super::list_details::WORK_ORDER_ID;
use super::review::Decider;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ResumeWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/resume",
    summary: "Lets a held bulk order go on.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { resume(&call, Some(call.caller().account)).await }),
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "ResumeAnyWorkOrder",
    path: "/ops/v1/work-orders/{work_order_id}/resume",
    summary: "Lets any account's held bulk order go on.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { resume(&call, None).await }),
    ..OPERATION
};

async fn resume(call: &Call, account: Option<simlink_fleet::AccountId>) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let decider = Decider { account, actor: call.caller().user_id.to_string() };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| hold::resume(&engine, tx, &decider, order_id, now_ms);
    let reply = call.app.db.write(call.once(work, |()| Reply::empty(StatusCode::NO_CONTENT))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
