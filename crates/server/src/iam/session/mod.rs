//! Sessions: how a person in a browser is known. A session is a token of its own kind in a cookie that scripts cannot
//! read and other sites cannot send; it neither ends nor is ended by the user's tokens.

pub mod create;
pub mod delete;
pub mod show;

use axum::http::{HeaderMap, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::claim::{single, unauthorized};
use super::records::{Account, User};
use crate::app::App;
use crate::http::error::GatewayError;
use crate::http::reply::Reply;
use crate::limits;
use crate::units::Moment;

/// The cookie's name.
const COOKIE: &str = "simlink_session";
/// The header that must stand beside the cookie. No form and no link of another site can send it.
const CONSOLE: &str = "x-simlink-console";

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    user_id: String,
    user_name: String,
    /// `admin`, `viewer` or `operator`.
    role: &'static str,
    domain_id: String,
    domain_name: String,
    project_name: Option<String>,
    /// Whether this server has a clock that can be moved and simulated carriers.
    sandbox: bool,
    /// The server's version.
    version: &'static str,
    /// What the server's clock says, in epoch milliseconds.
    now_ms: i64,
    /// When the session ends by the world's clock.
    expire_time: Moment,
}

impl SessionView {
    fn new(app: &App, account: &Account, user: &User, expires_ms: i64) -> Self {
        Self {
            user_id: user.id.to_string(),
            user_name: user.name.to_string(),
            role: user.role.name(),
            domain_id: account.domain_id.to_string(),
            domain_name: account.name.to_string(),
            project_name: account.projects.first().map(|project| project.name.to_string()),
            sandbox: app.config.sandbox,
            version: env!("CARGO_PKG_VERSION"),
            now_ms: app.clock.now_ms(),
            expire_time: Moment(expires_ms),
        }
    }
}

/// The session's text in the headers, if there is one and the console's header stands beside it.
///
/// # Errors
/// 401 for a cookie without that header.
pub fn text(headers: &HeaderMap) -> Result<Option<&str>, GatewayError> {
    let Some(text) =
        headers.get_all(header::COOKIE).iter().find_map(|cookies| in_cookies(cookies.to_str().ok()?))
    else {
        return Ok(None);
    };
    expect_console(headers)?;
    Ok(Some(text))
}

/// Refuses what a page of another site could have sent.
fn expect_console(headers: &HeaderMap) -> Result<(), GatewayError> {
    let own = single(headers, CONSOLE)?;
    own.map(drop)
        .ok_or_else(|| unauthorized(format_args!("a session counts beside the header {CONSOLE} only")))
}

fn in_cookies(cookies: &str) -> Option<&str> {
    cookies.split(';').find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE && !value.is_empty()).then_some(value)
    })
}

/// The answer with the cookie set; with an empty `text`, taken back.
fn with_cookie(app: &App, reply: Reply, text: &str) -> Reply {
    let life_s = if text.is_empty() { 0 } else { limits::SESSION_LIFE_MS / 1000 };
    let secure = if app.config.tls.is_some() { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={text}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}");
    reply.with_header("set-cookie", &cookie).with_header("cache-control", "no-store")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Shows where a session is read from: its cookie among others, and only beside the console's header.
    #[test]
    fn a_cookie_counts_beside_its_header() {
        for (cookies, header, expected) in [
            (None, true, Some(None)),
            (Some("a=b"), false, Some(None)),
            (Some("a=b; simlink_session=slt_1; c=d"), true, Some(Some("slt_1"))),
            (Some("simlink_session=slt_1"), false, None),
            (Some("simlink_session="), true, Some(None)),
            (Some("xsimlink_session=slt_1"), true, Some(None)),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(cookies) = cookies {
                headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
            }
            if header {
                headers.insert(CONSOLE, HeaderValue::from_static("1"));
            }
            assert_eq!(text(&headers).ok(), expected, "{cookies:?} {header}");
        }
    }
}
