//! The web console at `/console/`: the files of its build, embedded where there was one when this binary was compiled.
//!
//! Files with a digest in their name never change and are kept by browsers for good. Every other path is a page of the
//! console, answered by its one document with a fresh nonce: the content security policy lets nothing else style or
//! run, and no request leave this server.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::gateway;
use super::reply::Reply;
use crate::app::App;
use crate::randomness::Randomness;

/// Path in the build and bytes; of each asset also `….br` and `….gz`.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));
/// The document of every page.
const DOCUMENT: &str = "index.html";
/// Where its files have a digest in their name.
const ASSETS: &str = "assets/";
/// What stands in the document where the nonce belongs.
const NONCE: &str = "{nonce}";
const NOT_BUILT: &str = include_str!("console_missing.html");

/// The console's routes; they need no credential, since what it shows it asks of the API.
pub fn routes(app: &Arc<App>) -> Router {
    let page = |app: &Arc<App>| {
        let app = app.clone();
        get(async move |request: Request| answer(&app, &request))
    };
    Router::new()
        .route("/console", get(async || to_console()))
        .route("/console/", page(app))
        .route("/console/{*path}", page(app))
}

fn to_console() -> Response<Body> {
    Reply::empty(StatusCode::FOUND).with_header("location", "/console/").into_response()
}

fn answer(app: &App, request: &Request) -> Response<Body> {
    let path = request.uri().path().strip_prefix("/console/").unwrap_or_default();
    let reply = if path.starts_with(ASSETS) {
        asset(FILES, path, request.headers())
    } else {
        document(FILES, &app.randomness)
    };
    gateway::plain(app, reply)
}

/// A file of the build under `files`, packed as the client likes it best.
fn asset(files: &[(&str, &'static [u8])], path: &str, headers: &HeaderMap) -> Reply {
    let find = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes);
    let Some(plain) = find(path) else { return Reply::empty(StatusCode::NOT_FOUND) };
    // The name says what is in it: a client that has it has it for good.
    let reply = if headers.contains_key(header::IF_NONE_MATCH) {
        Reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(coding, ending)| {
            if !accepts(accepted.unwrap_or_default(), coding) {
                return None;
            }
            find(&format!("{path}{ending}")).map(|bytes| (coding, bytes))
        });
        match packed {
            Some((coding, bytes)) => {
                Reply::text(media_type(path), bytes).with_header("content-encoding", coding)
            }
            None => Reply::text(media_type(path), plain),
        }
    };
    reply
        .with_header("cache-control", "public, max-age=31536000, immutable")
        .with_header("etag", &format!("\"{path}\""))
        .with_header("vary", "accept-encoding")
}

/// Whether a list of codings names this one, and not only to refuse it.
fn accepts(list: &str, coding: &str) -> bool {
    list.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        name.trim().eq_ignore_ascii_case(coding) && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// The document with a nonce of its own; where the console is not built, a page that says how to build it.
fn document(files: &[(&str, &'static [u8])], randomness: &Randomness) -> Reply {
    let nonce = URL_SAFE_NO_PAD.encode(randomness.bytes::<16>());
    let built = files.iter().find(|(name, _)| *name == DOCUMENT);
    let text = built.map_or(NOT_BUILT, |(_, bytes)| std::str::from_utf8(bytes).unwrap_or(NOT_BUILT));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    Reply::text("text/html; charset=utf-8", text.replace(NONCE, &nonce))
        .with_header("content-security-policy", &policy)
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-frame-options", "DENY")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const FILES: &[(&str, &[u8])] = &[
        ("assets/app-1.js", b"plain"),
        ("assets/app-1.js.br", b"br"),
        ("assets/app-1.js.gz", b"gz"),
        (DOCUMENT, b"<meta content=\"{nonce}\">"),
    ];

    /// Shows which form of an asset a client gets, that one with a tag has it already, and that there is no other.
    #[test]
    fn assets_are_packed_as_accepted() {
        for (accepted, coding) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip;q=1.0", Some("gzip")),
            ("br;q=0, GZIP", Some("gzip")),
            ("identity", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let response = asset(FILES, "assets/app-1.js", &headers).into_response();
            let found =
                response.headers().get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
            assert_eq!((response.status(), found), (StatusCode::OK, coding), "{accepted}");
        }
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\""))]);
        assert_eq!(asset(FILES, "assets/app-1.js", &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asset(FILES, "assets/none.js", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }

    /// Shows that the document and its policy name the same nonce, another each time, and that a server built without
    /// the console says so.
    #[test]
    fn each_document_has_its_nonce() {
        let randomness = Randomness::seeded(1);
        let policy = |files| {
            let response = document(files, &randomness).into_response();
            response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned()
        };
        let (one, two) = (policy(FILES), policy(&[]));
        assert_ne!(one, two);
        assert!(one.contains("script-src 'self';") && !one.contains("unsafe"), "{one}");
        assert!(NOT_BUILT.contains("scripts/console build"));
    }
}
