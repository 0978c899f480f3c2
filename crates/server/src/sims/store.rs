//! Statements that write cards and what belongs to one card. Reading them into the fleet is `sims/load.rs`.

use std::collections::{HashMap, HashSet};

use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::import::NewCard;
use crate::limits;
use crate::sql::{padded, placeholders};

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

/// A card as a usage file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedCard {
    /// The card.
    pub sim_card_id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// Its carrier, by which its cycles begin.
    pub carrier: i32,
    /// Which of its ICCIDs it was named by: 0 its own, 1 to 3 the one it has at that carrier.
    pub network: u8,
}

/// The cards that these ICCIDs name, by the 19-digit form, in which they are given. A card's own ICCID comes before
/// those of its networks.
///
/// # Errors
/// Those of the database.
pub fn by_iccids(tx: &mut Tx<'_>, iccids: &[&str]) -> Result<HashMap<String, NamedCard>, DbError> {
    const NETWORKS: [(&str, u8); 4] =
        [("iccid", 0), ("iccid_mobile", 1), ("iccid_telcom", 2), ("iccid_unicom", 3)];
    let mut found = HashMap::with_capacity(iccids.len());
    for (column, network) in NETWORKS {
        let missing: Vec<&str> = iccids.iter().copied().filter(|iccid| !found.contains_key(*iccid)).collect();
        if missing.is_empty() {
            break;
        }
        let keys = padded(&missing);
        let list = placeholders(1, keys.len());
        let sql = if network == 0 {
            format!(
                "SELECT substr(iccid, 1, 19), sim_card_id, account_id, carrier FROM sim_card \
                 WHERE substr(iccid, 1, 19) IN ({list})"
            )
        } else {
            format!(
                "SELECT substr(multi.{column}, 1, 19), card.sim_card_id, card.account_id, card.carrier \
                 FROM multi_sim multi CROSS JOIN sim_card card \
                 WHERE substr(multi.{column}, 1, 19) IN ({list}) AND card.sim_card_id = multi.sim_card_id"
            )
        };
        let keys: Vec<Param<'_>> = keys.into_iter().map(Param::from).collect();
        found.extend(tx.rows(&sql, &keys, |row| {
            let card = NamedCard {
                sim_card_id: row.get(1)?,
                account: AccountId(row.get(2)?),
                carrier: row.get(3)?,
                network,
            };
            Ok((row.get::<String>(0)?, card))
        })?);
    }
    Ok(found)
}

/// A card as its carrier is asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCard {
    /// The card.
    pub card: NamedCard,
    /// How carriers know it.
    pub at_carrier: simlink_carriers::CardRef,
}

/// Cards in use or stopped of carriers that are given as they stand in an `IN` list, after one and at most so many; or
/// one of them alone.
///
/// # Errors
/// Those of the database.
pub fn of_carriers(
    tx: &mut Tx<'_>,
    carriers: &str,
    after: i64,
    only: Option<i64>,
    count: usize,
) -> Result<Vec<AskedCard>, DbError> {
    let sql = format!(
        "SELECT sim_card_id, account_id, carrier, iccid, msisdn, imsi FROM sim_card \
         WHERE sim_card_id > $1 AND (CAST($2 AS BIGINT) IS NULL OR sim_card_id = $2) \
         AND carrier IN ({carriers}) AND sim_status IN (14, 20) ORDER BY sim_card_id LIMIT $3"
    );
    let cards = tx.rows(&sql, params![after, only, i64::try_from(count).unwrap_or(i64::MAX)], |row| {
        let card = NamedCard {
            sim_card_id: row.get(0)?,
            account: AccountId(row.get(1)?),
            carrier: row.get(2)?,
            network: 0,
        };
        let iccid: String = row.get(3)?;
        let (msisdn, imsi) = (row.get(4)?, row.get(5)?);
        let known = |iccid| simlink_carriers::CardRef { iccid, msisdn, imsi };
        // What is no ICCID cannot be asked about.
        Ok(iccid.parse().ok().map(known).map(|at_carrier| AskedCard { card, at_carrier }))
    })?;
    Ok(cards.into_iter().flatten().collect())
}

/// Brings the flows of cards in use, and of their plans, to what they used in a cycle: the one that runs for them.
/// What a card has in all stays as it is.
///
/// # Errors
/// Those of the database.
pub fn take_usage(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    set_flows(tx, account, cycle, ids, "sim_card.flow_left + COALESCE(sim_card.flow_used, 0)")
}

/// The same for cards that stand in an earlier cycle or were just activated: each has what its plan has, nothing is left
/// over.
///
/// # Errors
/// Those of the database.
pub fn begin_cycle(tx: &mut Tx<'_>, account: AccountId, cycle: i32, ids: &[i64]) -> Result<(), DbError> {
    const OF_PLAN: &str = "(SELECT held.flow_total FROM sim_price_plan held \
                           WHERE held.sim_price_plan_id = sim_card.sim_price_plan_id)";
    set_flows(tx, account, cycle, ids, OF_PLAN)
}

/// Writes what a card in use has left of the running cycle.
///
/// # Errors
/// Those of the database.
pub fn set_left(tx: &mut Tx<'_>, account: AccountId, sim_card_id: i64, bytes: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sim_card SET flow_left = $3 WHERE account_id = $1 AND sim_card_id = $2 AND sim_status IN (14, 20)",
        params![account.0, sim_card_id, bytes],
    )?;
    Ok(())
}

fn set_flows(
    tx: &mut Tx<'_>,
    account: AccountId,
    cycle: i32,
    ids: &[i64],
    total: &str,
) -> Result<(), DbError> {
    for ids in ids.chunks(limits::CARDS_PER_CHANGE) {
        let ids = padded(ids);
        let list = placeholders(3, ids.len());
        let in_use = format!("account_id = $1 AND sim_status IN (14, 20) AND sim_card_id IN ({list})");
        let used = |of: &str| {
            format!(
                "COALESCE((SELECT used.bytes FROM usage_cycle used \
                 WHERE used.cycle = $2 AND used.sim_card_id = {of}.sim_card_id), 0)"
            )
        };
        let mut bound = params![account.0, cycle].to_vec();
        bound.extend(ids.into_iter().map(Param::from));
        let of_card = used("sim_card");
        let cards = format!(
            "UPDATE sim_card SET flow_used = {of_card}, flow_left = {total} - {of_card} WHERE {in_use}"
        );
        tx.execute_later(&cards, &bound)?;
        let plans = format!(
            "UPDATE sim_price_plan SET flow_used = {} \
             WHERE sim_price_plan_id IN (SELECT sim_price_plan_id FROM sim_card WHERE {in_use})",
            used("sim_price_plan")
        );
        tx.execute_later(&plans, &bound)?;
    }
    Ok(())
}
