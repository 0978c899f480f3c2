//! `POST …/work-orders/{work_order_id}/retry`: a new order for the cards of an ended one that failed, and for no others.

use axum::http::Method;
use simlink_carriers::Operation as CarrierOperation;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::bulk::{self, store};
use super::create::{Placed, foresee};
use super::list_details::WORK_ORDER_ID;
use super::place::NewOrder;
use super::request::looked_at;
use super::review::{Decider, expect_status};
use super::types::{OrderType, Source, status};
use super::{DRY_RUN, is_dry_run};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "RetryWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders/{work_order_id}/retry",
    summary: "Places a new work order for the cards of an ended one that failed.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[WORK_ORDER_ID, DRY_RUN],
    request: None,
    response: (200, Some(shape::<Placed>)),
    handler: |call| {
        Box::pin(async move { retry(&call, Some(call.caller().account), Source::of(call.caller())).await })
    },
};

/// The operator's.
pub const OF_ANY: Operation = Operation {
    id: "RetryAnyWorkOrder",
    path: "/ops/v1/work-orders/{work_order_id}/retry",
    summary: "Places a new work order for the cards of any account's ended one that failed.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { retry(&call, None, Source::Operator).await }),
    ..OPERATION
};

async fn retry(call: &Call, account: Option<AccountId>, source: Source) -> Result<Reply, Refusal> {
    let order_id = call.path_integer(&WORK_ORDER_ID)?;
    let dry_run = is_dry_run(call)?;
    let decider = Decider { account, actor: call.caller().user_id.to_string() };
    let actor = decider.actor.clone();
    let read = move |tx: &mut Tx<'_>| {
        let ended = [status::DONE, status::CANCELLED, status::FAILED];
        let account = expect_status(tx, &decider, order_id, &ended)?;
        Ok::<_, Refusal>((account, store::past(tx, account, order_id)?))
    };
    let (account, past) = call.app.db.read(read).await?;
    let operation: CarrierOperation = serde_json::from_str(&past.operation)
        .map_err(|_| DbError::Other("an order's operation cannot be read".to_owned()))?;
    let (app, asked) = (call.app.clone(), operation.clone());
    let scan = move || {
        let reader = app.fleet.read(account);
        // A card that went to another account meanwhile is none of this one's any more.
        looked_at(past.sim_card_ids.iter().filter_map(|id| reader.by_id(*id)), &asked)
    };
    let cards = call.app.scans.run(scan).await?;
    if cards.is_empty() {
        return Err(ErrorCode::OrderNotChangeable.into());
    }
    let order_type = OrderType::of_many_cards(operation.kind());
    let order = NewOrder {
        account,
        operation,
        source,
        request: Some(format!("{order_id}: retry × {}", cards.len())),
        cards,
        stop_cause: past.stop_cause,
        reviewed: call.app.is_reviewed(account, order_type),
        actor,
    };
    if dry_run {
        return foresee(call, order, order_type, false).await;
    }
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| bulk::place(&engine, tx, &order, false, now_ms);
    let reply = call.app.db.write(call.once(work, Placed::reply)).await?;
    call.app.engine.queue.wake();
    Ok(reply)
}
