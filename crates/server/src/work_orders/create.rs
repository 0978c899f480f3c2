//! `POST /v1/work-orders`: one operation on many cards. The cards that do not permit it fail at once, the others are
//! carried out behind the orders of one card. A list or filter makes a bulk order, whose cards begin bit by bit.

use axum::http::Method;
use serde::Serialize;
use simlink_carriers::StopCause;
use simlink_db::Tx;
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::bulk::{self, Forecast, Question};
use super::place::{self, NewOrder};
use super::request::{
    FILE_TEMP_ID, FILTER, ICCIDS, OPERATION_NAME, QUOTA, Request, SIM_CARD_IDS, SPEED_VALUE,
};
use super::types::{OrderType, Source};
use super::{DRY_RUN, is_dry_run};
use crate::failpoints;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders",
    summary: "Places a work order for many cards, or says what it would come to.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[DRY_RUN, OPERATION_NAME, QUOTA, SPEED_VALUE, SIM_CARD_IDS, ICCIDS, FILE_TEMP_ID, FILTER],
    request: None,
    response: (200, Some(shape::<Placed>)),
    handler: |call| Box::pin(async move { create(&call).await }),
};

/// An order that was placed, or what it would come to.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Placed {
    /// The work order; absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_order_id: Option<i64>,
    /// What a dry run found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

impl Placed {
    /// The answer to an order that was placed.
    pub(super) fn reply(work_order_id: i64) -> Reply {
        Reply::json(&Self { work_order_id: Some(work_order_id), forecast: None })
    }
}

async fn create(call: &Call) -> Result<Reply, Refusal> {
    order(call, call.caller().account, Source::of(call.caller())).await
}

/// Places the order that the request asks for, for cards of this account.
///
/// # Errors
/// What the request or the database refuses.
pub(super) async fn order(call: &Call, account: AccountId, source: Source) -> Result<Reply, Refusal> {
    let dry_run = is_dry_run(call)?;
    let request = Request::read(call).await?;
    let (operation, name, bulk) = (request.operation.clone(), request.name.clone(), request.bulk);
    let cards = request.cards(call, account).await?;
    let order_type = OrderType::of_many_cards(operation.kind());
    let order = NewOrder {
        account,
        request: Some(format!("{name} × {}", cards.len())),
        operation,
        source,
        cards,
        stop_cause: StopCause::Requested.number(),
        reviewed: call.app.is_reviewed(account, order_type),
        actor: call.caller().user_id.to_string(),
    };
    let spaced = source.is_spaced();
    if dry_run {
        return foresee(call, order, order_type, spaced).await;
    }
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        if bulk {
            bulk::place(&engine, tx, &order, spaced, now_ms)
        } else {
            place::place_many(&engine, tx, &order, now_ms)
        }
    };
    let reply = call.app.db.write(call.once(work, Placed::reply)).await?;
    failpoints::hit("bulk_placed");
    call.app.engine.queue.wake();
    Ok(reply)
}

/// Answers what an order would come to. With `spaced`, the same operation on a card within five minutes is in the way.
///
/// # Errors
/// Those of the database.
pub async fn foresee(
    call: &Call,
    order: NewOrder,
    order_type: OrderType,
    spaced: bool,
) -> Result<Reply, Refusal> {
    let question = Question {
        account: order.account,
        kind: order.operation.kind(),
        order_type,
        cards: order.cards,
        spaced,
        reviewed: order.reviewed,
    };
    let (language, now_ms) = (call.language, call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| bulk::forecast(tx, &question, language, now_ms);
    let forecast = call.app.db.read(work).await?;
    Ok(Reply::json(&Placed { forecast: Some(forecast), ..Placed::default() }))
}
