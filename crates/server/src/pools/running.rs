//! A pool in its running cycle, as rules look at it: what its members have and what they used.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::balance::{Member, Membership};
use super::store::{self, Terms};
use crate::changes::{self, Change, Subject};
use crate::plans::cycle::{Cycle, StartDay};

/// A pool in its running cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningPool {
    /// Whether its members share what their plans have; otherwise it is billed by what they use.
    pub forward: bool,
    /// 2 in use, -1 stopped, -2 abandoned.
    pub status: i32,
    /// Bytes after which a back pool is stopped.
    pub threshold: Option<i64>,
    /// The running cycle, `202401`.
    pub cycle: i32,
    /// Bytes that the members' plans have in it.
    pub total: i64,
    /// Bytes that the members used in it.
    pub used: i64,
}

/// All pools of all accounts: there are few.
///
/// # Errors
/// Those of the database.
pub fn ids_of_all(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, i64)>, DbError> {
    Ok(store::all(tx)?.into_iter().map(|pool| (pool.account, pool.sim_pool_id)).collect())
}

/// The account's pool as it stands now; `None` where there is none.
///
/// # Errors
/// Those of the database.
pub fn running(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    now_ms: i64,
) -> Result<Option<RunningPool>, DbError> {
    let Some(terms) = store::terms(tx, account, pool_id)? else { return Ok(None) };
    let Terms { forward, status, threshold, carrier } = terms;
    let cycle = Cycle::at(now_ms, StartDay::of_carrier(carrier));
    let mut membership = Membership::new(1);
    if forward {
        store::each_member(tx, account, pool_id, |member: &Member| membership.add(member, &[cycle], now_ms))?;
    }
    let used = store::used(tx, account, pool_id, cycle.month.yyyymm())?;
    let (cycle, total) = (cycle.month.yyyymm(), membership.flow_totals[0]);
    Ok(Some(RunningPool { forward, status, threshold, cycle, total, used }))
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
