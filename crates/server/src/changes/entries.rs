//! Rows of the log as others read them: a page after a cursor, and how a change looks on the wire.

use serde::Serialize;
use serde_json::{Value, json};
use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;
use utoipa::ToSchema;

use super::Subject;
use crate::limits;
use crate::sql;
use crate::units::Moment;

const COLUMNS: &str = "sequence, account_id, subject, subject_ids, kind, detail, actor, created_ms, origin";

/// A change as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place: every later change has a higher one.
    pub sequence: i64,
    /// Whose it is; `None` where it belongs to all.
    pub account: Option<AccountId>,
    /// What it is about, by name.
    pub subject: String,
    /// Which ones.
    pub ids: Vec<String>,
    /// What happened, in one word.
    pub kind: String,
    /// Old and new values.
    pub detail: Option<Value>,
    /// Who did it.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_ms: i64,
    /// The request and the address that it came from, separated by a space; `None` where nobody asked for it.
    pub origin: Option<String>,
}

impl Entry {
    /// One of its ids as it stands in JSON: a number, or a text where its like have names.
    pub fn subject_id(&self, id: &str) -> SubjectId {
        let named = [Subject::User, Subject::PricePlan].iter().any(|subject| subject.name() == self.subject);
        match id.parse::<i64>() {
            Ok(number) if !named => SubjectId::Number(number),
            _ => SubjectId::Text(id.to_owned()),
        }
    }
}

/// What is read of the log.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Of this account; `None` reads those of all.
    pub account: Option<AccountId>,
    /// About this only.
    pub subject: Option<String>,
    /// Of this kind only.
    pub kind: Option<String>,
}

/// Changes in their order.
#[derive(Debug, Default)]
pub struct Page {
    /// The changes.
    pub entries: Vec<Entry>,
    /// Where to read on.
    pub next: i64,
    /// Whether there was more to read already.
    pub more: bool,
}

/// What stands after a cursor.
#[derive(Debug)]
pub enum Found {
    /// This.
    Page(Page),
    /// Nobody knows: rows after it were swept away.
    Swept,
}

/// A page of at most `limit` changes after `cursor` and up to `horizon`; `None` begins with the oldest that is kept.
///
/// # Errors
/// Those of the database.
pub fn page(
    tx: &mut Tx<'_>,
    selection: &Selection,
    cursor: Option<i64>,
    horizon: i64,
    limit: usize,
) -> Result<Found, DbError> {
    let swept_to: i64 = tx.get("SELECT swept_to FROM change_feed", &[], |row| row.get(0))?;
    let cursor = match cursor {
        Some(cursor) if cursor < swept_to => return Ok(Found::Swept),
        Some(cursor) => cursor,
        None => swept_to,
    };
    if cursor >= horizon {
        return Ok(Found::Page(Page { next: cursor, ..Page::default() }));
    }
    // A filter passes over rows, but not over more than so many at once.
    let filters = selection.subject.is_some() || selection.kind.is_some();
    let rows_max = if filters { limits::FEED_ROWS_PASSED_MAX } else { limit };
    let rows = rows(tx, selection.account, cursor, horizon, rows_max)?;
    let (count, mut next) = (rows.len(), cursor);
    let mut entries = Vec::new();
    for entry in rows {
        if entries.len() == limit {
            return Ok(Found::Page(Page { entries, next, more: true }));
        }
        next = entry.sequence;
        let fits =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        if fits(&selection.subject, &entry.subject) && fits(&selection.kind, &entry.kind) {
            entries.push(entry);
        }
    }
    let more = count == rows_max;
    Ok(Found::Page(Page { entries, next: if more { next } else { horizon }, more }))
}

