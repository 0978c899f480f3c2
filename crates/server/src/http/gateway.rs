//! The gateway in front of every operation: one function that takes a request from the wire to its handler and back.
//!
//! The order is part of the contract: a credential is looked at before the body is read, the signature is verified
//! over the raw bytes, flow control counts verified callers only, and the handler sees nothing unverified.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::call::Call;
use super::error::{BadParameter, ErrorStyle, GatewayError, Problem, Refusal};
use super::flow_control::{Allowances, Verdict};
use super::language::Language;
use super::listener::{BodyTooSlow, PeerAddress};
use super::operation::{Access, Operation};
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::iam::{Caller, Claim};
use crate::idempotency::Once;
use crate::limits;

/// Stands for the client where no socket is in between, as in tests.
const NO_PEER: PeerAddress = PeerAddress(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));

/// The path's parameters, decoded; an error where they are not UTF-8.
pub type RawPath = Result<RawPathParams, RawPathParamsRejection>;

/// Answers a request to `operation`.
pub async fn handle(
    app: Arc<App>,
    operation: &'static Operation,
    path: RawPath,
    request: Request,
) -> Response<Body> {
    let started = Instant::now();
    let request_id = app.request_ids.next();
    let head = request.method() == Method::HEAD;
    let (parts, body) = request.into_parts();
    let language = Language::of(&parts.headers);
    let mut verdict = None;
    let peer = parts.extensions.get::<PeerAddress>().copied().unwrap_or(NO_PEER);
    // Who reads the log of changes learns by which request, and from where, each came.
    let origin = format!("{request_id} {}", peer.0.ip()).into();
    let answered = answer(&app, operation, &path, (parts, peer), body, language, &mut verdict);
    let outcome = simlink_db::with_note(origin, answered).await;
    let reply = outcome.unwrap_or_else(|refusal| {
        if let Refusal::Internal(cause) = &refusal {
            tracing::error!(%request_id, operation = operation.id, cause = format!("{cause:#}"), "request failed");
        }
        refusal.render(operation.errors, language, &request_id)
    });
    app.metrics.answered(operation.id, reply.status(), started.elapsed());
    tracing::debug!(%request_id, operation = operation.id, status = reply.status().as_u16(), "answered");
    finish(reply, &request_id, verdict, head)
}

async fn answer(
    app: &Arc<App>,
    operation: &'static Operation,
    path: &RawPath,
    (parts, peer): (Parts, PeerAddress),
    body: Body,
    language: Language,
    verdict: &mut Option<Verdict>,
) -> Result<Reply, Refusal> {
    let now_ms = app.clock.now_ms();
    let (caller, body) = if operation.access == Access::Public {
        (None, read(body).await?)
    } else {
        let claim = Claim::of(app, &parts.headers, peer, now_ms)?;
        let body = read(body).await?;
        let caller = claim.confirm(app, &parts, &body, now_ms)?;
        *verdict = take_allowance(app, operation, &caller, now_ms);
        if let Some(refused) = verdict.filter(|verdict| !verdict.passes) {
            return Err(GatewayError::TooManyRequests {
                limit: refused.limit,
                retry_after_s: refused.wait_s().max(1),
            }
            .into());
        }
        if !caller.role.may(operation.access) {
            return Err(GatewayError::Forbidden.into());
        }
        (Some(caller), body)
    };
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    let path = path.as_ref().map_err(|_| BadParameter { field: "path", problem: Problem::Malformed })?;
    let path = path.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let once = match &caller {
        Some(caller) if operation.writes() => Once::of(app, caller, &parts, &body, now_ms)?,
        _ => None,
    };
    if let Some(once) = &once
        && let Some(reply) = once.find(app).await?
    {
        return Ok(reply);
    }
    let headers = parts.headers;
    let call =
        Call { app: app.clone(), caller, path, query, headers, body, peer, language, once: once.clone() };
    let outcome = (operation.handler)(call).await;
    match once {
        Some(once) => once.conclude(app, outcome).await,
        None => outcome,
    }
}

/// Takes the request from the caller's allowance; nothing is taken where flow control is off.
fn take_allowance(app: &App, operation: &Operation, caller: &Caller, now_ms: i64) -> Option<Verdict> {
    let allowances = app.config.flow_control.as_ref()?;
    if caller.in_console {
        // A page asks for several things at once; what a person looks at is not taken from the user's programs.
        let person = format!("console:{}", caller.user_id).into();
        return Some(app.flow_control.take(&person, operation.allowance, &Allowances::CONSOLE, now_ms));
    }
    let allowances = caller.allowances.as_ref().unwrap_or(allowances);
    Some(app.flow_control.take(&caller.user_id, operation.allowance, allowances, now_ms))
}

async fn read(body: Body) -> Result<Bytes, GatewayError> {
    use axum::body::HttpBody;
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limits::BODY_BYTES_MAX as u64 {
        return Err(GatewayError::BodyTooLarge);
    }
    match Limited::new(body, limits::BODY_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(GatewayError::BodyTooLarge),
        Err(error) if is_too_slow(&*error) => Err(GatewayError::BodyTooSlow),
        Err(_) => Err(GatewayError::BodyUnreadable),
    }
}

/// Whether the listener gave a body up for being too slow.
fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<BodyTooSlow>)
}

/// What every answer carries: the request's id and, where flow control is on, what is left of the allowance.
fn finish(reply: Reply, request_id: &str, verdict: Option<Verdict>, head: bool) -> Response<Body> {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
    const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
    let mut response = reply.into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(verdict) = verdict {
        headers.insert(LIMIT, verdict.limit.into());
        headers.insert(REMAINING, verdict.remaining.into());
        headers.insert(RESET, verdict.wait_s().into());
    }
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// An answer that no operation gives, with the headers that every answer carries.
pub fn plain(app: &App, reply: Reply) -> Response<Body> {
    finish(reply, &app.request_ids.next(), None, false)
}

/// Answers a request that meets no operation: an unknown path, or a known one with another method.
pub fn unknown(app: &App, request: &Request, path_exists: bool) -> Response<Body> {
    let request_id = app.request_ids.next();
    let style = if request.uri().path().starts_with("/v3") { ErrorStyle::Iam } else { ErrorStyle::Business };
    let reply =
        Refusal::from(GatewayError::UnknownApi { path_exists }).render(style, Language::Chinese, &request_id);
    app.metrics.answered("unknown", StatusCode::NOT_FOUND, std::time::Duration::ZERO);
    finish(reply, &request_id, None, request.method() == Method::HEAD)
}
