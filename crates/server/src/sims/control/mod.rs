//! The operations that change a card through its carrier: each answers a work order's id at once (behaviour,
//! section 2).

pub mod bind_device;
pub mod clear_real_name;
pub mod cut_net;
pub mod enable;
pub mod exceed_cut_net;
pub mod reset;
pub mod speed_limit;
pub mod stop;

use serde::Serialize;
use simlink_carriers::{Operation as CarrierOperation, StopCause};
use utoipa::ToSchema;

use super::lifecycle::{self, CardFacts};
use super::{ICCID, SIM_CARD_ID};
use crate::failpoints;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::work_orders::{self, NewOrder, OrderCard, OrderType, Source};

/// The card's ICCID in the body, where its id is 0.
pub const ICCID_IN_BODY: Parameter = ICCID.in_body();

/// What a control operation answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// The work order.
    pub work_order_id: i64,
}

/// Places an order for the card that the request names by id or ICCID, if the card permits it.
///
/// # Errors
/// `GSL.00011001`, what the card's rules say, what `work_orders::place` says.
pub async fn order(call: &Call, operation: CarrierOperation) -> Result<Reply, Refusal> {
    let dry_run = work_orders::is_dry_run(call)?;
    let sim_card_id = call.path_integer(&SIM_CARD_ID)?;
    let iccid = call.query_or_body_text(&ICCID)?;
    let (card, facts) = {
        let reader = call.app.fleet.read(call.caller().account);
        let card = super::find(&reader, sim_card_id, iccid.as_deref())?;
        (order_card(card), CardFacts::of(card, 0))
    };
    place(call, operation, (card, &facts), dry_run).await
}

/// The card as an order names it.
pub fn order_card(card: simlink_fleet::CardRef<'_>) -> OrderCard {
    OrderCard {
        sim_card_id: card.id(),
        cid: card.cid().to_owned(),
        sim_type: card.sim_type(),
        carrier: card.carrier(),
        refusal: None,
    }
}

/// Places an order for a card, if these facts of it permit it; or says what it would come to.
///
/// # Errors
/// What the card's rules say, what `work_orders::place` says.
pub async fn place(
    call: &Call,
    operation: CarrierOperation,
    (card, facts): (OrderCard, &CardFacts),
    dry_run: bool,
) -> Result<Reply, Refusal> {
    let forbidden = lifecycle::may(&operation, facts);
    let card = OrderCard { refusal: forbidden.err().map(|forbidden| forbidden.code()), ..card };
    if !dry_run {
        forbidden?;
    }
    let caller = call.caller();
    let order_type = OrderType::of_one_card(operation.kind());
    let order = NewOrder {
        account: caller.account,
        operation,
        source: Source::of(caller),
        cards: vec![card],
        request: None,
        stop_cause: StopCause::Requested.number(),
        reviewed: call.app.is_reviewed(caller.account, order_type),
        actor: caller.user_id.to_string(),
    };
    if dry_run {
        return work_orders::create::foresee(call, order, order_type, true).await;
    }
    let (engine, now_ms) = (call.app.engine.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut simlink_db::Tx<'_>| work_orders::place(&engine, tx, &order, now_ms);
    // An order changes nothing that is held in memory: there is nothing to wait for but the disk.
    let placed = call.once(work, |work_order_id| Reply::json(&Accepted { work_order_id }));
    let reply = call.app.db.write(placed).await?;
    failpoints::hit("place_after");
    call.app.engine.queue.wake();
    Ok(reply)
}
