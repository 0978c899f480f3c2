//! Every statement on work orders, their details and the cards they have taken.

use simlink_carriers::{OperationKind, Reference};
use simlink_db::{DbError, Row, Tx, params};
use simlink_fleet::AccountId;

use super::place::{NewOrder, OrderCard};
use super::types::{OrderType, Stage, status};

/// The contract's `status` of a detail: done, processing, failed.
pub(super) const DETAIL_DONE: i64 = 1;
pub(super) const DETAIL_OPEN: i64 = 2;
pub(super) const DETAIL_FAILED: i64 = 3;

/// The latest order of a kind on a card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latest {
    pub detail_id: i64,
    pub is_open: bool,
    pub deadline_ms: i64,
    pub created_ms: i64,
}

/// Finds the latest order of a kind on a card, whose account the caller has verified. One that failed before it began
/// (it has no time of its own) was never accepted: it is not in the way, and must not hide one that is open.
pub(super) fn latest(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    kind: OperationKind,
) -> Result<Option<Latest>, DbError> {
    tx.find(
        "SELECT work_order_detail_id, status, deadline_ms, created_ms FROM work_order_detail \
         WHERE sim_card_id = $1 AND operation = $2 AND account_id = $3 AND deadline_ms > created_ms \
         ORDER BY work_order_detail_id DESC LIMIT 1",
        params![sim_card_id, kind.name(), account.0],
        |row| {
            Ok(Latest {
                detail_id: row.get(0)?,
                is_open: row.get::<i64>(1)? == DETAIL_OPEN,
                deadline_ms: row.get(2)?,
                created_ms: row.get(3)?,
            })
        },
    )
}

/// What an order's row has beside what was asked for.
pub(super) struct NewRow {
    pub order_id: i64,
    pub order_type: OrderType,
    pub sim_type: Option<u8>,
    pub status: i64,
    pub fail_count: usize,
}

pub(super) fn insert_order(
    tx: &mut Tx<'_>,
    order: &NewOrder,
    row: &NewRow,
    now_ms: i64,
) -> Result<(), DbError> {
    let operation =
        serde_json::to_string(&order.operation).map_err(|error| DbError::Parameter(error.to_string()))?;
    let request = match (&order.request, order.cards.first()) {
        (Some(request), _) => request.clone(),
        (None, Some(card)) => format!("容器ID:{}", card.cid),
        (None, None) => String::new(),
    };
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let finished_ms = (row.status == status::FAILED).then_some(now_ms);
    tx.execute_later(
        "INSERT INTO work_order (work_order_id, account_id, work_order_type, source, sim_type, status, operation, \
         stop_cause, req_detail, total_count, fail_count, actor, created_ms, finished_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            row.order_id,
            order.account.0,
            row.order_type.0,
            order.source as i64,
            row.sim_type,
            row.status,
            operation.as_str(),
            order.stop_cause,
            request.as_str(),
            count(order.cards.len()),
            count(row.fail_count),
            order.actor.as_str(),
            now_ms,
            finished_ms
        ],
    )
}

/// A detail to be written.
pub(super) struct NewDetail<'a> {
    pub detail_id: i64,
    pub order_id: i64,
    pub account: AccountId,
    pub card: &'a OrderCard,
    pub kind: OperationKind,
    /// The lane that begins it, in a bulk order.
    pub bulk_lane: Option<i64>,
    pub now_ms: i64,
}

const DETAIL_COLUMNS: &str = "work_order_detail (work_order_detail_id, work_order_id, account_id, sim_card_id, sim_type, \
    cid, operation, status, stage, deadline_ms, created_ms, finished_ms, description, bulk_lane_id)";

