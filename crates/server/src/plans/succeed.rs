//! What happens to plans that end: the next one of the card takes over, or the same one goes on for another period.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::cycle::Cycle;
use super::instances;
use super::purchase::{self, Buyer};

/// Has the plan that waited longest take over from the card's plan in use, where that has ended or is used up. Answers
/// the card, which the caller has to bring to its new flow; `None` where nothing is to be done.
///
/// # Errors
/// Those of the database.
pub fn succeed(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    now_ms: i64,
) -> Result<Option<Buyer>, DbError> {
    let (Some(card), Some(next)) = (
        instances::buyers(tx, account, &[sim_card_id])?.pop(),
        instances::longest_waiting(tx, account, sim_card_id)?,
    ) else {
        return Ok(None);
    };
    let Some(terms) = instances::terms(tx, &next.price_plan_id)? else { return Ok(None) };
    let Some((begins_ms, used_up)) = purchase::succession(&card, &terms, next.bought_ms, now_ms) else {
        return Ok(None);
    };
    if let Some(current) = card.sim_price_plan_id {
        let stop_ms = if used_up { begins_ms } else { card.expire_ms.unwrap_or(begins_ms) };
        instances::end(tx, account, current, used_up, stop_ms)?;
    }
    let expire_ms = terms.period.map(|period| period.expire_ms(begins_ms, card.start_day()));
    let cycle = Cycle::at(begins_ms, card.start_day());
    let within = (begins_ms > cycle.start_ms).then(|| cycle.month.yyyymm());
    instances::begin(tx, account, next.id, (begins_ms, expire_ms), within)?;
    instances::take_up(tx, account, (sim_card_id, next.id), &next.price_plan_id, expire_ms)?;
    Ok(Some(card))
}

/// Has the plans of cards go on for so many periods more. Cards that cannot (see [`purchase::renewed_until`]) are left
/// out; answers the others.
///
/// # Errors
/// Those of the database.
pub fn renew(
    tx: &mut Tx<'_>,
    account: AccountId,
    cards: Vec<Buyer>,
    periods: u32,
    now_ms: i64,
) -> Result<Vec<Buyer>, DbError> {
    let mut renewed = Vec::with_capacity(cards.len());
    for card in cards {
        let Ok(until_ms) = purchase::renewed_until(&card, periods, now_ms) else { continue };
        instances::prolong(tx, account, card.sim_card_id, until_ms)?;
        renewed.push(card);
    }
    Ok(renewed)
}
