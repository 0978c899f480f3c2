//! `POST /ops/v1/orders`: the operator books a purchase for an account: a plan or an add-on package for cards, or
//! add-on packages for a pool. It is completed with the answer.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use simlink_fleet::{AccountId, CardRef};
use utoipa::ToSchema;

use super::store::{self, NewOrder};
use super::types::{Kind, Status};
use super::{note, note_cards};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::members::Members;
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::plans::purchase::Terms;
use crate::pools::add_on;
use crate::sims::named::{self, Both, ListFault};
use crate::usage::shares;
use crate::{automation, limits, plans};

/// Whose purchase it is.
pub const ACCOUNT: Parameter = Parameter::text("account", 1, 64, "The account's name.").in_body().required();
const PRICE_PLAN_ID: Parameter =
    Parameter::text("price_plan_id", 1, 64, "The plan or add-on package.").in_body().required();
const SIM_CARD_IDS: Parameter = Parameter::integers(
    "sim_card_ids",
    limits::PURCHASE_CARDS_MAX,
    "The cards that it is for, by id; not beside iccids and sim_pool_id.",
)
.in_body();
const ICCIDS: Parameter =
    Parameter::texts("iccids", limits::PURCHASE_CARDS_MAX, "The cards that it is for, by ICCID.").in_body();
const SIM_POOL_ID: Parameter =
    Parameter::integer("sim_pool_id", 0, i64::MAX, "The forward pool that an add-on package is for.")
        .in_body();
const QUANTITY: Parameter = Parameter::integer(
    "quantity",
    1,
    limits::PURCHASE_QUANTITY_MAX,
    "Packages for the pool, by default one.",
)
.in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreatePurchaseOrder",
    method: Method::POST,
    path: "/ops/v1/orders",
    summary: "Buys a plan or an add-on package for cards, or add-on packages for a pool.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, PRICE_PLAN_ID, SIM_CARD_IDS, ICCIDS, SIM_POOL_ID, QUANTITY],
    request: None,
    response: (200, Some(shape::<PlacedOrder>)),
    handler: |call| Box::pin(create(call)),
};

/// An order that was placed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacedOrder {
    /// Its id.
    pub order_id: i64,
}

/// The account that a body names.
///
/// # Errors
/// `SIMLINK.0060` where there is none.
pub fn account_of(call: &Call, members: &Members) -> Result<AccountId, Refusal> {
    let name = members.text(&ACCOUNT)?.unwrap_or_default();
    let account = call.app.directory.account_by_name(&name);
    Ok(account.ok_or(ErrorCode::AccountNotFound)?.id)
}

/// Who buys what for whom.
struct Purchase {
    account: AccountId,
    price_plan_id: String,
    actor: String,
    now_ms: i64,
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let purchase = Purchase {
        account: account_of(&call, &members)?,
        price_plan_id: members.text(&PRICE_PLAN_ID)?.unwrap_or_default(),
        actor: call.caller().user_id.to_string(),
        now_ms: call.app.clock.now_ms(),
    };
    let quantity = members.integer(&QUANTITY)?;
    let order_id = match members.integer(&SIM_POOL_ID)? {
        Some(pool_id) => {
            if members.integers(&SIM_CARD_IDS)?.is_some() || members.texts(&ICCIDS)?.is_some() {
                return Err(SIM_POOL_ID.bad(Problem::Beside(SIM_CARD_IDS.name)).into());
            }
            let work = move |tx: &mut Tx<'_>| for_pool(tx, &purchase, pool_id, quantity.unwrap_or(1));
            call.app.write(work).await?
        }
        None => {
            if quantity.is_some() {
                return Err(QUANTITY.bad(Problem::Beside(SIM_CARD_IDS.name)).into());
            }
            let names = named::of_body(&members, &SIM_CARD_IDS, &ICCIDS, Both::Refused)?;
            let ids: Vec<i64> = {
                let reader = call.app.fleet.read(purchase.account);
                let cards = named::find_each(&reader, &names).map_err(ListFault::of_sims)?;
                cards.iter().map(CardRef::id).collect()
            };
            call.app.write(move |tx: &mut Tx<'_>| for_cards(tx, &purchase, &ids)).await?
        }
    };
    Ok(Reply::json(&PlacedOrder { order_id }))
}

fn terms(tx: &mut Tx<'_>, price_plan_id: &str) -> Result<Terms, Refusal> {
    Ok(plans::instances::terms(tx, price_plan_id)?.ok_or(ErrorCode::PricePlanNotFound)?)
}

/// Writes the order of so many.
fn book(tx: &mut Tx<'_>, purchase: &Purchase, terms: &Terms, order: NewOrder<'_>) -> Result<i64, Refusal> {
    let order = NewOrder { price_cents: terms.price_cents.saturating_mul(order.quantity), ..order };
    let order_id = store::insert(tx, &order, purchase.now_ms)?;
    note(tx, purchase.account, order_id, "placed", &purchase.actor, purchase.now_ms)?;
    Ok(order_id)
}

fn order_of<'a>(purchase: &'a Purchase, quantity: i64) -> NewOrder<'a> {
    NewOrder {
        account: purchase.account,
        kind: Kind::Plans,
        status: Status::Completed,
        source_order_id: None,
        price_plan_id: Some(&purchase.price_plan_id),
        sim_pool_id: None,
        quantity,
        periods: 1,
        price_cents: 0,
        actor: &purchase.actor,
    }
}

fn for_cards(tx: &mut Tx<'_>, purchase: &Purchase, ids: &[i64]) -> Result<i64, Refusal> {
    let Purchase { account, now_ms, .. } = *purchase;
    // What the cards have may not change while it is decided what they may buy.
    shares::take_turn(tx)?;
    let terms = terms(tx, &purchase.price_plan_id)?;
    let quantity = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let order_id = book(tx, purchase, &terms, order_of(purchase, quantity))?;
    let bought = plans::buy(tx, account, &terms, ids, order_id, now_ms)??;
    let cards = bought.iter().map(|card| (card.sim_card_id, card.start_day()));
    shares::begin_running(tx, account, cards, now_ms)?;
    note_cards(tx, account, ids, "plan_bought", &purchase.actor, now_ms)?;
    Ok(order_id)
}

fn for_pool(tx: &mut Tx<'_>, purchase: &Purchase, pool_id: i64, quantity: i64) -> Result<i64, Refusal> {
    let Purchase { account, now_ms, .. } = *purchase;
    let terms = terms(tx, &purchase.price_plan_id)?;
    let order = NewOrder { sim_pool_id: Some(pool_id), ..order_of(purchase, quantity) };
    // The pool is looked at first: an order names one that is there.
    let cycle = add_on::cycle(tx, account, pool_id, &terms, now_ms)??;
    let order_id = book(tx, purchase, &terms, order)?;
    let bytes = terms.flow_total.saturating_mul(quantity);
    add_on::add(tx, account, (pool_id, cycle), (order_id, bytes), &purchase.actor, now_ms)?;
    automation::touch_pool(tx, account, pool_id, now_ms)?;
    Ok(order_id)
}
