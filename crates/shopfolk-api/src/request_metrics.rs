//! Counting and timing requests by route, method and status.
//!
//! The handles are made once for each combination, so that a request makes no label. Unknown paths share one route.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// How many requests were answered, by route, method and status.
pub const REQUESTS: &str = "shopfolk_http_requests_total";
/// How long the answers took, in seconds, by route, method and status.
pub const REQUEST_DURATION: &str = "shopfolk_http_request_duration_seconds";
/// Boundaries, in seconds, that fit [`REQUEST_DURATION`].
pub const REQUEST_DURATION_BUCKETS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

const METHODS: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD];
const STATUSES: &[StatusCode] = &[
    StatusCode::OK,
    StatusCode::BAD_REQUEST,
    StatusCode::PAYMENT_REQUIRED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// Tells the recorder what the metrics mean.
pub(crate) fn describe() {
    metrics::describe_counter!(REQUESTS, "Requests that were answered");
    metrics::describe_histogram!(
        REQUEST_DURATION,
        metrics::Unit::Seconds,
        "Time until a request was answered"
    );
}

struct Handles {
    requests: Counter,
    duration: Histogram,
}

/// The metrics of one route.
pub(crate) struct RouteMetrics {
    route: Arc<str>,
    /// One for each method and status, and one more of each for all others.
    handles: Vec<OnceLock<Handles>>,
}

impl RouteMetrics {
    pub(crate) fn new(route: &str) -> Self {
        let combinations = (METHODS.len() + 1) * (STATUSES.len() + 1);
        Self {
            route: route.into(),
            handles: std::iter::repeat_with(OnceLock::new).take(combinations).collect(),
        }
    }

    /// Counts a request.
    pub(crate) fn record(&self, method: &Method, status: StatusCode, duration: Duration) {
        let method_place = METHODS.iter().position(|other| other == method).unwrap_or(METHODS.len());
        let status_place = STATUSES.iter().position(|&other| other == status).unwrap_or(STATUSES.len());
        let Some(handles) = self.handles.get(method_place * (STATUSES.len() + 1) + status_place) else {
            return;
        };
        let handles = handles.get_or_init(|| {
            let method = METHODS.get(method_place).map_or("other", Method::as_str).to_owned();
            let status = STATUSES.get(status_place).map_or("other", StatusCode::as_str).to_owned();
            let labels = [
                metrics::Label::new("route", Arc::clone(&self.route)),
                metrics::Label::new("method", method),
                metrics::Label::new("status", status),
            ];
            Handles {
                requests: metrics::counter!(REQUESTS, labels.iter()),
                duration: metrics::histogram!(REQUEST_DURATION, labels.iter()),
            }
        });
        handles.requests.increment(1);
        handles.duration.record(duration.as_secs_f64());
    }
}
