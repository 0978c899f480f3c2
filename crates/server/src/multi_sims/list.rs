//! `GET /v1/sim-cards-multiply`: the three-network cards (seed 4.10.1).

use axum::http::Method;
use serde::Serialize;
use simlink_fleet::{CardRef, MultiQuery};
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;

const ORDER_ID: Parameter = Parameter::integer("order_id", 0, i64::MAX, "The batch a card was bought in.");
const CID: Parameter = Parameter::text("cid", 1, 20, "The card's own number.");
const ICCID: Parameter = Parameter::text("iccid", 1, 20, "Any of the card's ICCIDs.");
const ONLINE_CARRIER: Parameter =
    Parameter::integer("online_carrier", 1, 3, "The carrier it is on: 1 Mobile, 2 Telecom, 3 Unicom.");
const SIM_CARD_ID: Parameter = Parameter::integer("sim_card_id", 0, i64::MAX, "The card.");
const VERSION: Parameter = Parameter::integer("version", 1, 2, "1 with the SDK, 2 without.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSimCardsMultiply",
    method: Method::GET,
    path: "/v1/sim-cards-multiply",
    summary: "Lists three-network cards.",
    group: "Three-network cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[ORDER_ID, CID, ICCID, ONLINE_CARRIER, SIM_CARD_ID, VERSION, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<MultiSims<'static>>)),
    handler: |call| Box::pin(std::future::ready(list(&call))),
};

/// A page of three-network cards.
#[derive(Debug, Serialize, ToSchema)]
pub struct MultiSims<'a> {
    limit: i64,
    offset: i64,
    count: u64,
    sim_cards: Vec<MultiSimView<'a>>,
}

/// A three-network card (`SimDeviceMultiplyVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimDeviceMultiplyVO)]
pub struct MultiSimView<'a> {
    sim_card_id: i64,
    cid: &'a str,
    iccid_mobile: Option<&'a str>,
    iccid_unicom: Option<&'a str>,
    iccid_telcom: Option<&'a str>,
    /// 1 Mobile, 2 Telecom, 3 Unicom.
    online_carrier: u8,
    network_switch_policy_id: Option<i64>,
    policy_name: Option<&'a str>,
    /// 1 with the SDK, 2 without.
    version: u8,
    order_id: Option<i64>,
}

impl<'a> MultiSimView<'a> {
    /// The view of a card, if it is a three-network card.
    fn of(card: CardRef<'a>) -> Option<Self> {
        let multi = card.multi()?;
        Some(Self {
            sim_card_id: card.id(),
            cid: card.cid(),
            iccid_mobile: multi.iccid_mobile.as_deref(),
            iccid_unicom: multi.iccid_unicom.as_deref(),
            iccid_telcom: multi.iccid_telcom.as_deref(),
            online_carrier: multi.online_carrier,
            network_switch_policy_id: multi.policy_id,
            policy_name: card.policy_name(),
            version: multi.version,
            order_id: card.order_id(),
        })
    }
}

fn list(call: &Call) -> Result<Reply, Refusal> {
    let (query, page) = (&call.query, call.query.page()?);
    // The bounds of these two lie within an i32.
    let small = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
    let filter = MultiQuery {
        order_id: query.integer(&ORDER_ID)?,
        cid: query.text(&CID)?,
        iccid: query.text(&ICCID)?,
        online_carrier: small(query.integer(&ONLINE_CARRIER)?),
        sim_card_id: query.integer(&SIM_CARD_ID)?,
        version: small(query.integer(&VERSION)?),
        offset_rows: u64::try_from(page.rows_before()).unwrap_or(0),
        limit: u32::try_from(page.limit).unwrap_or(0),
    };
    let reader = call.app.fleet.read(call.caller().account);
    let selection = reader.select_multi(&filter);
    let sim_cards = selection.cards.into_iter().filter_map(MultiSimView::of).collect();
    Ok(Reply::json(&MultiSims { limit: page.limit, offset: page.number, count: selection.count, sim_cards }))
}
