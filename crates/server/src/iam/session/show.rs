//! `GET /v1/session`: who calls. An extension.

use std::future::ready;

use axum::http::Method;

use super::{SessionView, text};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::iam::{TokenKind, tokens};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowSession",
    method: Method::GET,
    path: "/v1/session",
    summary: "Shows who is signed in.",
    group: "Console",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[],
    request: None,
    response: (200, Some(shape::<SessionView>)),
    handler: |call| Box::pin(ready(show(&call))),
};

fn show(call: &Call) -> Result<Reply, Refusal> {
    let (account, user) = call.app.directory.user(&call.caller().user_id).ok_or(ErrorCode::InvalidToken)?;
    // Of a program there is no session: what it signs with does not end here.
    let expires_ms = text(&call.headers)?
        .and_then(|text| call.app.directory.token(TokenKind::Session, &tokens::hash(text)))
        .map_or(0, |holder| holder.token().expires_ms);
    let view = SessionView::new(&call.app, &account, &user, expires_ms);
    Ok(Reply::json(&view).with_header("cache-control", "no-store"))
}
