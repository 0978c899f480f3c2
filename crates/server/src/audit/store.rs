//! Every statement on the audit.

use simlink_db::{DbError, Param, Row, Tx, params};
use simlink_fleet::AccountId;

use crate::changes::entries::Entry;

/// An entry: what the log had, where it stands in the chain, and its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the chain, from 1, without a gap.
    pub number: i64,
    /// The change's place in the log.
    pub sequence: i64,
    /// Whose it is.
    pub account: Option<i64>,
    /// What it is about.
    pub subject: String,
    /// Which ones, separated by commas.
    pub ids: String,
    /// What happened.
    pub kind: String,
    /// Old and new values.
    pub detail: Option<String>,
    /// Who did it.
    pub actor: String,
    /// The request and the address it came from.
    pub origin: Option<String>,
    /// When, in epoch milliseconds.
    pub created_ms: i64,
    /// The proof, over the one before and all of this.
    pub hash: String,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last entry's number; 0 of an empty chain.
    pub number: i64,
    /// How far the chain has followed the log.
    pub sequence: i64,
    /// The last entry's proof.
    pub hash: String,
}

/// The end of the chain; `held` keeps others from adding to it until the transaction ends.
pub fn head(tx: &mut Tx<'_>, held: bool) -> Result<Head, DbError> {
    let hold = if held { tx.for_update() } else { "" };
    let sql = format!("SELECT entry_number, sequence, hash FROM audit_chain WHERE only_row = 1{hold}");
    tx.get(&sql, &[], |row| Ok(Head { number: row.get(0)?, sequence: row.get(1)?, hash: row.get(2)? }))
}

/// Adds entries, and moves the end of the chain.
pub fn append(tx: &mut Tx<'_>, records: &[Record], head: &Head) -> Result<(), DbError> {
    let mut rows = Vec::with_capacity(records.len() * 11);
    for record in records {
        rows.extend_from_slice(params![
            record.number,
            record.sequence,
            record.account,
            record.subject.as_str(),
            record.ids.as_str(),
            record.kind.as_str(),
            record.detail.as_deref(),
            record.actor.as_str(),
            record.origin.as_deref(),
            record.created_ms,
            record.hash.as_str()
        ]);
    }
    let columns = "audit_entry (entry_number, sequence, account_id, subject, subject_ids, kind, detail, actor, origin, \
                   created_ms, hash)";
    tx.insert_many(columns, 11, &rows, "")?;
    let sql = "UPDATE audit_chain SET entry_number = $1, sequence = $2, hash = $3 WHERE only_row = 1";
    tx.execute(sql, params![head.number, head.sequence, &head.hash]).map(|_| ())
}

/// At most `limit` entries after a number, of one account or of all, in their order.
pub fn after(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    number: i64,
    limit: i64,
) -> Result<Vec<Record>, DbError> {
    let whose = if account.is_some() { "account_id = $3 AND" } else { "" };
    let sql = format!(
        "SELECT entry_number, sequence, account_id, subject, subject_ids, kind, detail, actor, origin, created_ms, \
         hash FROM audit_entry WHERE {whose} entry_number > $1 ORDER BY entry_number LIMIT $2"
    );
    let mut bound = params![number, limit].to_vec();
    bound.extend(account.map(|account| Param::from(account.0)));
    tx.rows(&sql, &bound, record)
}

fn record(row: &Row<'_>) -> Result<Record, DbError> {
    Ok(Record {
        number: row.get(0)?,
        sequence: row.get(1)?,
        account: row.get(2)?,
        subject: row.get(3)?,
        ids: row.get(4)?,
        kind: row.get(5)?,
        detail: row.get(6)?,
        actor: row.get(7)?,
        origin: row.get(8)?,
        created_ms: row.get(9)?,
        hash: row.get(10)?,
    })
}

impl Record {
    /// The entry of a change, still without its proof.
    pub fn of(entry: Entry, number: i64) -> Self {
        Self {
            number,
            sequence: entry.sequence,
            account: entry.account.map(|account| account.0),
            subject: entry.subject,
            ids: entry.ids.join(","),
            kind: entry.kind,
            detail: entry.detail.map(|detail| detail.to_string()),
            actor: entry.actor,
            origin: entry.origin,
            created_ms: entry.created_ms,
            hash: String::new(),
        }
    }
}
