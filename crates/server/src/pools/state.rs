//! The state of a pool, which rules change: in use or stopped.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::store;
use crate::changes::{self, Change, Subject};

/// All pools of all accounts: there are few.
///
/// # Errors
/// Those of the database.
pub fn ids_of_all(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, i64)>, DbError> {
    Ok(store::all(tx)?.into_iter().map(|pool| (pool.account, pool.sim_pool_id)).collect())
}

/// Stops a pool or puts it in use again, and says so in the change log; false where it stands so already.
///
/// # Errors
/// Those of the database.
pub fn set_stopped(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    stopped: bool,
    actor: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let (status, kind) = if stopped { (store::STOPPED, "stopped") } else { (store::IN_USE, "resumed") };
    if !store::set_status(tx, account, pool_id, status, now_ms)? {
        return Ok(false);
    }
    let change = Change {
        account: Some(account),
        subject: Subject::SimPool,
        ids: &[pool_id],
        kind,
        detail: None,
        actor,
        now_ms,
    };
    changes::record(tx, &change)?;
    Ok(true)
}
