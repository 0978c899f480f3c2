//! Text messages to cards: each is an operation at the card's carrier whose end is its delivery.

pub mod deliver;
pub mod list_details;
mod parts;
pub mod send;
mod store;

use simlink_db::{DbError, Tx};

/// The carrier of the card of a message that is still on its way.
///
/// # Errors
/// Those of the database.
pub fn carrier_of_open(
    tx: &mut Tx<'_>,
    sms_message_id: i64,
    sim_card_id: i64,
) -> Result<Option<u16>, DbError> {
    let errand = store::errand(tx, sms_message_id)?;
    Ok(errand
        .filter(|errand| errand.sim_card_id == sim_card_id && errand.is_open())
        .map(|errand| errand.carrier))
}