/// At most `limit` rows after `cursor` and up to `horizon`, in their order.
///
/// # Errors
/// Those of the database.
pub fn rows(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    cursor: i64,
    horizon: i64,
    limit: usize,
) -> Result<Vec<Entry>, DbError> {
    let whose = if account.is_some() { "account_id = $4 AND" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM change_log \
         WHERE {whose} sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut bound = params![cursor, horizon, limit].to_vec();
    bound.extend(account.map(|account| Param::from(account.0)));
    tx.rows(&sql, &bound, entry)
}

/// The account's rows with these sequences, at most 500; those that are not there are left out.
///
/// # Errors
/// Those of the database.
pub fn named(tx: &mut Tx<'_>, account: AccountId, sequences: &[i64]) -> Result<Vec<Entry>, DbError> {
    let (list, bound) = sql::id_list(2, sequences, vec![Param::from(account.0)]);
    let sql = format!("SELECT {COLUMNS} FROM change_log WHERE account_id = $1 AND sequence IN ({list})");
    tx.rows(&sql, &bound, entry)
}

/// The place in the log after which the account's changes since a time stand.
///
/// # Errors
/// Those of the database.
pub fn before(tx: &mut Tx<'_>, account: AccountId, since_ms: i64) -> Result<i64, DbError> {
    let sql = "SELECT COALESCE(MIN(CASE WHEN created_ms >= $2 THEN sequence END) - 1, MAX(sequence), 0) \
               FROM change_log WHERE account_id = $1";
    tx.get(sql, params![account.0, since_ms], |row| row.get(0))
}

/// The last change of each account after `cursor` and up to `horizon`.
///
/// # Errors
/// Those of the database.
pub fn latest(tx: &mut Tx<'_>, cursor: i64, horizon: i64) -> Result<Vec<(Option<AccountId>, i64)>, DbError> {
    let sql = "SELECT account_id, MAX(sequence) FROM change_log WHERE sequence > $1 AND sequence <= $2 \
               GROUP BY account_id";
    tx.rows(sql, params![cursor, horizon], |row| Ok((row.get::<Option<i64>>(0)?.map(AccountId), row.get(1)?)))
}

fn entry(row: &Row<'_>) -> Result<Entry, DbError> {
    let ids: String = row.get(3)?;
    Ok(Entry {
        sequence: row.get(0)?,
        account: row.get::<Option<i64>>(1)?.map(AccountId),
        subject: row.get(2)?,
        ids: ids.split(',').map(str::to_owned).collect(),
        kind: row.get(4)?,
        detail: row.text(5)?.map(detail),
        actor: row.get(6)?,
        created_ms: row.get(7)?,
        origin: row.get(8)?,
    })
}

/// Details are JSON; a plain text is a reason.
fn detail(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "reason": text }))
}

/// The id of what changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SubjectId {
    /// Of most things.
    Number(i64),
    /// Of users and plans.
    Text(String),
}

/// A change as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub struct ChangeView {
    /// Its place in the log: reading after it goes on with the next.
    pub cursor: String,
    /// The account's domain id; for the operator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_id: Option<String>,
    /// What changed: `sim_card`, `work_order`, …
    pub subject: String,
    /// Which ones; numbers, and texts for users and plans.
    pub ids: Vec<SubjectId>,
    /// What happened, in one word.
    pub kind: String,
    /// When.
    pub time: Moment,
    /// Who did it: a user's id, or the name of a rule or command.
    pub actor: String,
    /// What is known of it: old and new values, a reason, …
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

impl ChangeView {
    /// The view of an entry.
    pub fn of(entry: Entry, domain_id: Option<String>) -> Self {
        let ids = entry.ids.iter().map(|id| entry.subject_id(id)).collect();
        Self {
            cursor: cursor_text(entry.sequence),
            domain_id,
            subject: entry.subject,
            ids,
            kind: entry.kind,
            time: Moment(entry.created_ms),
            actor: entry.actor,
            detail: entry.detail,
        }
    }
}

/// A cursor as clients keep it: nothing in it is theirs to read.
pub fn cursor_text(sequence: i64) -> String {
    format!("c1{sequence:x}")
}

/// The sequence in a cursor; `None` for what is no cursor.
pub fn read_cursor(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("c1").filter(|digits| digits.len() <= 15)?;
    i64::from_str_radix(digits, 16).ok().filter(|sequence| *sequence >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that cursors are read back, and which texts are none.
    #[test]
    fn cursors_are_read_back() {
        for sequence in [0, 1, 1_000_000_000_017, 9_007_199_254_740_991] {
            assert_eq!(read_cursor(&cursor_text(sequence)), Some(sequence));
        }
        for text in ["", "c1", "1", "c1-1", "c1x", "c2ff", "c1ffffffffffffffff", "latest"] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }

    /// Shows that a detail that is no JSON reads as a reason.
    #[test]
    fn details_are_json() {
        assert_eq!(detail("{\"tag_ids\":[1]}"), json!({"tag_ids": [1]}));
        assert_eq!(detail("no answer in time"), json!({"reason": "no answer in time"}));
    }
}
