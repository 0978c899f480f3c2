//! How one pool stands in its running cycle.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::balance::{Member, Membership};
use super::{add_on, store};
use crate::plans::cycle::{Cycle, StartDay};

/// A pool in its running cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The pool.
    pub pool_id: i64,
    /// Its name.
    pub name: String,
    /// 2 in use, -1 stopped, -2 abandoned.
    pub pool_status: i32,
    /// Bytes that the members' plans and the pool's packages have together; `None` for a back pool, which has no total.
    pub flow_total: Option<i64>,
    /// Bytes that the members used.
    pub flow_used: i64,
    /// Bytes at which a back pool is stopped.
    pub threshold_bytes: Option<i64>,
    /// The cycle's name, `202401`.
    pub cycle: i32,
}

/// How the account's pool stands now.
///
/// # Errors
/// Those of the database.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    pool_id: i64,
    now_ms: i64,
) -> Result<Option<Standing>, DbError> {
    let Some(pool) = store::outline(tx, account, pool_id)? else { return Ok(None) };
    let cycle = Cycle::at(now_ms, StartDay::of_carrier(pool.carrier));
    let name = cycle.month.yyyymm();
    let mut membership = Membership::new(1);
    let mut added = 0;
    if pool.forward {
        store::each_member(tx, account, pool_id, |member: &Member| {
            membership.add(member, &[cycle], now_ms);
        })?;
        added = add_on::added(tx, account, pool_id)?.remove(&name).unwrap_or(0);
    }
    Ok(Some(Standing {
        pool_id,
        name: pool.name,
        pool_status: pool.pool_status,
        flow_total: pool.forward.then(|| membership.flow_totals[0] + added),
        flow_used: store::used(tx, account, pool_id, name)?,
        threshold_bytes: pool.threshold_bytes,
        cycle: name,
    }))
}
