//! Every statement on the events of endpoints.

use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use crate::http::query::Page;
use crate::{limits, sql};

/// The endpoint is one of the account's.
const OWN: &str = "endpoint_id = $2 AND EXISTS (SELECT 1 FROM webhook_endpoint \
                   WHERE webhook_endpoint.endpoint_id = $2 AND webhook_endpoint.account_id = $1)";

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits to be sent.
    Pending,
    /// It was taken.
    Delivered,
    /// It was given up.
    GivenUp,
}

impl State {
    /// Words, in the order of the numbers from 1.
    pub const WORDS: &[&str] = &["pending", "delivered", "failed"];

    fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The word of a number.
    pub fn word(number: i64) -> &'static str {
        usize::try_from(number - 1).ok().and_then(|place| Self::WORDS.get(place)).copied().unwrap_or_default()
    }
}

/// A new event of an endpoint.
#[derive(Debug)]
pub struct NewDelivery {
    /// The change.
    pub sequence: i64,
    /// Which of its ids.
    pub place: i64,
    /// Events of one key are sent in their order.
    pub ordering_key: String,
    /// Its type.
    pub event_type: String,
}

/// An event that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The change.
    pub sequence: i64,
    /// Which of its ids.
    pub place: i64,
    /// Events of one key are sent in their order.
    pub ordering_key: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When the first was.
    pub first_tried_ms: Option<i64>,
}

/// How an attempt at an event ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// What becomes of it.
    pub state: State,
    /// When it is tried again.
    pub next_ms: i64,
    /// The answer's status, where there was one.
    pub status: Option<i64>,
    /// What went wrong.
    pub error: Option<&'a str>,
    /// How long it took.
    pub duration_ms: i64,
}

/// Makes events; one that is there already is to be sent once more.
pub fn add(tx: &mut Tx<'_>, endpoint_id: i64, new: &[NewDelivery], now_ms: i64) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(new.len() * 9);
    for delivery in new {
        rows.extend_from_slice(params![
            endpoint_id,
            delivery.sequence,
            delivery.place,
            delivery.ordering_key.as_str(),
            delivery.event_type.as_str(),
            State::Pending.number(),
            0_i64,
            now_ms,
            now_ms
        ]);
    }
    tx.insert_many(
        "webhook_delivery (endpoint_id, sequence, place, ordering_key, event_type, state, attempts, next_ms, created_ms)",
        9,
        &rows,
        "ON CONFLICT (endpoint_id, sequence, place) DO UPDATE SET state = 1, attempts = 0, first_tried_ms = NULL, \
         next_ms = excluded.next_ms",
    )?;
    Ok(())
}

/// How many events wait, counted up to `most`.
pub fn pending(tx: &mut Tx<'_>, endpoint_id: i64, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND state = 1 LIMIT $2) AS w";
    tx.get(sql, params![endpoint_id, most], |row| row.get(0))
}

/// Events that are due, in their order: none of a key at which an earlier one has to wait. A single one to try
/// (`most` = 1) is one that was tried least: it may not be to blame for the failures.
pub fn due(tx: &mut Tx<'_>, endpoint_id: i64, now_ms: i64, most: i64) -> Result<Vec<Due>, DbError> {
    let (order, waits) = match most {
        1 => ("attempts, sequence, place", ""),
        _ => ("sequence, place", "AND earlier.next_ms > $2"),
    };
    let sql = format!(
        "SELECT sequence, place, ordering_key, attempts, first_tried_ms FROM webhook_delivery AS due \
               WHERE endpoint_id = $1 AND state = 1 AND next_ms <= $2 AND NOT EXISTS (\
               SELECT 1 FROM webhook_delivery AS earlier WHERE earlier.endpoint_id = $1 AND earlier.state = 1 \
               AND earlier.ordering_key = due.ordering_key {waits} \
               AND (earlier.sequence, earlier.place) < (due.sequence, due.place)) \
               ORDER BY {order} LIMIT $3"
    );
    tx.rows(&sql, params![endpoint_id, now_ms, most], |row| {
        Ok(Due {
            sequence: row.get(0)?,
            place: row.get(1)?,
            ordering_key: row.get(2)?,
            attempts: row.get(3)?,
            first_tried_ms: row.get(4)?,
        })
    })
}

/// When the next event is due after now; `None` where none is. An event that is due already waits for one that is not.
pub fn next_ms(tx: &mut Tx<'_>, endpoint_id: i64, now_ms: i64) -> Result<Option<i64>, DbError> {
    let sql =
        "SELECT MIN(next_ms) FROM webhook_delivery WHERE endpoint_id = $1 AND state = 1 AND next_ms > $2";
    tx.get(sql, params![endpoint_id, now_ms], |row| row.get(0))
}

