//! What carriers say of a card, written to it: an operation that was carried out, or the carrier's own view.

use simlink_carriers::{CardRef, CardStatus, CardView, Operation, StopCause};
use simlink_db::{DbError, Param, Tx, params};
use simlink_fleet::AccountId;

use super::carrier_store as store;
use crate::plans::cycle::{Cycle, StartDay};
use crate::usage::shares::begin_cycle;
use crate::{automation, plans};

/// The threshold that means "unlimited" in `exceed_cut_net_quota` (seed 4.1.9).
pub(super) const UNLIMITED_MB: i64 = -1;

/// Writes what an operation that the card's carrier has carried out changes on the card. `stop_cause` is the
/// `operator_status` that a stop leaves behind. Says in one word what happened.
///
/// # Errors
/// Those of the database.
pub fn carried_out(
    tx: &mut Tx<'_>,
    account: AccountId,
    (sim_card_id, carrier): (i64, u16),
    operation: &Operation,
    stop_cause: i64,
    now_ms: i64,
) -> Result<&'static str, DbError> {
    // The word for the log, what is set, and the values that stand in it as $3, $4.
    let expire_ms: Option<i64>;
    let over_threshold: bool;
    let (kind, set, values): (&str, &str, &[Param<'_>]) = match operation {
        Operation::Stop => {
            plans::card_stopped(tx, account, sim_card_id, stop_cause)?;
            let set = "sim_status = 14, operator_status = $3, exceed_cut_net = $4";
            over_threshold = stop_cause == StopCause::OverThreshold.number();
            ("stopped", set, params![stop_cause, over_threshold])
        }
        Operation::Resume => {
            plans::card_resumed(tx, account, sim_card_id)?;
            ("resumed", "sim_status = 20, operator_status = -1, exceed_cut_net = 0", &[])
        }
        Operation::Activate => {
            expire_ms = plans::activate(tx, account, sim_card_id, now_ms)?;
            let set =
                "sim_status = 20, operator_status = -1, act_ms = $3, expire_ms = COALESCE($4, expire_ms)";
            ("activated", set, params![now_ms, expire_ms])
        }
        Operation::CutNet => ("net_cut", "cut_net = 1", &[]),
        Operation::RestoreNet => ("net_restored", "cut_net = 0", &[]),
        Operation::SetThreshold { quota_mb } => {
            let quota_mb = quota_mb.map_or(UNLIMITED_MB, i64::from);
            ("threshold_set", "exceed_cut_net_quota = $3", params![quota_mb])
        }
        Operation::CancelThreshold => ("threshold_cancelled", "exceed_cut_net_quota = NULL", &[]),
        Operation::BindDevice { imei } => {
            // Without an IMEI the card is bound to the device it is found in: the carrier is asked which that is.
            let set = "imei = COALESCE(CAST($3 AS TEXT), imei), imei_bind_remain_times = imei_bind_remain_times - 1";
            ("device_bound", set, params![imei.as_deref()])
        }
        Operation::ClearRealName => ("real_name_cleared", "real_named = 0", &[]),
        Operation::LimitSpeed { kbps } => ("speed_limited", "speed_value = $3", params![kbps.map(i64::from)]),
        Operation::SwitchNetwork { target } => {
            store::set_network(tx, account, sim_card_id, *target as i64)?;
            ("network_switched", "", &[])
        }
        Operation::SetPolicy { policy } => {
            store::set_policy(tx, account, sim_card_id, i64::try_from(policy.id).unwrap_or(i64::MAX))?;
            ("policy_set", "", &[])
        }
        // A message changes nothing on the card.
        Operation::SendSms { .. } => return Ok("message_sent"),
    };
    store::change(tx, account, sim_card_id, set, values)?;
    if *operation == Operation::Activate {
        // Only now is the card one of those in use, which show flows: with what was used before in this cycle.
        let cycle = Cycle::at(now_ms, StartDay::of_carrier(carrier.into())).month.yyyymm();
        begin_cycle(tx, account, cycle, &[sim_card_id])?;
    }
    let by_rule = stop_cause != StopCause::Requested.number();
    let looked_at = match operation {
        // Its pool has more flow now; what it used may be over the threshold already.
        Operation::Activate | Operation::SetThreshold { .. } | Operation::Resume => true,
        // What it was stopped for may have passed while the carrier was at it.
        Operation::Stop => by_rule,
        _ => false,
    };
    if looked_at {
        automation::touch(tx, account, &[sim_card_id], now_ms)?;
    }
    Ok(kind)
}

