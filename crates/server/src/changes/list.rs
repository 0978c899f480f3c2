//! `GET /v1/changes` and `GET /ops/v1/changes`: the log as a feed, page by page, by long poll, or as server-sent events.

use std::time::Duration;

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::entries::{self, ChangeView, Found, Page, Selection, cursor_text, read_cursor};
use super::{SUBJECT_NAMES, stream};
use crate::app::App;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::LIMIT;
use crate::http::reply::Reply;
use crate::limits;

const AFTER: Parameter = Parameter::text(
    "after",
    1,
    32,
    "The cursor after which to read; `latest` for what comes from now on. Without it the oldest that is kept comes first.",
);
const SUBJECT: Parameter = Parameter::choice("subject", SUBJECT_NAMES, "Changes of this alone.");
const KIND: Parameter = Parameter::text("kind", 0, 64, "Changes of this kind alone.");
const WAIT_SECONDS: Parameter = Parameter::integer(
    "wait_seconds",
    0,
    limits::FEED_WAIT_SECONDS_MAX,
    "How long to wait for a change when there is none yet.",
)
.or("0");
const PARAMETERS: &[Parameter] = &[AFTER, SUBJECT, KIND, LIMIT, WAIT_SECONDS];

/// The tenant's operation.
pub const OPERATION: Operation = Operation {
    id: "ListChanges",
    method: Method::GET,
    path: "/v1/changes",
    summary: "Lists what changed in the account, in order and without a gap; with `Accept: text/event-stream` as server-sent events.",
    group: "Changes",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: PARAMETERS,
    request: None,
    response: (200, Some(shape::<Changes>)),
    handler: |call| {
        Box::pin(async move {
            let account = call.caller().account;
            list(&call, Some(account)).await
        })
    },
};

/// The operator's, over all accounts.
pub const OPERATION_OF_ALL: Operation = Operation {
    id: "ListChangesOfAll",
    path: "/ops/v1/changes",
    summary: "Lists what changed in all accounts, as ListChanges does.",
    group: "Operator",
    access: Access::Operate,
    handler: |call| Box::pin(async move { list(&call, None).await }),
    ..OPERATION
};

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    changes: Vec<ChangeView>,
    /// Read on after this.
    next: String,
    /// Whether there is more to read already.
    more: bool,
}

async fn list(call: &Call, account: Option<AccountId>) -> Result<Reply, Refusal> {
    let selection = Selection {
        account,
        subject: call.query.text(&SUBJECT)?.map(str::to_owned),
        kind: call.query.filter_text(&KIND)?.map(str::to_owned),
    };
    let feed = &call.app.engine.feed;
    let after = match call.query.text(&AFTER)? {
        None => None,
        Some("latest") => Some(feed.now(&call.app.db, &call.app.follower).await?),
        Some(text) => Some(read_cursor(text).ok_or_else(|| AFTER.bad(Problem::Malformed))?),
    };
    let limit = usize::try_from(call.query.page()?.limit).unwrap_or(usize::MAX);
    let wait_seconds = call.query.integer(&WAIT_SECONDS)?.unwrap_or(0).unsigned_abs();
    if stream::is_asked_for(&call.headers) {
        return stream::open(call, selection, after, limit).await;
    }
    let mut page = read(&call.app, &selection, after, limit).await?;
    if page.entries.is_empty() && wait_seconds > 0 {
        let _seat = feed.seat(call.caller().account).ok_or(ErrorCode::TooManyReaders)?;
        let until = Instant::now() + Duration::from_secs(wait_seconds);
        while page.entries.is_empty() && !feed.is_closed() {
            let news = feed.news(account, page.next);
            if tokio::time::timeout_at(until, news).await.is_err() {
                break;
            }
            page = read(&call.app, &selection, Some(page.next), limit).await?;
        }
    }
    let Page { entries, next, more } = page;
    let changes = entries.into_iter().map(|entry| view(&call.app, account, entry)).collect();
    Ok(Reply::json(&Changes { changes, next: cursor_text(next), more }))
}

/// A page up to this process's horizon.
pub(super) async fn read(
    app: &App,
    selection: &Selection,
    after: Option<i64>,
    limit: usize,
) -> Result<Page, Refusal> {
    let (selection, horizon) = (selection.clone(), app.engine.feed.horizon());
    let work = move |tx: &mut Tx<'_>| entries::page(tx, &selection, after, horizon, limit);
    match app.db.read::<_, DbError, _>(work).await? {
        Found::Page(page) => Ok(page),
        Found::Swept => Err(ErrorCode::CursorSwept.into()),
    }
}

/// The entry as it is shown; whose it is, only to who sees all.
pub(super) fn view(app: &App, scope: Option<AccountId>, entry: entries::Entry) -> ChangeView {
    let whose = entry.account.filter(|_| scope.is_none());
    let domain_id = whose.and_then(|account| app.directory.account(account));
    ChangeView::of(entry, domain_id.map(|account| account.domain_id.to_string()))
}
