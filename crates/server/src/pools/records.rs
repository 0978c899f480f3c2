//! The records of pools that both lists show: a pool in a cycle, with what its members make of it.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::balance::{Member, Membership, last_cycles};
use super::{add_on, store};
use crate::files::PoolKind;
use crate::http::call::Call;
use crate::http::error::Refusal;
use crate::http::parameter::Parameter;
use crate::http::query::Page;
use crate::limits;
use crate::plans::billing;
use crate::plans::cycle::{Cycle, Month, StartDay};

/// Part of a pool's name.
pub const POOL_NAME: Parameter = Parameter::text("pool_name", 0, 100, "Part of the pool's name.");
/// One billing cycle.
pub const BILLING_CYCLE: Parameter = Parameter::text(
    "billing_cycle",
    7,
    7,
    "The billing cycle, such as 2021-04: this month's and the five before it; the running one by default.",
);
/// All billing cycles that are shown.
pub const ALL_BILLING_CYCLE: Parameter = Parameter::boolean(
    "all_billing_cycle",
    "Shows a record for each of the last six billing cycles instead of one.",
)
.or("false");

/// What a list of pools is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Part of the name.
    pub name: Option<String>,
    /// Whether pools in use or stopped, and whether abandoned ones, are listed.
    pub states: (bool, bool),
    /// Which cycles.
    pub cycles: Cycles,
    /// Rows of the page.
    pub page: Page,
}

/// The billing cycles of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycles {
    /// The one that runs for each pool.
    Running,
    /// A certain one.
    Named(Month),
    /// Each of the last six.
    All,
}

impl Cycles {
    /// Reads the one cycle of a query, the running one by default.
    ///
    /// # Errors
    /// A parameter of the wrong length; `GSL.00011004` for a cycle that may not be asked for.
    pub fn of(call: &Call) -> Result<Self, Refusal> {
        match call.query.text(&BILLING_CYCLE)? {
            None => Ok(Self::Running),
            Some(text) => Ok(Self::Named(billing::asked(text, call.app.clock.now_ms())?)),
        }
    }

    /// The cycles of a pool of which the carrier cuts cycles on `start_day`, newest first.
    pub fn of_pool(self, start_day: StartDay, now_ms: i64) -> Vec<Cycle> {
        match self {
            Self::Running => vec![Cycle::at(now_ms, start_day)],
            Self::Named(month) => vec![Cycle::named(month, start_day)],
            Self::All => last_cycles(now_ms, start_day),
        }
    }

    /// Records a pool has.
    fn per_pool(self) -> i64 {
        if self == Self::All { i64::from(limits::CYCLES_SHOWN) } else { 1 }
    }
}

impl Asked {
    /// Reads what both lists take from the query.
    ///
    /// # Errors
    /// Those of the parameters; `GSL.00011004` for a cycle that may not be asked for.
    pub fn read(call: &Call, states: (bool, bool)) -> Result<Self, Refusal> {
        let one = Cycles::of(call)?;
        let all = call.query.boolean(&ALL_BILLING_CYCLE)?.unwrap_or(false);
        Ok(Self {
            name: call.query.filter_text(&POOL_NAME)?.map(str::to_owned),
            states,
            cycles: if all { Cycles::All } else { one },
            page: call.query.page()?,
        })
    }
}

/// A pool in a billing cycle.
#[derive(Debug)]
pub struct PoolInCycle {
    /// The pool.
    pub pool: store::Pool,
    /// The cycle.
    pub cycle: Cycle,
    /// Bytes that the members' plans and the pool's own packages have in the cycle.
    pub flow_total: i64,
    /// Bytes that all members used in the cycle.
    pub flow_used: i64,
    /// Its members.
    pub membership: Membership,
}

/// A page of the records of the account's pools, by pool and then newest cycle first, and their exact count.
///
/// # Errors
/// Those of the database.
pub fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: PoolKind,
    asked: &Asked,
    now_ms: i64,
) -> Result<(i64, Vec<PoolInCycle>), DbError> {
    // The pools whose records stand on the page: the first and the last one with some of theirs.
    let per_pool = asked.cycles.per_pool();
    let (start, limit) = (asked.page.rows_before(), asked.page.limit);
    let first = start / per_pool;
    let pools = (start + limit).div_euclid(per_pool) + i64::from((start + limit) % per_pool > 0) - first;
    let (count, pools) = store::pools(tx, account, kind, asked, (first, pools))?;
    let mut records = Vec::new();
    for pool in pools {
        let cycles = asked.cycles.of_pool(StartDay::of_carrier(pool.carrier), now_ms);
        let mut membership = Membership::new(cycles.len());
        store::each_member(tx, account, pool.id, |member: &Member| membership.add(member, &cycles, now_ms))?;
        let added = add_on::added(tx, account, pool.id)?;
        for (place, cycle) in cycles.iter().enumerate() {
            let added = added.get(&cycle.month.yyyymm()).copied().unwrap_or(0);
            records.push(PoolInCycle {
                pool: pool.clone(),
                cycle: *cycle,
                flow_total: membership.flow_totals[place] + added,
                flow_used: store::used(tx, account, pool.id, cycle.month.yyyymm())?,
                membership: membership.clone(),
            });
        }
    }
    let before = usize::try_from(start % per_pool).unwrap_or(0);
    let limit = usize::try_from(limit).unwrap_or(0);
    Ok((count * per_pool, records.into_iter().skip(before).take(limit).collect()))
}
