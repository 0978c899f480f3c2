//! From the database into the fleet: a whole account at start, single cards when a change names them.

use std::collections::HashMap;

use compact_str::CompactString;
use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::{AccountId, Card, Fleet, MultiSim};

use crate::sql;

/// Cards read at a time: keeps the memory of a load flat.
const CARDS_PER_READ: i64 = 10_000;

const COLUMNS: &str = "sim_card_id, cid, iccid, imsi, msisdn, imei, sim_type, carrier, sim_status, operator_status, \
    real_named, cut_net, exceed_cut_net, exceed_cut_net_quota, imei_bind_remain_times, speed_value, sms_enabled, \
    device_status, device_status_ms, device_model, node_id, network_type, dbm, signal_level, order_id, sim_pool_id, \
    pool_flag, price_plan_id, sim_price_plan_id, act_ms, expire_ms, flow_used, flow_left, customer_attribute1, \
    customer_attribute2, customer_attribute3, customer_attribute4, customer_attribute5, customer_attribute6, \
    created_ms";

/// Replaces the account's cards in the fleet by those of the database. `progress` hears `before` plus the cards
/// loaded so far. Answers how many there are.
///
/// # Errors
/// Those of the database. The fleet then holds what was read until then: whoever loads at start does not go on.
pub fn whole_account(
    tx: &mut Tx<'_>,
    fleet: &Fleet,
    account: AccountId,
    before: u64,
    progress: &impl Fn(u64),
) -> Result<u64, DbError> {
    let (mut after, mut loaded, mut failed) = (i64::MIN, 0, None);
    let chunks = std::iter::from_fn(|| match chunk_after(tx, account, after) {
        Ok(cards) => {
            after = cards.last()?.id;
            loaded += cards.len() as u64;
            progress(before + loaded);
            Some(cards)
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    fleet.replace(account, chunks.flatten());
    failed.map_or(Ok(loaded), Err)
}

fn chunk_after(tx: &mut Tx<'_>, account: AccountId, after: i64) -> Result<Vec<Card>, DbError> {
    let range = params![account.0, after, CARDS_PER_READ];
    let mut cards = cards(tx, "account_id = $1 AND sim_card_id > $2 ORDER BY sim_card_id LIMIT $3", range)?;
    if let Some(last) = cards.last().map(|card| card.id) {
        let mut extras = Extras::of_range(tx, account, (after, last))?;
        cards.iter_mut().for_each(|card| extras.give(card));
    }
    Ok(cards)
}

/// Reads the named cards again: puts those that are there, all at once, and removes those that are not.
///
/// # Errors
/// Those of the database.
pub fn refresh(tx: &mut Tx<'_>, fleet: &Fleet, account: AccountId, ids: &[i64]) -> Result<(), DbError> {
    let (list, bound) = sql::id_list(2, ids, params![account.0].to_vec());
    let mut found = cards(tx, &format!("account_id = $1 AND sim_card_id IN ({list})"), &bound)?;
    let mut extras = Extras::of_cards(tx, &list, &bound)?;
    for card in &mut found {
        extras.give(card);
    }
    let gone: Vec<i64> = ids.iter().copied().filter(|id| found.iter().all(|card| card.id != *id)).collect();
    fleet.upsert_at_once(account, found);
    fleet.remove(account, &gone);
    Ok(())
}

fn cards(tx: &mut Tx<'_>, condition: &str, bound: &[Param<'_>]) -> Result<Vec<Card>, DbError> {
    tx.rows(&format!("SELECT {COLUMNS} FROM sim_card WHERE {condition}"), bound, card)
}

fn card(row: &Row<'_>) -> Result<Card, DbError> {
    let text = |index| Ok::<_, DbError>(row.text(index)?.map(CompactString::from));
    let required = |index| Ok::<_, DbError>(row.text(index)?.map(CompactString::from).unwrap_or_default());
    Ok(Card {
        id: row.get(0)?,
        cid: required(1)?,
        iccid: required(2)?,
        imsi: text(3)?,
        msisdn: text(4)?,
        imei: text(5)?,
        sim_type: row.get(6)?,
        carrier: row.get(7)?,
        sim_status: row.get(8)?,
        operator_status: row.get(9)?,
        real_named: row.get(10)?,
        cut_net: row.get(11)?,
        exceed_cut_net: row.get(12)?,
        exceed_cut_net_quota: row.get(13)?,
        imei_bind_remain_times: row.get(14)?,
        speed_value: row.get(15)?,
        sms_enabled: row.get(16)?,
        device_status: row.get(17)?,
        device_status_ms: row.get(18)?,
        device_model: text(19)?,
        node_id: text(20)?,
        network_type: text(21)?,
        dbm: text(22)?,
        signal_level: text(23)?,
        order_id: row.get(24)?,
        pool_id: row.get(25)?,
        pool_flag: row.get(26)?,
        price_plan_id: text(27)?,
        sim_price_plan_id: row.get(28)?,
        act_ms: row.get(29)?,
        expire_ms: row.get(30)?,
        flow_used: row.get(31)?,
        flow_left: row.get(32)?,
        attributes: [text(33)?, text(34)?, text(35)?, text(36)?, text(37)?, text(38)?],
        created_ms: row.get(39)?,
        tag_ids: Vec::new(),
        multi: None,
    })
}

/// What belongs to cards and stands in tables of its own: tags and the three networks.
struct Extras {
    tags: HashMap<i64, Vec<i64>>,
    multi_sims: HashMap<i64, MultiSim>,
}

impl Extras {
    fn of_range(tx: &mut Tx<'_>, account: AccountId, (after, last): (i64, i64)) -> Result<Self, DbError> {
        let bound = params![account.0, after, last];
        Self::read(tx, "account_id = $1 AND sim_card_id > $2 AND sim_card_id <= $3", bound)
    }

    fn of_cards(tx: &mut Tx<'_>, list: &str, bound: &[Param<'_>]) -> Result<Self, DbError> {
        Self::read(tx, &format!("account_id = $1 AND sim_card_id IN ({list})"), bound)
    }

    fn read(tx: &mut Tx<'_>, condition: &str, bound: &[Param<'_>]) -> Result<Self, DbError> {
        let mut tags: HashMap<i64, Vec<i64>> = HashMap::new();
        let sql = format!("SELECT sim_card_id, tag_id FROM sim_tag WHERE {condition}");
        tx.for_each(&sql, bound, |row| {
            tags.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok::<_, DbError>(())
        })?;
        let mut multi_sims = HashMap::new();
        let sql = format!(
            "SELECT sim_card_id, version, iccid_mobile, iccid_unicom, iccid_telcom, online_carrier, \
             network_switch_policy_id FROM multi_sim WHERE {condition}"
        );
        tx.for_each(&sql, bound, |row| {
            let text = |index| Ok::<_, DbError>(row.text(index)?.map(CompactString::from));
            let multi_sim = MultiSim {
                version: row.get(1)?,
                iccid_mobile: text(2)?,
                iccid_unicom: text(3)?,
                iccid_telcom: text(4)?,
                online_carrier: row.get(5)?,
                policy_id: row.get(6)?,
            };
            multi_sims.insert(row.get(0)?, multi_sim);
            Ok::<_, DbError>(())
        })?;
        Ok(Self { tags, multi_sims })
    }

    fn give(&mut self, card: &mut Card) {
        card.tag_ids = self.tags.remove(&card.id).unwrap_or_default();
        card.multi = self.multi_sims.remove(&card.id);
    }
}
