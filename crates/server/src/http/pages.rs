//! The pages beside the API: health, readiness, metrics, the OpenAPI document and its reader.

use std::future::{Future, ready};
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use serde_json::json;

use super::reply::Reply;
use super::{gateway, openapi};
use crate::app::App;
use crate::usage::freshness;

/// Their routes. They need no credential and say nothing about any account.
pub fn routes(app: &Arc<App>) -> Router {
    // Rendered once: the document is a constant of the binary.
    let document: bytes::Bytes = openapi::document().to_string().into();
    Router::new()
        .route("/healthz", page(app, |_| ready(Reply::json(&json!({"status": "ok"})))))
        .route("/readyz", page(app, readiness))
        .route("/metrics", page(app, metrics))
        .route("/openapi.json", page(app, move |_| ready(Reply::text("application/json", document.clone()))))
        .route(
            "/docs",
            page(app, |_| ready(Reply::text("text/html; charset=utf-8", include_str!("docs.html")))),
        )
}

/// A page that `make` makes, with the headers that every answer carries.
fn page<M, F>(app: &Arc<App>, make: M) -> MethodRouter
where
    M: Fn(Arc<App>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    let app = app.clone();
    get(async move || gateway::plain(&app, make(app.clone()).await))
}

/// 200 while the database answers and the fleet follows it, else 503 with what is missing.
async fn readiness(app: Arc<App>) -> Reply {
    let database = app.db.ping().await.is_ok();
    let fleet = app.follower.is_current();
    let status = if database && fleet { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Reply::json(&json!({"database": database, "fleet": fleet})).with_status(status)
}

async fn metrics(app: Arc<App>) -> Reply {
    // A database that does not answer is what `/readyz` says; the other figures are there all the same.
    if let Ok(known) = app.db.read(freshness::of_carriers).await {
        app.metrics.usage_is(&known, app.clock.now_ms());
    }
    Reply::text("application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics.render(&app))
}
