//! What the operations share by which people decide about an order: who decides, one transaction, an empty answer.

use axum::http::StatusCode;
use simlink_db::Tx;
use simlink_fleet::AccountId;

use super::list_details::WORK_ORDER_ID;
use super::review::Decider;
use crate::engine::Engine;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::reply::Reply;

/// A decision about the order of an id at a moment in epoch milliseconds.
pub(super) type Decision = fn(&Engine, &mut Tx<'_>, &Decider, i64, i64) -> Result<(), Refusal>;

/// Decides for the caller about the order in the path: one of the account's, or any where it is `None`.
///
/// # Errors
/// Those of the decision.
pub(super) async fn decide(
    call: &Call,
    account: Option<AccountId>,
    decision: Decision,
) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let decider = Decider { account, actor: call.caller().user_id.to_string() };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| decision(&engine, tx, &decider, order_id, now_ms);
    let reply = call.app.db.write(call.once(work, |()| Reply::empty(StatusCode::NO_CONTENT))).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
