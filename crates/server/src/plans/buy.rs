//! Gives cards a plan that was bought for them: all of them, or none.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::cycle::Cycle;
use super::instances::{self, ACTIVATABLE, IN_USE, NewInstance};
use super::purchase::{Buyer, Terms, Way, way};
use crate::error_codes::ErrorCode;

/// Gives a plan to cards, each as it may have it. Answers them: those in use have to be brought to their new flow by the
/// caller. Nothing is written where one of them may not buy it.
///
/// # Errors
/// Those of the database; within, why a card may not buy it ([`way`]), or `GSL.00011001` for one that is not the
/// account's.
pub fn buy(
    tx: &mut Tx<'_>,
    account: AccountId,
    terms: &Terms,
    sim_card_ids: &[i64],
    order_id: i64,
    now_ms: i64,
) -> Result<Result<Vec<Buyer>, ErrorCode>, DbError> {
    let buyers = instances::buyers(tx, account, sim_card_ids)?;
    if buyers.len() != sim_card_ids.len() {
        return Ok(Err(ErrorCode::SimCardNotFound));
    }
    let ways: Result<Vec<Way>, ErrorCode> = buyers.iter().map(|card| way(terms, card, now_ms)).collect();
    let ways = match ways {
        Ok(ways) => ways,
        Err(code) => return Ok(Err(code)),
    };
    for (card, way) in buyers.iter().zip(ways) {
        give(tx, account, terms, (card, way), order_id, now_ms)?;
    }
    Ok(Ok(buyers))
}

fn give(
    tx: &mut Tx<'_>,
    account: AccountId,
    terms: &Terms,
    (card, way): (&Buyer, Way),
    order_id: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let cycle = Cycle::at(now_ms, card.start_day());
    let life_from = |begins_ms| {
        (Some(begins_ms), terms.period.map(|period| period.expire_ms(begins_ms, card.start_day())))
    };
    let (status, life) = match way {
        Way::AddOn => (IN_USE, (Some(now_ms), Some(cycle.last_second_ms()))),
        Way::From(begins_ms) => (IN_USE, life_from(begins_ms)),
        Way::AtActivation | Way::Waiting => (ACTIVATABLE, (None, None)),
    };
    let new = NewInstance {
        sim_card_id: card.sim_card_id,
        terms,
        order_id,
        status,
        life,
        waiting: way == Way::Waiting,
        shares_cycle: (way == Way::AddOn).then(|| cycle.month.yyyymm()),
    };
    let id = instances::insert(tx, account, &new, now_ms)?;
    if matches!(way, Way::From(_) | Way::AtActivation) {
        instances::take_up(tx, account, (card.sim_card_id, id), &terms.price_plan_id, life.1)?;
    }
    Ok(())
}
