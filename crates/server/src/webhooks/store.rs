//! Every statement on endpoints; those on their events are in [`deliveries`].

pub mod deliveries;

use simlink_db::{DbError, Row, Tx, params};
use simlink_fleet::AccountId;

use super::endpoint::{Endpoint, Form, Status, Terms};
use crate::changes::{self, Change, Subject};
use crate::http::query::Page;
use crate::sql;

const COLUMNS: &str = "endpoint_id, account_id, url, description, event_types, form, status, sealed_secret, \
                       position_sequence, failures, failing_since_ms, paused_until_ms, last_error, \
                       last_success_ms, created_ms";

fn endpoint(row: &Row<'_>) -> Result<Endpoint, DbError> {
    let event_types: String = row.get(4)?;
    Ok(Endpoint {
        id: row.get(0)?,
        account: AccountId(row.get(1)?),
        terms: Terms {
            url: row.get(2)?,
            description: row.get(3)?,
            event_types: event_types.split(',').map(str::to_owned).collect(),
            form: Form::of_number(row.get(5)?),
        },
        status: Status::of_number(row.get(6)?),
        sealed_secret: row.get(7)?,
        position: row.get(8)?,
        failures: row.get(9)?,
        failing_since_ms: row.get(10)?,
        paused_until_ms: row.get(11)?,
        last_error: row.get(12)?,
        last_success_ms: row.get(13)?,
        created_ms: row.get(14)?,
    })
}

/// Makes an endpoint that is told of what comes after `position`.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    (id, terms, sealed_secret): (i64, &Terms, &str),
    position: i64,
    (actor, now_ms): (&str, i64),
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO webhook_endpoint (endpoint_id, account_id, url, description, event_types, form, status, \
         sealed_secret, position_sequence, failures, paused_until_ms, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, 0, 0, $9)",
        params![
            id,
            account.0,
            &terms.url,
            &terms.description,
            terms.event_types.join(",").as_str(),
            terms.form.number(),
            sealed_secret,
            position,
            now_ms
        ],
    )?;
    record(tx, account, id, ("created", None), (actor, now_ms))
}

/// How many endpoints the account has.
pub fn count(tx: &mut Tx<'_>, account: AccountId) -> Result<usize, DbError> {
    let sql = "SELECT COUNT(*) FROM webhook_endpoint WHERE account_id = $1";
    tx.get(sql, params![account.0], |row| Ok(usize::try_from(row.get::<i64>(0)?).unwrap_or(usize::MAX)))
}

/// A page of the account's endpoints, oldest first, and their count.
pub fn page(tx: &mut Tx<'_>, account: AccountId, page: Page) -> Result<(i64, Vec<Endpoint>), DbError> {
    let from = "FROM webhook_endpoint WHERE account_id = $1";
    sql::page(tx, COLUMNS, from, "endpoint_id", params![account.0], page, endpoint)
}

/// An endpoint of the account.
pub fn find(tx: &mut Tx<'_>, account: AccountId, id: i64) -> Result<Option<Endpoint>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE account_id = $1 AND endpoint_id = $2");
    tx.find(&sql, params![account.0, id], endpoint)
}

/// Account, id and place in the log of every endpoint that is sent to now.
pub fn active(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<(AccountId, i64, i64)>, DbError> {
    let sql = "SELECT account_id, endpoint_id, position_sequence FROM webhook_endpoint \
               WHERE status = 1 AND paused_until_ms <= $1";
    tx.rows(sql, params![now_ms], |row| Ok((AccountId(row.get(0)?), row.get(1)?, row.get(2)?)))
}

/// Gives an endpoint other terms and another status. One that becomes active begins without its failures.
pub fn update(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    (terms, status): (&Terms, Status),
    (actor, now_ms): (&str, i64),
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE webhook_endpoint SET url = $3, description = $4, event_types = $5, form = $6, \
         status = CAST($7 AS BIGINT), failures = CASE WHEN CAST($7 AS BIGINT) = 1 THEN 0 ELSE failures END, \
         failing_since_ms = CASE WHEN CAST($7 AS BIGINT) = 1 THEN NULL ELSE failing_since_ms END, \
         paused_until_ms = CASE WHEN CAST($7 AS BIGINT) = 1 THEN 0 ELSE paused_until_ms END \
         WHERE account_id = $1 AND endpoint_id = $2",
        params![
            account.0,
            id,
            &terms.url,
            &terms.description,
            terms.event_types.join(",").as_str(),
            terms.form.number(),
            status.number()
        ],
    )?;
    if status == Status::Active {
        deliveries::make_due(tx, account, id, now_ms)?;
    }
    record(tx, account, id, ("updated", None), (actor, now_ms))
}

