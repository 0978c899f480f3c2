//! SIM cards: the inventory that everything else is about.

pub mod carrier_state;
mod carrier_store;
pub mod control;
pub mod diagnosis;
pub mod import;
pub mod lifecycle;
pub mod list;
pub mod load;
pub mod named;
pub mod real_named;
pub mod show;
pub mod store;
pub mod view;

use simlink_fleet::{CardRef, Reader};

use crate::error_codes::ErrorCode;
use crate::http::error::{Problem, Refusal};
use crate::http::parameter::Parameter;

/// The card in the path of the single-card operations; 0 names it by [`ICCID`].
pub const SIM_CARD_ID: Parameter =
    Parameter::integer("sim_card_id", 0, i64::MAX, "The card's id; 0 names it by iccid.").in_path();
/// The card's ICCID, where its id is 0. The 19-digit form names the same card as the 20-digit one.
pub const ICCID: Parameter =
    Parameter::text("iccid", 19, 20, "The card's ICCID, read when sim_card_id is 0.");

/// The card that a request names by id or, where that is 0, by ICCID.
///
/// # Errors
/// A missing ICCID; `GSL.00011001` for a card that does not exist, which is also what another account's card does.
pub fn find<'a>(reader: &'a Reader, sim_card_id: i64, iccid: Option<&str>) -> Result<CardRef<'a>, Refusal> {
    let card = match (sim_card_id, iccid) {
        (0, None) => return Err(ICCID.bad(Problem::Required).into()),
        (0, Some(iccid)) => reader.by_iccid(iccid),
        (id, _) => reader.by_id(id),
    };
    Ok(card.ok_or(ErrorCode::SimCardNotFound)?)
}
