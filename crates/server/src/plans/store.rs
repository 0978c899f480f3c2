//! Every statement on the catalogue of plans and the plans of cards.

use std::collections::HashMap;

use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::list::{Filter, PricePlan};
use super::list_of_sim::SimPricePlan;
use super::usage::HeldPlan;
use crate::files::records::PlanRecord;
use crate::http::query::Page;
use crate::sql;
use crate::units::{MEGABYTE_BYTES, Megabytes, Moment};

/// Ids and names of all plans.
///
/// # Errors
/// Those of the database.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, DbError> {
    tx.rows("SELECT price_plan_id, price_plan_name FROM price_plan", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// A page of the catalogue in the order of the ids, and its exact count. The catalogue belongs to all accounts.
///
/// # Errors
/// Those of the database.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, page: Page) -> Result<(i64, Vec<PricePlan>), DbError> {
    let name = filter.name.as_deref().map(sql::containing);
    sql::page(
        tx,
        "price_plan_id, price_plan_name, description, flow_total_mb, package_type, period, period_type, effect_type, \
         silent_period_day, silent_period_unit, auto_renew, location_desc, location_type, sim_type, carrier_type, \
         price_cents",
        "FROM price_plan \
         WHERE (CAST($1 AS TEXT) IS NULL OR lower(price_plan_name) LIKE $1 ESCAPE '\\') \
         AND (CAST($2 AS BIGINT) IS NULL OR flow_total_mb = $2) \
         AND (CAST($3 AS BIGINT) IS NULL OR network_type = $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR location_type = $4) \
         AND (CAST($5 AS BIGINT) IS NULL OR carrier_type = $5) \
         AND (CAST($6 AS BIGINT) IS NULL OR country_type = $6)",
        "price_plan_id",
        params![
            name.as_deref(),
            filter.flow_total_mb,
            filter.network_type,
            filter.location_type,
            filter.carrier_type,
            filter.country_type
        ],
        page,
        price_plan,
    )
}

fn price_plan(row: &Row<'_>) -> Result<PricePlan, DbError> {
    Ok(PricePlan {
        price_plan_id: row.get(0)?,
        price_plan_name: row.get(1)?,
        description: row.get(2)?,
        flow_total: row.get(3)?,
        package_type: row.get(4)?,
        period: row.get(5)?,
        period_type: row.get(6)?,
        effect_type: row.get(7)?,
        silent_period_day: row.get(8)?,
        silent_period_unit: row.get(9)?,
        auto_renew: row.get(10)?,
        location_desc: row.get(11)?,
        location_type: row.get(12)?,
        sim_type: row.get(13)?,
        carrier_type: row.get(14)?,
        price: row.get(15)?,
    })
}

/// A page of the plans of one card, or of all cards of the account, newest first.
///
/// # Errors
/// Those of the database.
pub fn page_of_sims(
    tx: &mut Tx<'_>,
    account: AccountId,
    domain_id: &str,
    sim_card_id: Option<i64>,
    page: Page,
) -> Result<Vec<SimPricePlan>, DbError> {
    let of_card = if sim_card_id.is_some() { "AND held.sim_card_id = $4" } else { "" };
    let sql = format!(
        "SELECT held.sim_price_plan_id, held.sim_card_id, held.status, held.price_plan_id, card.cid, held.order_id, \
         held.created_ms, held.active_ms, held.stop_ms, held.flow_total, held.flow_used, plan.price_plan_name, \
         plan.description, plan.package_type, plan.effect_type, plan.silent_period_day, plan.silent_period_unit, \
         plan.auto_renew, plan.location_desc \
         FROM (SELECT * FROM sim_price_plan held WHERE held.account_id = $1 {of_card} \
               ORDER BY held.sim_price_plan_id DESC LIMIT $2 OFFSET $3) held \
         JOIN sim_card card ON card.sim_card_id = held.sim_card_id \
         JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id \
         ORDER BY held.sim_price_plan_id DESC"
    );
    let mut bound = params![account.0, page.limit, page.rows_before()].to_vec();
    bound.extend(sim_card_id.map(Param::from));
    tx.rows(&sql, &bound, |row| {
        let (total, used): (i64, i64) = (row.get(9)?, row.get(10)?);
        let status: i32 = row.get(2)?;
        Ok(SimPricePlan {
            id: row.get(0)?,
            account_id: domain_id.to_owned(),
            sim_card_id: row.get(1)?,
            status,
            price_plan_id: row.get(3)?,
            cid: row.get(4)?,
            order_id: row.get::<Option<i64>>(5)?.map(|id| id.to_string()),
            create_time: Moment(row.get(6)?),
            active_time: row.get::<Option<i64>>(7)?.map(Moment),
            stop_time: row.get::<Option<i64>>(8)?.map(Moment),
            flow_total: Megabytes(total),
            flow_used: Megabytes(used),
            flow_left: Megabytes(total - used),
            using: if status == 2 { "1" } else { "0" },
            price_plan_name: row.get(11)?,
            description: row.get(12)?,
            package_type: row.get(13)?,
            effect_type: row.get(14)?,
            silent_period_day: row.get(15)?,
            silent_period_unit: row.get(16)?,
            auto_renew: row.get(17)?,
            location_desc: row.get(18)?,
        })
    })
}

