//! What people do with a bulk order on its way: hold it, let it go on, take the rest back, try the failed again.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::JobError;

use super::{State, feed, store};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::failpoints;
use crate::http::error::Refusal;
use crate::limits;
use crate::work_orders::review::{Decider, all_in, expect_status, note};
use crate::work_orders::types::{Stage, status};
use crate::work_orders::{settle, store as orders};

/// Holds an order: no card of it begins any more, and those that no worker has taken up go back to wait. What is at a
/// carrier goes on.
///
/// # Errors
/// An order that does not exist, is no bulk order, is not on its way or held already; those of database and queue.
pub fn pause(
    engine: &Engine,
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    now_ms: i64,
) -> Result<(), Refusal> {
    // The state first: from then on no card begins behind our back.
    let held = store::change_state(tx, order_id, &[State::Begun], State::Held)?;
    let waiting = all_in(tx, order_id, Stage::Waiting)?;
    let under_way = all_in(tx, order_id, Stage::UnderWay)?;
    let account = expect_status(tx, decider, order_id, &[status::REVIEWED, status::PROCESSING])?;
    if !held {
        return Err(ErrorCode::OrderNotChangeable.into());
    }
    for detail_id in waiting {
        orders::set_stage(tx, detail_id, Stage::Waiting, Stage::HeldBack)?;
    }
    for detail_id in under_way {
        let Some(errand) = orders::errand(tx, detail_id)? else { continue };
        if engine.links.withdraw_carry(tx, &errand.carried())? {
            orders::set_stage(tx, detail_id, Stage::UnderWay, Stage::HeldBack)?;
            settle::hand_on(engine, tx, &errand, false, now_ms)?;
        }
    }
    store::set_deadlines(tx, order_id, i64::MAX)?;
    failpoints::hit("bulk_pause_in");
    note(tx, account, order_id, "paused", &decider.actor, now_ms)
}

/// Lets a held order go on.
///
/// # Errors
/// An order that does not exist or is not held; those of database and queue.
pub fn resume(
    engine: &Engine,
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    now_ms: i64,
) -> Result<(), Refusal> {
    let goes_on = store::change_state(tx, order_id, &[State::Held], State::Begun)?;
    let held = all_in(tx, order_id, Stage::HeldBack)?;
    let account = expect_status(tx, decider, order_id, &[status::REVIEWED, status::PROCESSING])?;
    if !goes_on {
        return Err(ErrorCode::OrderNotChangeable.into());
    }
    store::set_deadlines(tx, order_id, now_ms + limits::order_life_ms(false))?;
    for detail_id in held {
        settle::start(engine, tx, detail_id, Stage::HeldBack, now_ms)?;
    }
    go_on(engine, tx, account, order_id, now_ms)?;
    note(tx, account, order_id, "resumed", &decider.actor, now_ms)
}

/// Has the lanes of an order looked at, if it has any.
///
/// # Errors
/// Those of database and queue.
pub fn go_on(
    engine: &Engine,
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    now_ms: i64,
) -> Result<bool, JobError> {
    let lanes = store::lanes(tx, order_id)?;
    let unfinished: Vec<_> = lanes.iter().filter(|lane| !lane.is_whole()).collect();
    for lane in &unfinished {
        feed::enqueue(engine, tx, lane.lane_id, account, now_ms)?;
    }
    Ok(!unfinished.is_empty())
}

/// Has no card of an order begin any more, because it is taken back or rejected; [`go_on`] then has them written off.
/// False where that was so already, or it is no bulk order.
///
/// # Errors
/// Those of the database.
pub fn begin_no_more(tx: &mut Tx<'_>, order_id: i64, to: State) -> Result<bool, DbError> {
    store::change_state(tx, order_id, &[State::Begun, State::Held], to)
}
