//! `GET /ops/v1/audit/export`: the audit as JSON lines, from a number on to its end.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use bytes::Bytes;
use simlink_db::{DbError, Tx};

use super::list::AFTER;
use super::store;
use super::view::EntryView;
use crate::app::App;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;
use crate::limits;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ExportAudit",
    method: Method::GET,
    path: "/ops/v1/audit/export",
    summary: "The audit as JSON lines (application/x-ndjson), each an entry as ListAuditEntriesOfAll has it.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[AFTER],
    request: None,
    response: (200, None),
    handler: |call| Box::pin(export(call)),
};

async fn export(call: Call) -> Result<Reply, Refusal> {
    let after = call.query.integer(&AFTER)?.unwrap_or(0);
    let parts = futures_util::stream::unfold((call.app, Some(after)), |(app, after)| async move {
        let (lines, next) = match lines(&app, after?).await {
            Ok(Some(found)) => found,
            Ok(None) => return None,
            Err(error) => {
                // The client sees an end that comes too early: the last number is below that of the chain's end.
                tracing::error!(cause = %error, "an export of the audit ends early");
                return None;
            }
        };
        Some((Ok::<_, Infallible>(lines), (app, next)))
    });
    Ok(Reply::stream("application/x-ndjson", Body::from_stream(parts)))
}

/// The next lines, and where to read on if there may be more; `None` where there are none.
async fn lines(app: &Arc<App>, after: i64) -> Result<Option<(Bytes, Option<i64>)>, DbError> {
    let read = move |tx: &mut Tx<'_>| store::after(tx, None, after, limits::AUDIT_ENTRIES_PER_READ);
    let found = app.db.read(read).await?;
    let Some(last) = found.last().map(|last| last.number) else { return Ok(None) };
    let mut text = Vec::new();
    for record in found {
        // A view serialises into memory and has string keys only: it cannot fail.
        let _ = serde_json::to_writer(&mut text, &EntryView::of(app, record));
        text.push(b'\n');
    }
    Ok(Some((text.into(), Some(last))))
}