/// Gives up cards for good at the end of their retention window: their carriers have long stopped them, and nothing is
/// asked of them.
///
/// # Errors
/// Those of the database.
pub fn disassemble(tx: &mut Tx<'_>, account: AccountId, sim_card_ids: &[i64]) -> Result<(), DbError> {
    for sim_card_id in sim_card_ids {
        let set =
            "sim_status = 30, operator_status = -1, exceed_cut_net = 0, flow_used = NULL, flow_left = NULL";
        store::change(tx, account, *sim_card_id, set, &[])?;
    }
    Ok(())
}

/// A card as far as a carrier can tell, and the version that a reading of it must still find.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// How carriers know it.
    pub card: CardRef,
    /// The contract's carrier number.
    pub carrier: u16,
    /// Rises whenever the card is changed on a carrier's word.
    pub version: i64,
    /// What is stored.
    pub view: CardView,
    /// Its `operator_status`.
    pub operator_status: i64,
}

/// What the card becomes by the carrier's view of it; `None` where it says nothing new.
///
/// The carrier knows of a stop but rarely why we asked for it: our own reason is kept, unless the carrier names one
/// of its own (a violation, a device that was changed). A card that was given up stays so.
pub fn merge(stored: &Stored, view: &CardView) -> Option<(CardView, i64)> {
    if stored.view.status == CardStatus::Retired {
        return None;
    }
    let operator_status = match (view.status, view.stop_cause) {
        (CardStatus::Suspended, Some(cause @ (StopCause::Violation | StopCause::DeviceSeparated))) => {
            cause.number()
        }
        (CardStatus::Suspended, _) if stored.view.status == CardStatus::Suspended => stored.operator_status,
        (CardStatus::Suspended, cause) => cause.unwrap_or(StopCause::Requested).number(),
        _ => -1,
    };
    let mut next = view.clone();
    next.stop_cause = stored.view.stop_cause;
    // What the carrier does not say stays as it is.
    next.real_named = view.real_named.or(stored.view.real_named);
    next.imei = view.imei.clone().or_else(|| stored.view.imei.clone());
    next.network = stored.view.network.and(view.network.or(stored.view.network));
    next.policy_id = stored.view.network.and(view.policy_id.or(stored.view.policy_id));
    let same = next == stored.view && operator_status == stored.operator_status;
    (!same).then_some((next, operator_status))
}

/// Writes the carrier's view to the card, unless the card was changed on a carrier's word since `stored` was read:
/// then nothing is written and the answer is false.
///
/// # Errors
/// Those of the database.
pub fn put(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    stored: &Stored,
    (view, operator_status): &(CardView, i64),
) -> Result<bool, DbError> {
    store::put_view(tx, account, sim_card_id, stored.version, view, *operator_status)
}

/// The card as it is stored; `None` where there is none.
///
/// # Errors
/// Those of the database.
pub fn find(tx: &mut Tx<'_>, account: AccountId, sim_card_id: i64) -> Result<Option<Stored>, DbError> {
    store::find(tx, account, sim_card_id)
}

/// The card that carriers know by this ICCID, whosever it is.
///
/// # Errors
/// Those of the database.
pub fn by_iccid(tx: &mut Tx<'_>, iccid: &str) -> Result<Option<(AccountId, i64, Stored)>, DbError> {
    store::by_iccid(tx, iccid)
}
