//! Add-on packages of forward pools: flow on top of what the members' plans have, for the running cycle.

use std::collections::HashMap;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::store;
use crate::changes::{self, Change, Subject};
use crate::error_codes::ErrorCode;
use crate::files::PoolKind;
use crate::plans::cycle::{Cycle, StartDay};
use crate::plans::purchase::Terms;

/// `sim_type` of physical cards, of which pools are made.
const PHYSICAL: u8 = 3;

/// The cycle, such as 202207, that runs for a pool which may buy these packages now.
///
/// # Errors
/// Those of the database; within, `GSL.00014003` where the account has no such forward pool, `GSL.00011015` for a plan
/// that is no add-on package of the pool's carrier.
pub fn cycle(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    terms: &Terms,
    now_ms: i64,
) -> Result<Result<i32, ErrorCode>, DbError> {
    let Some(carrier) = store::carrier(tx, account, PoolKind::Forward, pool_id)? else {
        return Ok(Err(ErrorCode::PoolNotFound));
    };
    if !terms.add_on || terms.sim_type != PHYSICAL || terms.carrier != carrier {
        return Ok(Err(ErrorCode::OperationNotSupported));
    }
    Ok(Ok(Cycle::at(now_ms, StartDay::of_carrier(carrier)).month.yyyymm()))
}

/// Gives a pool so many bytes more in a cycle, with an order, and says so in the change log.
///
/// # Errors
/// Those of the database.
pub fn add(
    tx: &mut Tx<'_>,
    account: AccountId,
    (pool_id, cycle): (i64, i32),
    (order_id, bytes): (i64, i64),
    actor: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    store::add_flow(tx, account, (pool_id, cycle), (order_id, bytes))?;
    let change = Change {
        account: Some(account),
        subject: Subject::SimPool,
        ids: &[pool_id],
        kind: "add_on_bought",
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)
}

/// Bytes that a pool's packages have, by cycle; a cycle without any is not there.
///
/// # Errors
/// Those of the database.
pub fn added(tx: &mut Tx<'_>, account: AccountId, pool_id: i64) -> Result<HashMap<i32, i64>, DbError> {
    store::added_flow(tx, account, pool_id)
}
