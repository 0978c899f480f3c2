//! Every statement on bulk orders, their lanes and chunks.

use std::collections::HashMap;

use simlink_carriers::OperationKind;
use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use super::{State, chunks};
use crate::limits;
use crate::sql;
use crate::work_orders::place::OrderCard;
use crate::work_orders::store::{DETAIL_OPEN, Latest};

/// A card that waits for its turn: its id, `sim_type` and container id.
pub type Waiting = (i64, u8, String);

/// Makes an order a bulk order.
pub fn insert(tx: &mut Tx<'_>, order_id: i64, spaced: bool) -> Result<(), DbError> {
    let sql = "INSERT INTO bulk_order (work_order_id, state, spaced) VALUES ($1, 0, $2)";
    tx.execute_later(sql, params![order_id, i64::from(spaced)])
}

/// Writes a lane with its chunks.
pub fn insert_lane(
    tx: &mut Tx<'_>,
    order_id: i64,
    lane_id: i64,
    carrier: u16,
    cards: &[&OrderCard],
) -> Result<(), DbError> {
    let chunks = chunks(cards);
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    tx.execute_later(
        "INSERT INTO bulk_lane (bulk_lane_id, work_order_id, carrier, card_count, chunk_count) \
         VALUES ($1, $2, $3, $4, $5)",
        params![lane_id, order_id, carrier, count(cards.len()), count(chunks.len())],
    )?;
    let texts = chunks.map(|chunk| {
        let waiting: Vec<(i64, u8, &str)> =
            chunk.iter().map(|card| (card.sim_card_id, card.sim_type, card.cid.as_str())).collect();
        serde_json::to_string(&waiting).map_err(|error| DbError::Parameter(error.to_string()))
    });
    let texts = texts.collect::<Result<Vec<String>, _>>()?;
    let rows: Vec<Param<'_>> = texts
        .iter()
        .zip(0_i64..)
        .flat_map(|(text, number)| [Param::from(lane_id), Param::from(number), Param::from(text.as_str())])
        .collect();
    tx.insert_many("bulk_chunk (bulk_lane_id, chunk_number, cards)", 3, &rows, "").map(|_| ())
}

/// A lane with what of its order its cards need.
#[derive(Debug, Clone)]
pub struct Lane {
    pub lane_id: i64,
    pub order_id: i64,
    pub account: AccountId,
    pub carrier: u16,
    pub operation: String,
    pub actor: String,
    pub state: State,
    pub spaced: bool,
    pub next_chunk: i64,
    pub chunk_count: i64,
    pub card_count: i64,
    pub begun_count: i64,
    pub ended_count: i64,
    in_review: bool,
}

impl Lane {
    /// Whether every card has begun.
    pub fn is_whole(&self) -> bool {
        self.next_chunk >= self.chunk_count
    }

    /// Whether another chunk may begin now.
    pub fn has_room(&self) -> bool {
        let open = self.begun_count - self.ended_count;
        !self.in_review && open <= limits::BULK_LANE_REFILL
    }
}

const LANE: &str = "SELECT lane.bulk_lane_id, lane.work_order_id, work_order.account_id, lane.carrier, \
    work_order.operation, work_order.actor, bulk.state, bulk.spaced, lane.next_chunk, lane.chunk_count, \
    lane.card_count, lane.begun_count, lane.ended_count, work_order.status \
    FROM bulk_lane AS lane JOIN bulk_order AS bulk ON bulk.work_order_id = lane.work_order_id \
    JOIN work_order ON work_order.work_order_id = lane.work_order_id";

fn lane_of_row(row: &Row<'_>) -> Result<Lane, DbError> {
    Ok(Lane {
        lane_id: row.get(0)?,
        order_id: row.get(1)?,
        account: AccountId(row.get(2)?),
        carrier: row.get(3)?,
        operation: row.get(4)?,
        actor: row.get(5)?,
        state: State::of_number(row.get(6)?),
        spaced: row.get::<i64>(7)? == 1,
        next_chunk: row.get(8)?,
        chunk_count: row.get(9)?,
        card_count: row.get(10)?,
        begun_count: row.get(11)?,
        ended_count: row.get(12)?,
        in_review: row.get::<i64>(13)? == crate::work_orders::status::IN_REVIEW,
    })
}

/// A lane by its id: jobs know no accounts.
pub fn lane(tx: &mut Tx<'_>, lane_id: i64) -> Result<Option<Lane>, DbError> {
    tx.find(&format!("{LANE} WHERE lane.bulk_lane_id = $1"), params![lane_id], lane_of_row)
}

/// The lanes of an order whose account the caller has verified.
pub fn lanes(tx: &mut Tx<'_>, order_id: i64) -> Result<Vec<Lane>, DbError> {
    let sql = format!("{LANE} WHERE lane.work_order_id = $1 ORDER BY lane.bulk_lane_id");
    tx.rows(&sql, params![order_id], lane_of_row)
}

/// The cards of a lane's next chunk.
pub fn next_chunk(tx: &mut Tx<'_>, lane: &Lane) -> Result<Vec<Waiting>, DbError> {
    let text: String = tx.get(
        "SELECT cards FROM bulk_chunk WHERE bulk_lane_id = $1 AND chunk_number = $2",
        params![lane.lane_id, lane.next_chunk],
        |row| row.get(0),
    )?;
    serde_json::from_str(&text)
        .map_err(|_| DbError::Other("a chunk of a bulk order is unreadable".to_owned()))
}