/// What the import of cards has to know of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTerms {
    /// Bytes of a cycle.
    pub flow_total: i64,
    /// 1 vSIM, 2 eSIM, 3 physical.
    pub sim_type: u8,
    /// The carrier.
    pub carrier_type: i32,
}

/// The terms of all plans by their ids.
///
/// # Errors
/// Those of the database.
pub fn terms(tx: &mut Tx<'_>) -> Result<HashMap<String, PlanTerms>, DbError> {
    let plans = tx.rows(
        "SELECT price_plan_id, flow_total_mb, sim_type, carrier_type FROM price_plan",
        params![],
        |row| {
            let flow_total = row.get::<i64>(1)?.saturating_mul(MEGABYTE_BYTES);
            Ok((row.get(0)?, PlanTerms { flow_total, sim_type: row.get(2)?, carrier_type: row.get(3)? }))
        },
    )?;
    Ok(plans.into_iter().collect())
}

/// Inserts a plan or replaces the one with its id.
///
/// # Errors
/// Those of the database.
pub fn put(tx: &mut Tx<'_>, plan: &PlanRecord, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO price_plan (price_plan_id, price_plan_name, description, flow_total_mb, package_type, period, \
         period_type, effect_type, silent_period_day, silent_period_unit, auto_renew, location_desc, location_type, \
         sim_type, carrier_type, price_cents, network_type, country_type, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
         ON CONFLICT (price_plan_id) DO UPDATE SET price_plan_name = excluded.price_plan_name, \
         description = excluded.description, flow_total_mb = excluded.flow_total_mb, \
         package_type = excluded.package_type, period = excluded.period, period_type = excluded.period_type, \
         effect_type = excluded.effect_type, silent_period_day = excluded.silent_period_day, \
         silent_period_unit = excluded.silent_period_unit, auto_renew = excluded.auto_renew, \
         location_desc = excluded.location_desc, location_type = excluded.location_type, \
         sim_type = excluded.sim_type, carrier_type = excluded.carrier_type, price_cents = excluded.price_cents, \
         network_type = excluded.network_type, country_type = excluded.country_type",
        params![
            plan.price_plan_id.as_str(),
            plan.price_plan_name.as_str(),
            plan.description.as_deref(),
            plan.flow_total_mb,
            plan.package_type,
            plan.period,
            plan.period_type,
            plan.effect_type,
            plan.silent_period_day,
            plan.silent_period_unit,
            plan.auto_renew,
            plan.location_desc.as_deref(),
            plan.location_type,
            plan.sim_type,
            plan.carrier_type,
            plan.price_cents,
            plan.network_type,
            plan.country_type,
            now_ms
        ],
    )?;
    Ok(())
}

/// Plans that cards of the account have, by the ids of the instances.
///
/// # Errors
/// Those of the database.
pub fn held(tx: &mut Tx<'_>, account: AccountId, ids: &[i64]) -> Result<HashMap<i64, HeldPlan>, DbError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = sql::padded(ids);
    let sql = format!(
        "SELECT held.sim_price_plan_id, held.price_plan_id, plan.price_plan_name, held.flow_total, held.flow_used \
         FROM sim_price_plan held JOIN price_plan plan ON plan.price_plan_id = held.price_plan_id \
         WHERE held.account_id = $1 AND held.sim_price_plan_id IN ({})",
        sql::placeholders(2, ids.len())
    );
    let bound: Vec<Param<'_>> = std::iter::once(account.0).chain(ids).map(Param::from).collect();
    let plans = tx.rows(&sql, &bound, |row| {
        let plan = HeldPlan {
            price_plan_id: row.get(1)?,
            price_plan_name: row.get(2)?,
            flow_total: row.get(3)?,
            flow_used: row.get(4)?,
        };
        Ok((row.get(0)?, plan))
    })?;
    Ok(plans.into_iter().collect())
}
