//! `POST /v1/work-orders`: one operation on many cards. The cards that do not permit it fail at once, the others are
//! carried out behind the orders of one card.

use axum::http::Method;
use simlink_carriers::{Operation as CarrierOperation, StopCause};
use simlink_db::Tx;
use simlink_fleet::Reader;

use super::place::{self, NewOrder, OrderCard};
use super::types::{OrderType, Source};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::sims::control::{Accepted, order_card};
use crate::sims::lifecycle::{self, CardFacts};
use crate::sims::named::{self, Both, CardName, ListFault};

const OPERATIONS: &[&str] = &["stop", "reset", "enable", "cut-net", "restore-net", "clear-real-name"];
const OPERATION_NAME: Parameter =
    Parameter::choice("operation", OPERATIONS, "What is done with each card.").in_body().required();
const SIM_CARD_IDS: Parameter =
    Parameter::integers("sim_card_ids", limits::ORDER_CARDS_MAX, "The cards, by id.").in_body();
const ICCIDS: Parameter =
    Parameter::texts("iccids", limits::ORDER_CARDS_MAX, "The cards, by ICCID, where no ids are given.")
        .in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateWorkOrder",
    method: Method::POST,
    path: "/v1/work-orders",
    summary: "Places a work order for many cards.",
    group: "Work orders",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[OPERATION_NAME, SIM_CARD_IDS, ICCIDS],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { create(&call).await }),
};

async fn create(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let operation = match members.text(&OPERATION_NAME)?.as_deref() {
        Some("reset") => CarrierOperation::Resume,
        Some("enable") => CarrierOperation::Activate,
        Some("cut-net") => CarrierOperation::CutNet,
        Some("restore-net") => CarrierOperation::RestoreNet,
        Some("clear-real-name") => CarrierOperation::ClearRealName,
        _ => CarrierOperation::Stop,
    };
    let names = named::of_body(&members, &SIM_CARD_IDS, &ICCIDS, Both::IdsWin)?;
    let caller = call.caller();
    let cards = {
        let reader = call.app.fleet.read(caller.account);
        cards(&reader, &operation, &names)?
    };
    let order_type = OrderType::of_many_cards(operation.kind());
    let order = NewOrder {
        account: caller.account,
        request: Some(format!("{} × {}", members.text(&OPERATION_NAME)?.unwrap_or_default(), cards.len())),
        operation,
        source: Source::of(caller),
        cards,
        stop_cause: StopCause::Requested.number(),
        reviewed: call.app.is_reviewed(caller.account, order_type),
        actor: caller.user_id.to_string(),
    };
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| place::place_many(&engine, tx, &order, now_ms);
    let work_order_id = call.app.db.write(work).await?;
    call.app.engine.queue.wake();
    Ok(Reply::json(&Accepted { work_order_id }))
}

/// The cards named, each once, with what its rules say.
fn cards(
    reader: &Reader,
    operation: &CarrierOperation,
    names: &[CardName],
) -> Result<Vec<OrderCard>, Refusal> {
    let found = named::find_each(reader, names).map_err(ListFault::of_sims)?;
    let cards = found.into_iter().map(|card| {
        let forbidden = lifecycle::may(operation, &CardFacts::of(card, 0)).err();
        OrderCard { refusal: forbidden.map(|forbidden| forbidden.code()), ..order_card(card) }
    });
    Ok(cards.collect())
}
