//! `POST /ops/v1/orders/{order_id}/renew`: the operator renews the plans of the cards that came with an order. The cards
//! are renewed by a job, some at a time.

use axum::http::Method;
use simlink_db::Tx;
use simlink_fleet::AccountId;
use simlink_jobs::NewJob;

use super::create::{ACCOUNT, PlacedOrder, account_of};
use super::note;
use super::renewal;
use super::store::{self, NewOrder};
use super::types::{Kind, Status};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;

/// The order that is meant.
pub const ORDER_ID: Parameter = Parameter::integer("order_id", 0, i64::MAX, "The order's id.").in_path();
const PERIODS: Parameter = Parameter::integer(
    "periods",
    1,
    limits::RENEWAL_PERIODS_MAX,
    "Periods of each card's plan, by default one.",
)
.in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "RenewPurchaseOrder",
    method: Method::POST,
    path: "/ops/v1/orders/{order_id}/renew",
    summary: "Renews the plans of the cards that came with an order.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ORDER_ID, ACCOUNT, PERIODS],
    request: None,
    response: (200, Some(shape::<PlacedOrder>)),
    handler: |call| Box::pin(renew(call)),
};

async fn renew(call: Call) -> Result<Reply, Refusal> {
    let source = call.path_integer(&ORDER_ID)?;
    let members = call.members()?;
    let account = account_of(&call, &members)?;
    let periods = members.integer(&PERIODS)?.and_then(|periods| u32::try_from(periods).ok()).unwrap_or(1);
    let (actor, now_ms) = (call.caller().user_id.to_string(), call.app.clock.now_ms());
    let engine = call.app.engine.clone();
    let work = move |tx: &mut Tx<'_>| {
        check(tx, account, source, now_ms)?;
        let order = NewOrder {
            account,
            kind: Kind::Renewal,
            status: Status::UnderWay,
            source_order_id: Some(source),
            price_plan_id: None,
            sim_pool_id: None,
            quantity: 0,
            periods,
            price_cents: 0,
            actor: &actor,
        };
        let order_id = store::insert(tx, &order, now_ms)?;
        note(tx, account, order_id, "placed", &actor, now_ms)?;
        let payload = renewal::payload(account, order_id);
        let job = NewJob { account: Some(account.0), ..NewJob::new(renewal::KIND, &payload, now_ms) };
        engine.queue.enqueue(tx, &job, now_ms)?;
        Ok(order_id)
    };
    let order_id = call.app.write_alone(account, work).await?;
    call.app.engine.queue.wake();
    Ok(Reply::json(&PlacedOrder { order_id }))
}

/// Whether the order's cards may be renewed now (seed, chapter 5).
fn check(tx: &mut Tx<'_>, account: AccountId, order_id: i64, now_ms: i64) -> Result<(), Refusal> {
    match store::is_completed(tx, account, order_id)? {
        None => return Err(ErrorCode::OrderWithoutCards.into()),
        Some(false) => return Err(ErrorCode::OrderUnfinished.into()),
        Some(true) => {}
    }
    if store::has_renewal(tx, account, order_id)? {
        return Err(ErrorCode::RenewalUnfinished.into());
    }
    let has_any = renewal::has_any(tx, account, order_id, now_ms)?;
    if has_any { Ok(()) } else { Err(ErrorCode::OrderWithoutCards.into()) }
}
