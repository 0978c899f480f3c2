//! What people decide about an order that is not under way yet: approve it, reject it, take it back.

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::bulk::{State, hold};
use super::settle::{self, Verdict};
use super::store;
use super::types::{Stage, status};
use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::error_codes::ErrorCode;
use crate::failpoints;
use crate::http::error::Refusal;
use crate::limits;

/// Who decides, and about whose order: an operator about any, others about their account's.
#[derive(Debug, Clone)]
pub struct Decider {
    /// The account whose order it is; `None` for the operator.
    pub account: Option<AccountId>,
    /// The user's id.
    pub actor: String,
}

/// Approves an order in review: it is on its way from now on, with its whole time before it.
///
/// # Errors
/// An order that does not exist or is not in review, and those of database and queue.
pub fn approve(
    engine: &Engine,
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    now_ms: i64,
) -> Result<(), Refusal> {
    let details = all_in(tx, order_id, Stage::HeldBack)?;
    let account = expect_status(tx, decider, order_id, &[status::IN_REVIEW])?;
    store::approve_order(tx, order_id, now_ms + limits::order_life_ms(details.len() == 1))?;
    hold::go_on(engine, tx, account, order_id, now_ms)?;
    for detail_id in details {
        settle::start(engine, tx, detail_id, Stage::HeldBack, now_ms)?;
    }
    note(tx, account, order_id, "approved", &decider.actor, now_ms)
}

/// Does not approve an order in review.
///
/// # Errors
/// As [`approve`].
pub fn reject(
    engine: &Engine,
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    now_ms: i64,
) -> Result<(), Refusal> {
    let rest = hold::begin_no_more(tx, order_id, State::Rejected)?;
    let details = all_in(tx, order_id, Stage::HeldBack)?;
    let account = expect_status(tx, decider, order_id, &[status::IN_REVIEW])?;
    end_all(engine, tx, &details, &Verdict::Rejected, now_ms)?;
    if rest {
        hold::go_on(engine, tx, account, order_id, now_ms)?;
    }
    note(tx, account, order_id, "rejected", &decider.actor, now_ms)
}

/// Takes back what of an order was not sent to a carrier yet; what was sent goes on. An order of which nothing was
/// sent is cancelled.
///
/// # Errors
/// An order that does not exist, has ended, or of which everything was sent; those of database and queue.
pub fn cancel(
    engine: &Engine,
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    now_ms: i64,
) -> Result<(), Refusal> {
    let open = [status::IN_REVIEW, status::REVIEWED, status::PROCESSING];
    let rest = hold::begin_no_more(tx, order_id, State::TakenBack)?;
    let mut taken_back = all_in(tx, order_id, Stage::HeldBack)?;
    taken_back.extend(all_in(tx, order_id, Stage::Waiting)?);
    let under_way = all_in(tx, order_id, Stage::UnderWay)?;
    let account = expect_status(tx, decider, order_id, &open)?;
    for detail_id in under_way {
        let Some(errand) = store::errand(tx, detail_id)? else { continue };
        if engine.links.withdraw_carry(tx, &errand.carried())? {
            taken_back.push(detail_id);
        }
    }
    let rest = rest && hold::go_on(engine, tx, account, order_id, now_ms)?;
    if taken_back.is_empty() && !rest {
        return Err(ErrorCode::OrderNotChangeable.into());
    }
    end_all(engine, tx, &taken_back, &Verdict::Cancelled, now_ms)?;
    failpoints::hit("cancel_in");
    note(tx, account, order_id, "cancelled", &decider.actor, now_ms)
}

fn end_all(
    engine: &Engine,
    tx: &mut Tx<'_>,
    details: &[i64],
    verdict: &Verdict,
    now_ms: i64,
) -> Result<(), Refusal> {
    for detail_id in details {
        if let Some(errand) = store::errand(tx, *detail_id)? {
            settle::end(engine, tx, &errand, verdict, now_ms)?;
        }
    }
    Ok(())
}

/// The open details of an order in a stage. Read before the order's status: while they are locked, nobody else decides
/// about them.
pub(super) fn all_in(tx: &mut Tx<'_>, order_id: i64, stage: Stage) -> Result<Vec<i64>, DbError> {
    store::lock_in_stage(tx, order_id, stage, limits::DECIDED_CARDS_MAX)
}

/// The account of the order, if it has one of these statuses.
pub(super) fn expect_status(
    tx: &mut Tx<'_>,
    decider: &Decider,
    order_id: i64,
    statuses: &[i64],
) -> Result<AccountId, Refusal> {
    let (account, status) =
        store::order_status(tx, decider.account, order_id)?.ok_or(ErrorCode::OrderNotFound)?;
    if statuses.contains(&status) { Ok(account) } else { Err(ErrorCode::OrderNotChangeable.into()) }
}

/// Writes into the log what somebody did with an order.
pub(super) fn note(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    kind: &'static str,
    actor: &str,
    now_ms: i64,
) -> Result<(), Refusal> {
    let change = Change {
        account: Some(account),
        subject: Subject::WorkOrder,
        ids: &[order_id],
        kind,
        detail: None,
        actor,
        now_ms,
    };
    Ok(changes::record(tx, &change)?)
}
