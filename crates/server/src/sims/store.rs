//! Statements that write cards and what belongs to one card. Reading them into the fleet is `sims/load.rs`.

use std::collections::HashSet;

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::import::NewCard;
use crate::sql::placeholders;

/// Whether there is any card yet.
///
/// # Errors
/// Those of the database.
pub fn any(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    Ok(tx.find("SELECT 1 FROM sim_card LIMIT 1", params![], |row| row.get::<i64>(0))?.is_some())
}

/// Which of these ICCIDs and cids are taken. ICCIDs are compared, and answered, in their 19-digit form.
///
/// # Errors
/// Those of the database.
pub fn taken(tx: &mut Tx<'_>, iccids: &[&str], cids: &[&str]) -> Result<HashSet<String>, DbError> {
    let mut taken = HashSet::new();
    for (column, keys) in [("substr(iccid, 1, 19)", iccids), ("cid", cids)] {
        let sql =
            format!("SELECT {column} FROM sim_card WHERE {column} IN ({})", placeholders(1, keys.len()));
        let keys: Vec<Param<'_>> = keys.iter().map(|key| Param::from(*key)).collect();
        taken.extend(tx.rows(&sql, &keys, |row| row.get::<String>(0))?);
    }
    Ok(taken)
}

/// The ICCIDs that three-network cards have at the carriers.
///
/// # Errors
/// Those of the database.
pub fn multi_iccids(tx: &mut Tx<'_>) -> Result<HashSet<String>, DbError> {
    let mut iccids = HashSet::new();
    tx.for_each("SELECT iccid_mobile, iccid_unicom, iccid_telcom FROM multi_sim", params![], |row| {
        for index in 0..3 {
            iccids.extend(row.text(index)?.map(str::to_owned));
        }
        Ok::<_, DbError>(())
    })?;
    Ok(iccids)
}

/// Inserts cards with their plans, tags and networks.
///
/// # Errors
/// Those of the database.
pub fn insert(tx: &mut Tx<'_>, cards: &[NewCard], now_ms: i64) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(cards.len() * CARD_COLUMNS);
    cards.iter().for_each(|card| card_row(card, now_ms, &mut rows));
    tx.insert_many(CARD_TABLE, CARD_COLUMNS, &rows, "")?;

    let mut plans = Vec::new();
    let mut tags = Vec::new();
    let mut multi_sims = Vec::new();
    for card in cards {
        plan_row(card, now_ms, &mut plans);
        for tag_id in &card.tag_ids {
            tags.extend_from_slice(params![card.account.0, card.id, *tag_id]);
        }
        multi_sim_row(card, &mut multi_sims);
    }
    tx.insert_many(PLAN_TABLE, PLAN_COLUMNS, &plans, "")?;
    tx.insert_many("sim_tag (account_id, sim_card_id, tag_id)", 3, &tags, "")?;
    tx.insert_many(MULTI_TABLE, MULTI_COLUMNS, &multi_sims, "")?;
    Ok(())
}

const CARD_COLUMNS: usize = 39;
const CARD_TABLE: &str = "sim_card (sim_card_id, account_id, cid, iccid, imsi, msisdn, imei, sim_type, carrier, \
    sim_status, operator_status, real_named, imei_bind_remain_times, sms_enabled, device_status, device_status_ms, \
    device_model, node_id, network_type, dbm, signal_level, order_id, sim_pool_id, pool_flag, price_plan_id, \
    sim_price_plan_id, act_ms, expire_ms, flow_used, flow_left, customer_attribute1, customer_attribute2, \
    customer_attribute3, customer_attribute4, customer_attribute5, customer_attribute6, created_ms, cut_net, \
    exceed_cut_net)";

fn card_row<'a>(card: &'a NewCard, now_ms: i64, rows: &mut Vec<Param<'a>>) {
    let record = &card.record;
    rows.extend_from_slice(params![
        card.id,
        card.account.0,
        record.cid.as_str(),
        record.iccid.as_str(),
        record.imsi.as_deref(),
        record.msisdn.as_deref(),
        record.imei.as_deref(),
        record.sim_type,
        record.carrier,
        record.sim_status,
        record.operator_status,
        record.real_named,
        card.imei_bind_remain_times,
        record.sms_enabled,
        record.device_status,
        record.device_status_ms,
        record.device_model.as_deref(),
        record.node_id.as_deref(),
        record.network_type.as_deref(),
        record.dbm.as_deref(),
        record.signal_level.as_deref(),
        record.order_id,
        record.pool_id,
        card.pool_flag,
        record.price_plan_id.as_deref(),
        card.plan.as_ref().map(|plan| plan.sim_price_plan_id),
        record.act_ms,
        record.expire_ms,
        card.flow_used,
        card.flow_left,
    ]);
    rows.extend(record.customer_attributes.iter().map(|value| Param::from(value.as_deref())));
    rows.extend_from_slice(params![record.created_ms.unwrap_or(now_ms), false, false]);
}

const PLAN_COLUMNS: usize = 11;
const PLAN_TABLE: &str = "sim_price_plan (sim_price_plan_id, account_id, sim_card_id, price_plan_id, status, order_id, \
    created_ms, active_ms, stop_ms, flow_total, flow_used)";

fn plan_row<'a>(card: &'a NewCard, now_ms: i64, rows: &mut Vec<Param<'a>>) {
    let (Some(plan), Some(price_plan_id)) = (&card.plan, &card.record.price_plan_id) else { return };
    rows.extend_from_slice(params![
        plan.sim_price_plan_id,
        card.account.0,
        card.id,
        price_plan_id.as_str(),
        plan.status,
        card.record.order_id,
        card.record.created_ms.unwrap_or(now_ms),
        card.record.act_ms,
        plan.stop_ms,
        plan.flow_total,
        card.flow_used.unwrap_or(0),
    ]);
}

const MULTI_COLUMNS: usize = 8;
const MULTI_TABLE: &str = "multi_sim (sim_card_id, account_id, version, iccid_mobile, iccid_unicom, iccid_telcom, \
    online_carrier, network_switch_policy_id)";

fn multi_sim_row<'a>(card: &'a NewCard, rows: &mut Vec<Param<'a>>) {
    let Some(multi) = &card.record.multi_sim else { return };
    rows.extend_from_slice(params![
        card.id,
        card.account.0,
        multi.version,
        multi.iccid_mobile.as_deref(),
        multi.iccid_unicom.as_deref(),
        multi.iccid_telcom.as_deref(),
        multi.online_carrier,
        // The system's policy of a version has the version as its id.
        multi.version,
    ]);
}

/// Counts the account's cards in the database: what `simlink doctor` compares the fleet with.
///
/// # Errors
/// Those of the database.
pub fn count(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, DbError> {
    let count: i64 =
        tx.get("SELECT COUNT(*) FROM sim_card WHERE account_id = $1", params![account.0], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