/// Takes the next chunk of a lane out of it: its cards have begun, and `ended` of them have ended at once. False when
/// another has taken it, or the order's state is another by now; until the transaction ends the state stays as it is.
pub fn take_chunk(tx: &mut Tx<'_>, lane: &Lane, cards: usize, ended: usize) -> Result<bool, DbError> {
    let held = tx.execute(
        "UPDATE bulk_order SET state = state WHERE work_order_id = $1 AND state = $2",
        params![lane.order_id, lane.state as i64],
    )?;
    if held == 0 {
        return Ok(false);
    }
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let taken = tx.execute(
        "UPDATE bulk_lane SET next_chunk = next_chunk + 1, begun_count = begun_count + $3, \
         ended_count = ended_count + $4 WHERE bulk_lane_id = $1 AND next_chunk = $2",
        params![lane.lane_id, lane.next_chunk, count(cards), count(ended)],
    )?;
    if taken == 1 {
        let sql = "DELETE FROM bulk_chunk WHERE bulk_lane_id = $1 AND chunk_number = $2";
        tx.execute_later(sql, params![lane.lane_id, lane.next_chunk])?;
    }
    Ok(taken == 1)
}

/// Notes that a card of a lane has ended; gives how many are open still, and whether any have not begun.
pub fn note_ended(tx: &mut Tx<'_>, lane_id: i64) -> Result<Option<(i64, bool)>, DbError> {
    tx.find(
        "UPDATE bulk_lane SET ended_count = ended_count + 1 WHERE bulk_lane_id = $1 \
         RETURNING begun_count - ended_count, chunk_count - next_chunk",
        params![lane_id],
        |row| Ok((row.get(0)?, row.get::<i64>(1)? > 0)),
    )
}

/// Moves an order from one of these states to another; false when it is in none of them or is no bulk order.
pub fn change_state(tx: &mut Tx<'_>, order_id: i64, from: &[State], to: State) -> Result<bool, DbError> {
    let list = from.iter().map(|state| (*state as i64).to_string()).collect::<Vec<_>>().join(", ");
    let sql = format!("UPDATE bulk_order SET state = $2 WHERE work_order_id = $1 AND state IN ({list})");
    Ok(tx.execute(&sql, params![order_id, to as i64])? == 1)
}

/// Gives the held details of an order until `deadline_ms`.
pub fn set_deadlines(tx: &mut Tx<'_>, order_id: i64, deadline_ms: i64) -> Result<(), DbError> {
    let sql =
        "UPDATE work_order_detail SET deadline_ms = $2 WHERE work_order_id = $1 AND status = 2 AND stage = 0";
    tx.execute(sql, params![order_id, deadline_ms]).map(|_| ())
}

/// The latest order of a kind on each of these cards (at most 500), of those that may be in the way: open, or placed
/// after `since_ms`. What failed before it began was never accepted.
pub fn latest_of(
    tx: &mut Tx<'_>,
    account: AccountId,
    kind: OperationKind,
    sim_card_ids: &[i64],
    since_ms: i64,
) -> Result<HashMap<i64, Latest>, DbError> {
    let bound = params![kind.name(), account.0, since_ms].to_vec();
    let (list, bound) = sql::id_list(4, sim_card_ids, bound);
    let mut latest = HashMap::new();
    tx.for_each(
        &format!(
            "SELECT sim_card_id, work_order_detail_id, status, deadline_ms, created_ms FROM work_order_detail \
             WHERE operation = $1 AND account_id = $2 AND deadline_ms > created_ms \
             AND (status = 2 OR created_ms > $3) AND sim_card_id IN ({list}) ORDER BY work_order_detail_id"
        ),
        &bound,
        |row| {
            let found = Latest {
                detail_id: row.get(1)?,
                is_open: row.get::<i64>(2)? == DETAIL_OPEN,
                deadline_ms: row.get(3)?,
                created_ms: row.get(4)?,
            };
            latest.insert(row.get(0)?, found);
            Ok::<_, DbError>(())
        },
    )?;
    Ok(latest)
}

/// What a retry asks for again.
pub struct Past {
    pub operation: String,
    pub stop_cause: i64,
    /// The cards that failed.
    pub sim_card_ids: Vec<i64>,
}

/// What an order of the account asked for, and which of its cards failed.
pub fn past(tx: &mut Tx<'_>, account: AccountId, order_id: i64) -> Result<Past, DbError> {
    let (operation, stop_cause) = tx.get(
        "SELECT operation, stop_cause FROM work_order WHERE work_order_id = $1 AND account_id = $2",
        params![order_id, account.0],
        |row| Ok((row.get(0)?, row.get::<Option<i64>>(1)?)),
    )?;
    let sim_card_ids = tx.rows(
        "SELECT sim_card_id FROM work_order_detail WHERE work_order_id = $1 AND account_id = $2 AND status = 3 \
         ORDER BY work_order_detail_id",
        params![order_id, account.0],
        |row| row.get(0),
    )?;
    let stop_cause = stop_cause.unwrap_or(simlink_carriers::StopCause::Requested.number());
    Ok(Past { operation, stop_cause, sim_card_ids })
}

/// Why cards of an order failed, the commonest first, at most `limit` reasons.
pub fn failures(tx: &mut Tx<'_>, order_id: i64, limit: i64) -> Result<Vec<(String, i64)>, DbError> {
    tx.rows(
        "SELECT COALESCE(description, ''), COUNT(*) FROM work_order_detail \
         WHERE work_order_id = $1 AND status = 3 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
        params![order_id, limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