/// Has everything that waits sent now.
pub fn make_due(tx: &mut Tx<'_>, account: AccountId, endpoint_id: i64, now_ms: i64) -> Result<(), DbError> {
    let sql = format!("UPDATE webhook_delivery SET next_ms = $3 WHERE {OWN} AND state = 1 AND next_ms > $3");
    tx.execute(&sql, params![account.0, endpoint_id, now_ms]).map(|_| ())
}

/// Writes how an attempt ended, unless the event has ended otherwise meanwhile.
pub fn end(
    tx: &mut Tx<'_>,
    endpoint_id: i64,
    due: &Due,
    ended: &Ended<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute_later(
        "UPDATE webhook_delivery SET state = $4, next_ms = $5, last_status = $6, last_error = $7, duration_ms = $8, \
         attempts = attempts + 1, first_tried_ms = COALESCE(first_tried_ms, $9), last_tried_ms = $9 \
         WHERE endpoint_id = $1 AND sequence = $2 AND place = $3 AND state = 1 AND attempts = $10",
        params![
            endpoint_id,
            due.sequence,
            due.place,
            ended.state.number(),
            ended.next_ms,
            ended.status,
            ended.error,
            ended.duration_ms,
            now_ms,
            due.attempts
        ],
    )
}

/// Has an event sent once more. Gives whether the account's endpoint has it.
pub fn send_again(
    tx: &mut Tx<'_>,
    account: AccountId,
    endpoint_id: i64,
    (sequence, place): (i64, i64),
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = format!(
        "UPDATE webhook_delivery SET state = 1, attempts = 0, first_tried_ms = NULL, next_ms = $5 \
         WHERE {OWN} AND sequence = $3 AND place = $4"
    );
    Ok(tx.execute(&sql, params![account.0, endpoint_id, sequence, place, now_ms])? == 1)
}

/// An event in the log of an endpoint.
#[derive(Debug)]
pub struct Logged {
    /// The change.
    pub sequence: i64,
    /// Which of its ids.
    pub place: i64,
    /// What it is about.
    pub ordering_key: String,
    /// Its type.
    pub event_type: String,
    /// What became of it.
    pub state: &'static str,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next.
    pub next_ms: i64,
    /// When it was tried last.
    pub last_tried_ms: Option<i64>,
    /// The last answer's status.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// How long the last attempt took.
    pub duration_ms: Option<i64>,
    /// Since when it is one of the endpoint's.
    pub created_ms: i64,
}

fn logged(row: &Row<'_>) -> Result<Logged, DbError> {
    Ok(Logged {
        sequence: row.get(0)?,
        place: row.get(1)?,
        ordering_key: row.get(2)?,
        event_type: row.get(3)?,
        state: State::word(row.get(4)?),
        attempts: row.get(5)?,
        next_ms: row.get(6)?,
        last_tried_ms: row.get(7)?,
        last_status: row.get(8)?,
        last_error: row.get(9)?,
        duration_ms: row.get(10)?,
        created_ms: row.get(11)?,
    })
}

/// A page of an endpoint's events, newest first, and their count.
pub fn page(
    tx: &mut Tx<'_>,
    account: AccountId,
    endpoint_id: i64,
    state: Option<&str>,
    page: Page,
) -> Result<(i64, Vec<Logged>), DbError> {
    let number = state.and_then(|word| State::WORDS.iter().position(|known| *known == word));
    let number = number.and_then(|place| i64::try_from(place + 1).ok());
    let from = format!("FROM webhook_delivery WHERE {OWN} AND (CAST($3 AS BIGINT) IS NULL OR state = $3)");
    let columns = "sequence, place, ordering_key, event_type, state, attempts, next_ms, last_tried_ms, last_status, \
                   last_error, duration_ms, created_ms";
    let bound: &[Param<'_>] = params![account.0, endpoint_id, number];
    sql::page(tx, columns, &from, "sequence DESC, place DESC", bound, page, logged)
}

/// Forgets events that ended and were made before; a step's worth of them. Gives how many went.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64) -> Result<u64, DbError> {
    let oldest = tx.rows(
        "SELECT sequence FROM webhook_delivery WHERE state <> 1 AND created_ms < $1 ORDER BY sequence LIMIT $2",
        params![before_ms, limits::SWEEP_ROWS],
        |row| row.get::<i64>(0),
    )?;
    let Some(last) = oldest.last() else { return Ok(0) };
    let sql = "DELETE FROM webhook_delivery WHERE state <> 1 AND created_ms < $1 AND sequence <= $2";
    tx.execute(sql, params![before_ms, *last])
}