/// Writes an open detail; false when one of the kind is open on the card.
pub(super) fn insert_detail(
    tx: &mut Tx<'_>,
    detail: &NewDetail<'_>,
    stage: Stage,
    deadline_ms: i64,
) -> Result<bool, DbError> {
    let sql = format!(
        "INSERT INTO {DETAIL_COLUMNS} VALUES ($1, $2, $3, $4, $5, $6, $7, 2, $8, $9, $10, NULL, NULL, $11) \
         ON CONFLICT DO NOTHING"
    );
    let inserted = tx.execute(
        &sql,
        params![
            detail.detail_id,
            detail.order_id,
            detail.account.0,
            detail.card.sim_card_id,
            detail.card.sim_type,
            detail.card.cid.as_str(),
            detail.kind.name(),
            stage as i64,
            deadline_ms,
            detail.now_ms,
            detail.bulk_lane
        ],
    )?;
    Ok(inserted == 1)
}

/// Writes a detail that failed before it began.
pub(super) fn insert_failed(
    tx: &mut Tx<'_>,
    detail: &NewDetail<'_>,
    description: &str,
) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO {DETAIL_COLUMNS} VALUES ($1, $2, $3, $4, $5, $6, $7, 3, 3, $8, $8, $8, $9, $10)"
    );
    tx.execute_later(
        &sql,
        params![
            detail.detail_id,
            detail.order_id,
            detail.account.0,
            detail.card.sim_card_id,
            detail.card.sim_type,
            detail.card.cid.as_str(),
            detail.kind.name(),
            detail.now_ms,
            description,
            detail.bulk_lane
        ],
    )
}

/// Takes a card for a detail; false while another has it. Either way the row stays locked until the transaction
/// ends, so that whoever gives the card back sees who waits for it.
pub(super) fn take_card(tx: &mut Tx<'_>, sim_card_id: i64, detail_id: i64) -> Result<bool, DbError> {
    let holder: i64 = tx.get(
        "INSERT INTO card_in_flight (sim_card_id, work_order_detail_id) VALUES ($1, $2) \
         ON CONFLICT (sim_card_id) DO UPDATE SET sim_card_id = excluded.sim_card_id \
         RETURNING work_order_detail_id",
        params![sim_card_id, detail_id],
        |row| row.get(0),
    )?;
    Ok(holder == detail_id)
}

/// Gives a card back; `None` when the detail had not taken it, otherwise whether the card is to be read.
pub(super) fn give_card_back(
    tx: &mut Tx<'_>,
    sim_card_id: i64,
    detail_id: i64,
) -> Result<Option<bool>, DbError> {
    tx.find(
        "DELETE FROM card_in_flight WHERE sim_card_id = $1 AND work_order_detail_id = $2 RETURNING read_after",
        params![sim_card_id, detail_id],
        |row| row.get(0),
    )
}

/// Asks for the card to be read when the order that has taken it ends; false when none has.
pub(super) fn read_after(tx: &mut Tx<'_>, sim_card_id: i64) -> Result<bool, DbError> {
    let sql = "UPDATE card_in_flight SET read_after = 1 WHERE sim_card_id = $1";
    Ok(tx.execute(sql, params![sim_card_id])? == 1)
}

/// The detail that has waited longest for a card.
pub(super) fn next_waiting(tx: &mut Tx<'_>, sim_card_id: i64) -> Result<Option<i64>, DbError> {
    tx.find(
        "SELECT MIN(work_order_detail_id) FROM work_order_detail \
         WHERE sim_card_id = $1 AND status = 2 AND stage = 1",
        params![sim_card_id],
        |row| row.get::<Option<i64>>(0),
    )
    .map(Option::flatten)
}

/// Moves an open detail from one stage to another.
pub(super) fn set_stage(tx: &mut Tx<'_>, detail_id: i64, from: Stage, to: Stage) -> Result<bool, DbError> {
    let sql = "UPDATE work_order_detail SET stage = $3 WHERE work_order_detail_id = $1 AND stage = $2";
    Ok(tx.execute(sql, params![detail_id, from as i64, to as i64])? == 1)
}

