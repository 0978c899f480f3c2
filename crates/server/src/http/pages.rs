//! The pages beside the API: health, readiness, metrics, the OpenAPI document and its reader.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::openapi;
use super::reply::Reply;
use crate::app::App;

/// Their routes. They need no credential and say nothing about any account.
pub fn routes(app: &Arc<App>) -> Router {
    let (for_ready, for_metrics) = (app.clone(), app.clone());
    // Rendered once: the document is a constant of the binary.
    let document: bytes::Bytes = openapi::document().to_string().into();
    Router::new()
        .route("/healthz", get(|| async { Reply::json(&json!({"status": "ok"})).into_response() }))
        .route("/readyz", get(async move || ready(&for_ready).await))
        .route("/metrics", get(async move || metrics(&for_metrics)))
        .route(
            "/openapi.json",
            get(async move || Reply::text("application/json", document.clone()).into_response()),
        )
        .route(
            "/docs",
            get(|| async {
                Reply::text("text/html; charset=utf-8", include_str!("docs.html")).into_response()
            }),
        )
}

/// 200 while the database answers and the fleet follows it, else 503 with what is missing.
async fn ready(app: &App) -> Response {
    let database = app.db.ping().await.is_ok();
    let fleet = app.follower.is_current();
    let status = if database && fleet { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Reply::json(&json!({"database": database, "fleet": fleet})).with_status(status).into_response()
}

fn metrics(app: &App) -> Response {
    Reply::text("application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics.render(app))
        .into_response()
}
