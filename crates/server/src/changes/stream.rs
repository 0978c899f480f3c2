//! The feed as server-sent events: each change an event whose id is its cursor, a heartbeat when nothing happens.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::time::Instant;

use super::entries::{Page, Selection, cursor_text, read_cursor};
use super::feed::Seat;
use super::list::{read, view};
use crate::app::App;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{BadParameter, Problem, Refusal};
use crate::http::reply::Reply;
use crate::limits;

/// Whether the client asks for events.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    let accept = headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|kind| kind.trim().starts_with("text/event-stream"))
}

/// Opens a stream after `Last-Event-ID` or, without one, after `after`.
pub(super) async fn open(
    call: &Call,
    selection: Selection,
    after: Option<i64>,
    limit: usize,
) -> Result<Reply, Refusal> {
    let after = match call.headers.get("last-event-id") {
        None => after,
        Some(id) => {
            let cursor = id.to_str().ok().and_then(read_cursor);
            let malformed = BadParameter { field: "Last-Event-ID", problem: Problem::Malformed };
            Some(cursor.ok_or(malformed)?)
        }
    };
    let seat = call.app.engine.feed.seat(call.caller().account).ok_or(ErrorCode::TooManyReaders)?;
    // The first page is read before the answer begins: what is wrong with the cursor is still told by a status.
    let page = read(&call.app, &selection, after, limit).await?;
    let events = Events {
        app: call.app.clone(),
        account: call.caller().account,
        selection,
        cursor: page.next,
        limit,
        first: Some(page),
        ends: Instant::now() + Duration::from_millis(limits::FEED_STREAM_LIFE_MS),
        _seat: seat,
    };
    let parts = futures_util::stream::unfold(events, |mut events| async {
        let part = events.next().await?;
        Some((Ok::<_, std::convert::Infallible>(part), events))
    });
    Ok(Reply::stream("text/event-stream", Body::from_stream(parts)).with_header("cache-control", "no-store"))
}

/// An open stream.
struct Events {
    app: Arc<App>,
    account: simlink_fleet::AccountId,
    selection: Selection,
    cursor: i64,
    limit: usize,
    first: Option<Page>,
    ends: Instant,
    _seat: Seat,
}

impl Events {
    /// What is sent next; `None` ends the stream, and the client comes back with the last id it saw.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(page) = self.first.take() {
            return Some(self.written(page, "retry: 1000\n"));
        }
        loop {
            let feed = &self.app.engine.feed;
            let is_frozen = self.app.directory.account(self.account).is_none_or(|account| account.frozen);
            if feed.is_closed() || is_frozen || Instant::now() >= self.ends {
                return None;
            }
            let page = match read(&self.app, &self.selection, Some(self.cursor), self.limit).await {
                Ok(page) => page,
                Err(refusal) => {
                    tracing::info!(%refusal, "a stream of changes ends");
                    return None;
                }
            };
            if !page.entries.is_empty() {
                return Some(self.written(page, ""));
            }
            self.cursor = page.next;
            if page.more {
                continue;
            }
            let beat = Duration::from_millis(limits::FEED_HEARTBEAT_MS);
            let news = feed.news(self.selection.account, self.cursor);
            if tokio::time::timeout(beat, news).await.is_err() {
                // The id goes on over what the filter left out.
                return Some(Bytes::from(format!(": heartbeat\nid: {}\n\n", cursor_text(self.cursor))));
            }
        }
    }

    fn written(&mut self, page: Page, before: &str) -> Bytes {
        let mut text = format!("{before}: changes\n\n");
        self.cursor = page.next;
        for entry in page.entries {
            let view = view(&self.app, self.selection.account, entry);
            let data = serde_json::to_string(&view).unwrap_or_default();
            // Writing into a text cannot fail.
            let _ = write!(text, "id: {}\nevent: change\ndata: {data}\n\n", view.cursor);
        }
        Bytes::from(text)
    }
}
