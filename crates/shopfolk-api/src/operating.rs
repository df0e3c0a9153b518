//! What operators look at: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use shopfolk_store::{Engine, EngineHealth};
use utoipa::ToSchema;

use crate::answer;
use crate::app::App;
use crate::error::{ApiError, ErrorCode};
use crate::error_answer::ErrorOut;

const PROMETHEUS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// How the server is.
#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusOut {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
}

/// Is the server alive
///
/// Answers as long as the process runs.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Operating",
    responses((status = 200, description = "Alive", body = StatusOut)),
    security(()),
)]
pub(crate) async fn get_health() -> Result<Response, ApiError> {
    answer::json(&StatusOut { status: "ok" })
}

/// Can the server serve
///
/// Whether a write would be taken now; says 503 while the server is shutting down.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Operating",
    responses(
        (status = 200, description = "Ready", body = StatusOut),
        (status = 503, description = "Not ready, and why", body = ErrorOut),
    ),
    security(()),
)]
pub(crate) async fn get_readiness<E: Engine>(State(app): State<Arc<App<E>>>) -> Result<Response, ApiError> {
    if app.settings.shutting_down.is_announced() {
        return Err(ApiError::unavailable("The server is shutting down"));
    }
    match app.engine.health().await {
        EngineHealth::Ready => answer::json(&StatusOut { status: "ok" }),
        EngineHealth::NotReady(reason) => Err(ApiError::unavailable(format!("Not ready: {reason}"))),
    }
}

/// Metrics
///
/// In the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Operating",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 404, description = "Metrics are switched off", body = ErrorOut),
    ),
    security(()),
)]
pub(crate) async fn get_metrics<E: Engine>(State(app): State<Arc<App<E>>>) -> Result<Response, ApiError> {
    let Some(metrics) = &app.settings.metrics else {
        return Err(ApiError::new(ErrorCode::EndpointNotFound, "Metrics are switched off"));
    };
    let mut response = Response::new(Body::from(metrics.render()));
    response.headers_mut().insert(header::CONTENT_TYPE, PROMETHEUS_TEXT);
    Ok(response)
}
