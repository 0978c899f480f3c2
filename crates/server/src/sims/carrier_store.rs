//! Statements on what carriers say of a card. Each raises `carrier_version`, by which an overtaken reading is known.

use simlink_carriers::{CardRef, CardStatus, CardView, MobileNetwork, Threshold};
use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::carrier_state::{Stored, UNLIMITED_MB};

/// Sets columns of a card; `set` names the values as `$3` and following, and may be empty.
pub(super) fn change(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    set: &str,
    values: &[Param<'_>],
) -> Result<(), DbError> {
    let comma = if set.is_empty() { "" } else { ", " };
    let sql = format!(
        "UPDATE sim_card SET {set}{comma}carrier_version = carrier_version + 1 \
         WHERE account_id = $1 AND sim_card_id = $2"
    );
    let bound: Vec<Param<'_>> = params![account.0, sim_card_id].iter().chain(values).copied().collect();
    tx.execute_later(&sql, &bound)
}

/// Moves a three-network card to a network.
pub(super) fn set_network(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    network: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE multi_sim SET online_carrier = $3 WHERE account_id = $1 AND sim_card_id = $2";
    tx.execute(sql, params![account.0, sim_card_id, network]).map(|_| ())
}

/// Gives a three-network card a policy, which from then on is used.
pub(super) fn set_policy(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    policy_id: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE multi_sim SET network_switch_policy_id = $3 WHERE account_id = $1 AND sim_card_id = $2";
    tx.execute(sql, params![account.0, sim_card_id, policy_id])?;
    let sql = "UPDATE network_switch_policy SET used = 1 \
               WHERE network_switch_policy_id = $2 AND (account_id = $1 OR account_id IS NULL) AND used = 0";
    tx.execute(sql, params![account.0, policy_id]).map(|_| ())
}

/// Writes a carrier's view to a card that still has this version; false where it has another.
pub(super) fn put_view(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    version: i64,
    view: &CardView,
    operator_status: i64,
) -> Result<bool, DbError> {
    let quota_mb = view.threshold.map(|threshold| threshold.quota_mb.map_or(UNLIMITED_MB, i64::from));
    let changed = tx.execute(
        "UPDATE sim_card SET sim_status = $4, operator_status = $5, cut_net = $6, exceed_cut_net_quota = $7, \
         speed_value = $8, imei = $9, real_named = $10, carrier_version = carrier_version + 1 \
         WHERE account_id = $1 AND sim_card_id = $2 AND carrier_version = $3",
        params![
            account.0,
            sim_card_id,
            version,
            view.status.number(),
            operator_status,
            view.net_cut,
            quota_mb,
            view.speed_kbps.map(i64::from),
            view.imei.as_deref(),
            view.real_named.unwrap_or(false)
        ],
    )?;
    if let Some(network) = view.network.filter(|_| changed == 1) {
        let policy = view.policy_id.map(|id| i64::try_from(id).unwrap_or(i64::MAX));
        tx.execute(
            "UPDATE multi_sim SET online_carrier = $3, network_switch_policy_id = $4 \
             WHERE account_id = $1 AND sim_card_id = $2",
            params![account.0, sim_card_id, network as i64, policy],
        )?;
    }
    Ok(changed == 1)
}

/// The card as it is stored.
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId, sim_card_id: i64) -> Result<Option<Stored>, DbError> {
    let sql = format!("SELECT {COLUMNS} WHERE card.account_id = $1 AND card.sim_card_id = $2");
    let found = tx.find(&sql, params![account.0, sim_card_id], stored)?;
    Ok(found.flatten())
}

/// The card with this ICCID, whosever it is: carriers know no accounts.
pub(super) fn by_iccid(tx: &mut Tx<'_>, iccid: &str) -> Result<Option<(AccountId, i64, Stored)>, DbError> {
    let sql = format!("SELECT {COLUMNS} WHERE substr(card.iccid, 1, 19) = substr(CAST($1 AS TEXT), 1, 19)");
    let found = tx
        .find(&sql, params![iccid], |row| Ok((AccountId(row.get(14)?), row.get::<i64>(15)?, stored(row)?)))?;
    Ok(found.and_then(|(account, id, stored)| Some((account, id, stored?))))
}

const COLUMNS: &str = "card.iccid, card.msisdn, card.imsi, card.carrier, card.carrier_version, card.sim_status, \
    card.operator_status, card.real_named, card.cut_net, card.exceed_cut_net_quota, card.speed_value, card.imei, \
    multi.online_carrier, multi.network_switch_policy_id, card.account_id, card.sim_card_id \
    FROM sim_card AS card LEFT JOIN multi_sim AS multi ON multi.sim_card_id = card.sim_card_id";

/// `None` for a card that no carrier can be asked about: its ICCID or state is none.
fn stored(row: &Row<'_>) -> Result<Option<Stored>, DbError> {
    let iccid: String = row.get(0)?;
    let (Ok(iccid), Some(status)) = (iccid.parse(), CardStatus::from_number(row.get(5)?)) else {
        return Ok(None);
    };
    let card = CardRef { iccid, msisdn: row.get(1)?, imsi: row.get(2)? };
    let quota_mb: Option<i64> = row.get(9)?;
    let positive = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let network: Option<i64> = row.get(12)?;
    let policy_id: Option<i64> = row.get(13)?;
    let view = CardView {
        stop_cause: None,
        real_named: Some(row.get(7)?),
        net_cut: row.get(8)?,
        threshold: quota_mb.map(|quota| Threshold { quota_mb: positive(Some(quota)) }),
        speed_kbps: positive(row.get(10)?),
        imei: row.get(11)?,
        network: network.and_then(MobileNetwork::from_number),
        policy_id: policy_id.and_then(|id| u64::try_from(id).ok()),
        ..CardView::new(status)
    };
    Ok(Some(Stored { card, carrier: row.get(3)?, version: row.get(4)?, view, operator_status: row.get(6)? }))
}
