//! The plan in use shows what happens to its card: used up, stopped, in use again (seed 4.3.1).

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::instances::{IN_USE, STOPPED, USED_UP};

/// `operator_status` of a card whose flow is used up, and of one whose plan ended.
const OUT_OF_FLOW: i64 = 1;
const EXPIRED: i64 = 4;

/// Follows a stop of the card for this cause, its `operator_status`.
///
/// # Errors
/// Those of the database.
pub fn card_stopped(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    cause: i64,
) -> Result<(), DbError> {
    match cause {
        OUT_OF_FLOW => set(tx, account, sim_card_id, USED_UP, [IN_USE, IN_USE]),
        EXPIRED => set(tx, account, sim_card_id, STOPPED, [IN_USE, USED_UP]),
        _ => Ok(()),
    }
}

/// Follows a resumption of the card.
///
/// # Errors
/// Those of the database.
pub fn card_resumed(tx: &mut Tx<'_>, account: AccountId, sim_card_id: i64) -> Result<(), DbError> {
    set(tx, account, sim_card_id, IN_USE, [USED_UP, STOPPED])
}

fn set(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    status: i32,
    from: [i32; 2],
) -> Result<(), DbError> {
    tx.execute_later(
        "UPDATE sim_price_plan SET status = $3 WHERE account_id = $1 AND status IN ($4, $5) \
         AND sim_price_plan_id = (SELECT sim_price_plan_id FROM sim_card WHERE account_id = $1 AND sim_card_id = $2)",
        params![account.0, sim_card_id, status, from[0], from[1]],
    )
}