/// What carrying a detail needs to know, read afresh each time.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub detail_id: i64,
    pub order_id: i64,
    pub account: AccountId,
    pub sim_card_id: i64,
    pub stage: Stage,
    pub reference: Option<Reference>,
    pub deadline_ms: i64,
    pub order_status: i64,
    pub operation: String,
    pub stop_cause: i64,
    pub total_count: i64,
    pub iccid: String,
    pub msisdn: Option<String>,
    pub imsi: Option<String>,
    pub carrier: u16,
    pub actor: String,
    pub bulk_lane: Option<i64>,
    /// The card's state before.
    pub sim_status: i64,
}

/// Reads a detail with its order and card, whosever they are: jobs and carriers know no accounts.
pub(super) fn errand(tx: &mut Tx<'_>, detail_id: i64) -> Result<Option<Errand>, DbError> {
    tx.find(
        "SELECT detail.work_order_detail_id, detail.work_order_id, detail.account_id, detail.sim_card_id, \
         detail.stage, detail.reference, detail.deadline_ms, work_order.status, work_order.operation, \
         work_order.stop_cause, work_order.total_count, card.iccid, card.msisdn, card.imsi, card.carrier, \
         work_order.actor, detail.bulk_lane_id, card.sim_status \
         FROM work_order_detail AS detail \
         JOIN work_order ON work_order.work_order_id = detail.work_order_id \
         JOIN sim_card AS card ON card.sim_card_id = detail.sim_card_id \
         WHERE detail.work_order_detail_id = $1",
        params![detail_id],
        errand_of_row,
    )
}

fn errand_of_row(row: &Row<'_>) -> Result<Errand, DbError> {
    let reference: Option<String> = row.get(5)?;
    Ok(Errand {
        detail_id: row.get(0)?,
        order_id: row.get(1)?,
        account: AccountId(row.get(2)?),
        sim_card_id: row.get(3)?,
        stage: Stage::of_number(row.get(4)?),
        reference: reference.and_then(Reference::new),
        deadline_ms: row.get(6)?,
        order_status: row.get(7)?,
        operation: row.get(8)?,
        stop_cause: row.get::<Option<i64>>(9)?.unwrap_or(simlink_carriers::StopCause::Requested.number()),
        total_count: row.get(10)?,
        iccid: row.get(11)?,
        msisdn: row.get(12)?,
        imsi: row.get(13)?,
        carrier: row.get(14)?,
        actor: row.get(15)?,
        bulk_lane: row.get(16)?,
        sim_status: row.get(17)?,
    })
}

/// Notes what the carrier calls it. A detail that has ended keeps what it has.
pub(super) fn note_reference(tx: &mut Tx<'_>, detail_id: i64, reference: &Reference) -> Result<(), DbError> {
    let sql = "UPDATE work_order_detail SET reference = $2 WHERE work_order_detail_id = $1 AND status = 2";
    tx.execute(sql, params![detail_id, reference.as_str()]).map(|_| ())
}

/// Ends an open detail; false when it had ended, or moved on from the stage in which it was seen.
pub(super) fn end_detail(
    tx: &mut Tx<'_>,
    (detail_id, seen): (i64, Stage),
    (status, stage): (i64, Stage),
    description: Option<&str>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let ended = tx.execute(
        "UPDATE work_order_detail SET status = $2, stage = $3, description = $4, finished_ms = $5 \
         WHERE work_order_detail_id = $1 AND status = 2 AND stage = $6",
        params![detail_id, status, stage as i64, description, now_ms, seen as i64],
    )?;
    Ok(ended == 1)
}

/// Counts ended details of an order and, with the last, ends it: done if one went well, otherwise as `unsuccessful`
/// says.
pub(super) fn count_ended(
    tx: &mut Tx<'_>,
    order_id: i64,
    (done, failed): (i64, i64),
    unsuccessful: i64,
    reason: Option<&str>,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute_later(
        "UPDATE work_order SET success_count = success_count + $2, fail_count = fail_count + $3, \
         status = CASE WHEN success_count + fail_count + $2 + $3 < total_count THEN 3 \
                       WHEN success_count + $2 > 0 THEN 4 ELSE CAST($4 AS SMALLINT) END, \
         finished_ms = CASE WHEN success_count + fail_count + $2 + $3 < total_count THEN NULL \
                            ELSE CAST($6 AS BIGINT) END, \
         fail_reason = COALESCE(fail_reason, $5) \
         WHERE work_order_id = $1",
        params![order_id, done, failed, unsuccessful, reason, now_ms],
    )
}

