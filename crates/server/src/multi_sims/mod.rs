//! Three-network cards: one card with an ICCID at each of up to three carriers.

pub mod list;
pub mod set_policy;
pub mod switch_network;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{Problem, Refusal};
use crate::http::parameter::Parameter;
use crate::sims::SIM_CARD_ID;
use crate::sims::control::order_card;
use crate::sims::lifecycle::CardFacts;
use crate::work_orders::OrderCard;

/// The card's container id, where its id in the path is 0.
const CID: Parameter =
    Parameter::text("cid", 0, 256, "The card's container id, read when sim_card_id is 0.").in_body();

/// The card that a request names by id or, where that is 0, by `cid`; with its facts and its policy.
fn find(call: &Call, cid: Option<&str>) -> Result<(OrderCard, CardFacts, Option<i64>), Refusal> {
    let sim_card_id = call.path_integer(&SIM_CARD_ID)?;
    let reader = call.app.fleet.read(call.caller().account);
    let card = match (sim_card_id, cid) {
        (0, None) => return Err(CID.bad(Problem::Required).into()),
        (0, Some(cid)) => reader.by_cid(cid),
        (id, _) => reader.by_id(id),
    };
    let card = card.ok_or(ErrorCode::SimCardNotFound)?;
    Ok((order_card(card), CardFacts::of(card, 0), card.multi().and_then(|multi| multi.policy_id)))
}
