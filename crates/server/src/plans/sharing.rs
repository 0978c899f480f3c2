//! The statements on plans of a card that share the flow of a cycle.

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::cycle::{Cycle, Month, StartDay, business_date, number_of_day};
use super::instances::{CARDS_PER_LIST, USED_UP};
use super::share::Base;
use crate::sql::{padded, placeholders};

/// The plans of a card that share a cycle's flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The card.
    pub sim_card_id: i64,
    /// Its carrier, by which the cycle is cut.
    pub carrier: i32,
    /// Basic plans in the order in which they took over, the one in use last.
    pub bases: Vec<(i64, Base)>,
    /// Add-on packages in the order of purchase, with their totals.
    pub add_ons: Vec<(i64, i64)>,
}

/// Of these cards those of which several plans share the flow of a cycle such as 202207.
///
/// # Errors
/// Those of the database.
pub fn sharing(
    tx: &mut Tx<'_>,
    account: AccountId,
    cycle: i32,
    ids: &[i64],
) -> Result<Vec<Sharing>, DbError> {
    let any = "SELECT 1 FROM sim_price_plan WHERE account_id = $1 AND shares_cycle = $2 LIMIT 1";
    if tx.find(any, params![account.0, cycle], |row| row.get::<i64>(0))?.is_none() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for ids in ids.chunks(CARDS_PER_LIST) {
        let ids = padded(ids);
        let sql = format!(
            "SELECT DISTINCT sim_card_id FROM sim_price_plan WHERE account_id = $1 AND shares_cycle = $2 \
             AND sim_card_id IN ({}) ORDER BY sim_card_id",
            placeholders(3, ids.len())
        );
        let mut bound = params![account.0, cycle].to_vec();
        bound.extend(ids.into_iter().map(Param::from));
        found.extend(tx.rows(&sql, &bound, |row| row.get::<i64>(0))?);
    }
    found.into_iter().map(|card| sharing_of(tx, account, cycle, card)).collect()
}

/// How the plans of one card share a cycle.
fn sharing_of(tx: &mut Tx<'_>, account: AccountId, cycle: i32, sim_card_id: i64) -> Result<Sharing, DbError> {
    let mut sharing = Sharing { sim_card_id, ..Sharing::default() };
    tx.for_each(
        "SELECT held.sim_price_plan_id, held.flow_total, held.status, held.active_ms, held.stop_ms, \
         held.shares_cycle, plan.package_type, card.carrier, card.sim_price_plan_id = held.sim_price_plan_id \
         FROM sim_price_plan held JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id \
         JOIN sim_card card ON card.sim_card_id = held.sim_card_id \
         WHERE held.account_id = $1 AND held.sim_card_id = $2 AND held.waiting = 0 AND held.status IN (2, 3, 5) \
         ORDER BY 9, COALESCE(held.active_ms, 0), held.sim_price_plan_id",
        params![account.0, sim_card_id],
        |row| {
            let (id, flow_total): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (active_ms, stop_ms): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
            sharing.carrier = row.get(7)?;
            let is_current: bool = row.get(8)?;
            if row.get::<i32>(6)? == 2 {
                if row.get::<Option<i32>>(5)? == Some(cycle) {
                    sharing.add_ons.push((id, flow_total));
                }
                return Ok(());
            }
            let named = Cycle::named(Month::from_yyyymm(cycle), StartDay::of_carrier(sharing.carrier));
            // The plan in use serves also where it is counted from the next cycle only.
            let overlaps = is_current
                || (active_ms.is_none_or(|ms| ms < named.end_ms)
                    && stop_ms.is_none_or(|ms| ms >= named.start_ms));
            if overlaps {
                let from_day = active_ms.map_or(0, |ms| number_of_day(business_date(ms)));
                let used_up = row.get::<i32>(2)? == USED_UP && !is_current;
                sharing.bases.push((id, Base { flow_total, from_day, used_up }));
            }
            Ok::<_, DbError>(())
        },
    )?;
    Ok(sharing)
}

/// Writes what a plan has of the cycle's flow. A package shows by it whether it is used up; a plan follows its card.
///
/// # Errors
/// Those of the database.
pub fn set_used(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    bytes: i64,
    is_add_on: bool,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_price_plan SET flow_used = $3, status = CASE WHEN $4 = 0 OR status NOT IN (2, 3) THEN status \
         WHEN flow_total > $3 THEN 2 ELSE 3 END WHERE account_id = $1 AND sim_price_plan_id = $2",
        params![account.0, id, bytes, is_add_on],
    )?;
    Ok(())
}