/// Gives an endpoint another secret. Gives whether the account has it.
pub fn set_secret(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    sealed_secret: &str,
    (actor, now_ms): (&str, i64),
) -> Result<bool, DbError> {
    let sql = "UPDATE webhook_endpoint SET sealed_secret = $3 WHERE account_id = $1 AND endpoint_id = $2";
    let found = tx.execute(sql, params![account.0, id, sealed_secret])? == 1;
    if found {
        record(tx, account, id, ("secret_rotated", None), (actor, now_ms))?;
    }
    Ok(found)
}

/// Deletes an endpoint and what is known of its events. Gives whether the account had it.
pub fn delete(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    (actor, now_ms): (&str, i64),
) -> Result<bool, DbError> {
    if find(tx, account, id)?.is_none() {
        return Ok(false);
    }
    tx.execute("DELETE FROM webhook_delivery WHERE endpoint_id = $1", params![id])?;
    let sql = "DELETE FROM webhook_endpoint WHERE account_id = $1 AND endpoint_id = $2";
    tx.execute(sql, params![account.0, id])?;
    record(tx, account, id, ("deleted", None), (actor, now_ms))?;
    Ok(true)
}

/// Moves an endpoint's place in the log.
pub fn set_position(tx: &mut Tx<'_>, account: AccountId, id: i64, position: i64) -> Result<(), DbError> {
    let sql = "UPDATE webhook_endpoint SET position_sequence = $3 WHERE account_id = $1 AND endpoint_id = $2";
    tx.execute(sql, params![account.0, id, position]).map(|_| ())
}

/// Leaves an endpoint alone for a while.
pub fn pause(tx: &mut Tx<'_>, endpoint: &Endpoint, until_ms: i64) -> Result<(), DbError> {
    let sql = "UPDATE webhook_endpoint SET paused_until_ms = $3 WHERE account_id = $1 AND endpoint_id = $2";
    tx.execute(sql, params![endpoint.account.0, endpoint.id, until_ms]).map(|_| ())
}

/// The endpoint has taken something; `error` is what went wrong beside that.
pub fn succeeded(
    tx: &mut Tx<'_>,
    endpoint: &Endpoint,
    error: Option<&str>,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE webhook_endpoint SET failures = 0, failing_since_ms = NULL, paused_until_ms = 0, \
         last_success_ms = $3, last_error = $4 WHERE account_id = $1 AND endpoint_id = $2",
        params![endpoint.account.0, endpoint.id, now_ms, error],
    )?;
    if endpoint.failures > 0 {
        deliveries::make_due(tx, endpoint.account, endpoint.id, now_ms)?;
    }
    Ok(())
}

/// The endpoint has taken nothing: it is left alone until `paused_until_ms`, or switched off.
pub fn failed(
    tx: &mut Tx<'_>,
    endpoint: &Endpoint,
    (error, since_ms): (&str, i64),
    paused_until_ms: Option<i64>,
    now_ms: i64,
) -> Result<(), DbError> {
    let status = if paused_until_ms.is_some() { Status::Active } else { Status::Failed };
    let changed = tx.execute(
        "UPDATE webhook_endpoint SET failures = failures + 1, failing_since_ms = $3, paused_until_ms = $4, \
         last_error = $5, status = $6 WHERE account_id = $1 AND endpoint_id = $2 AND status = 1",
        params![
            endpoint.account.0,
            endpoint.id,
            since_ms,
            paused_until_ms.unwrap_or(0),
            error,
            status.number()
        ],
    )?;
    if changed == 1 && status == Status::Failed {
        record(tx, endpoint.account, endpoint.id, ("switched_off", Some(error)), ("webhooks", now_ms))?;
    }
    Ok(())
}

/// Writes a change of an endpoint into the log.
pub fn record(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: i64,
    (kind, detail): (&'static str, Option<&str>),
    (actor, now_ms): (&str, i64),
) -> Result<(), DbError> {
    let ids = [id];
    let change =
        Change { account: Some(account), subject: Subject::Webhook, ids: &ids, kind, detail, actor, now_ms };
    changes::record(tx, &change)
}