/// An approved order is under way from the first card on.
pub(super) fn begin_order(tx: &mut Tx<'_>, order_id: i64) -> Result<(), DbError> {
    let sql = "UPDATE work_order SET status = 3 WHERE work_order_id = $1 AND status = 2";
    tx.execute(sql, params![order_id]).map(|_| ())
}

/// Open details whose time is over, the oldest first.
pub(super) fn overdue(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    tx.rows(
        "SELECT work_order_detail_id FROM work_order_detail \
         WHERE status = 2 AND deadline_ms <= $1 ORDER BY deadline_ms LIMIT $2",
        params![now_ms, limit],
        |row| row.get(0),
    )
}

/// Open details that wait for a card which nobody has taken.
pub(super) fn forgotten(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<i64>, DbError> {
    tx.rows(
        "SELECT MIN(detail.work_order_detail_id) FROM work_order_detail AS detail \
         WHERE detail.status = 2 AND detail.stage = 1 AND NOT EXISTS \
         (SELECT 1 FROM card_in_flight AS taken WHERE taken.sim_card_id = detail.sim_card_id) \
         GROUP BY detail.sim_card_id ORDER BY 1 LIMIT $1",
        params![limit],
        |row| row.get(0),
    )
}

/// The open details of an order that are in a stage, at most `limit`; none of them moves on until the transaction ends.
pub(super) fn lock_in_stage(
    tx: &mut Tx<'_>,
    order_id: i64,
    stage: Stage,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    let sql = format!(
        "SELECT work_order_detail_id FROM work_order_detail \
         WHERE work_order_id = $1 AND stage = $2 AND status = 2 ORDER BY work_order_detail_id LIMIT $3{}",
        tx.for_update()
    );
    tx.rows(&sql, params![order_id, stage as i64, limit], |row| row.get(0))
}

/// Account and status of an order; of one account, or of any where the operator asks.
pub(super) fn order_status(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    order_id: i64,
) -> Result<Option<(AccountId, i64)>, DbError> {
    tx.find(
        "SELECT account_id, status FROM work_order \
         WHERE work_order_id = $1 AND (CAST($2 AS BIGINT) IS NULL OR account_id = $2)",
        params![order_id, account.map(|account| account.0)],
        |row| Ok((AccountId(row.get(0)?), row.get(1)?)),
    )
}

/// The cards of an order whose account the caller has verified: all, those that went well, those that failed.
pub(super) fn counts(tx: &mut Tx<'_>, order_id: i64) -> Result<[i64; 3], DbError> {
    let sql = "SELECT total_count, success_count, fail_count FROM work_order WHERE work_order_id = $1";
    tx.get(sql, params![order_id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
}

/// Marks an order as approved and gives its details until `deadline_ms`.
pub(super) fn approve_order(tx: &mut Tx<'_>, order_id: i64, deadline_ms: i64) -> Result<(), DbError> {
    tx.execute("UPDATE work_order SET status = 2 WHERE work_order_id = $1", params![order_id])?;
    let sql = "UPDATE work_order_detail SET deadline_ms = $2 WHERE work_order_id = $1 AND status = 2";
    tx.execute(sql, params![order_id, deadline_ms]).map(|_| ())
}

/// The job of an unsettled card of an order, whosever it is: carriers know no accounts.
pub(super) fn carried(
    tx: &mut Tx<'_>,
    order_id: i64,
    sim_card_id: i64,
    kind: OperationKind,
) -> Result<Option<i64>, DbError> {
    tx.find(
        "SELECT work_order_detail_id FROM work_order_detail WHERE sim_card_id = $2 AND operation = $3 \
         AND work_order_id = $1 AND stage IN (2, 4)",
        params![order_id, sim_card_id, kind.name()],
        |row| row.get(0),
    )
}
