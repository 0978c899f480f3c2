//! `GET /ops/v1/audit/verification`: goes through the whole chain and says where it is broken.

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::chain::proof;
use super::store;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::limits;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "VerifyAudit",
    method: Method::GET,
    path: "/ops/v1/audit/verification",
    summary: "Checks the proofs of all entries of the audit; names the first that was altered, added or taken away.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<Verification>)),
    handler: |call| Box::pin(verify(call)),
};

/// What the check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditVerification)]
pub struct Verification {
    /// Whether every entry is as it was written.
    intact: bool,
    /// Entries that were checked.
    entry_count: i64,
    /// The number of the first entry that does not fit.
    broken_at: Option<i64>,
    /// The proof of the last entry: keep it elsewhere, and later exports must still contain it.
    hash: String,
}

async fn verify(call: Call) -> Result<Reply, Refusal> {
    let end = |tx: &mut Tx<'_>| {
        let head = store::head(tx, false)?;
        let beyond = store::after(tx, None, head.number, 1)?;
        Ok::<_, DbError>((head, !beyond.is_empty()))
    };
    let (head, goes_on) = call.app.db.read(end).await?;
    let (mut number, mut hash, mut broken_at) = (0, String::new(), None);
    while number < head.number && broken_at.is_none() {
        let (after, last) = (number, head.number);
        let read = move |tx: &mut Tx<'_>| store::after(tx, None, after, limits::AUDIT_ENTRIES_PER_READ);
        let mut found = call.app.db.read(read).await?;
        // What was added meanwhile is looked at the next time.
        found.retain(|record| record.number <= last);
        if found.is_empty() {
            broken_at = Some(number + 1);
        }
        for record in found {
            let proven = proof(&call.app.vault, &hash, &record);
            if record.number != number + 1 || record.hash != proven {
                broken_at = Some(number + 1);
                break;
            }
            (number, hash) = (record.number, proven);
        }
    }
    if broken_at.is_none() && (goes_on || hash != head.hash) {
        broken_at = Some(number + 1);
    }
    Ok(Reply::json(&Verification { intact: broken_at.is_none(), entry_count: number, broken_at, hash }))
}
