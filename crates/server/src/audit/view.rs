//! An entry as it is shown.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::store::Record;
use crate::app::App;
use crate::units::Moment;

/// An entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct EntryView {
    /// Its place in the chain, from 1, over all accounts.
    pub number: i64,
    /// The account's domain id; `null` for what belongs to all.
    domain_id: Option<String>,
    /// When.
    time: Moment,
    /// Who: a user's id, or the name of a rule or command.
    actor: String,
    /// From where, for what came by a request.
    address: Option<String>,
    /// By which request.
    request_id: Option<String>,
    /// What it is about.
    subject: String,
    /// Which ones.
    ids: Vec<String>,
    /// What happened, in one word.
    kind: String,
    /// What is known of it: old and new values, a reason, …
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
    /// The proof over the entry before and this one.
    hash: String,
}

impl EntryView {
    /// The view of an entry.
    pub fn of(app: &App, record: Record) -> Self {
        let account = record.account.and_then(|id| app.directory.account(simlink_fleet::AccountId(id)));
        let origin = record.origin.as_deref().and_then(|origin| origin.split_once(' '));
        Self {
            number: record.number,
            domain_id: account.map(|account| account.domain_id.to_string()),
            time: Moment(record.created_ms),
            actor: record.actor,
            address: origin.map(|(_, address)| address.to_owned()),
            request_id: origin.map(|(request_id, _)| request_id.to_owned()),
            subject: record.subject,
            ids: record.ids.split(',').map(str::to_owned).collect(),
            kind: record.kind,
            detail: record.detail.and_then(|detail| serde_json::from_str(&detail).ok()),
            hash: record.hash,
        }
    }
}
