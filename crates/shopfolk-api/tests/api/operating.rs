//! What operators look at.

use std::sync::OnceLock;

use axum::http::Method;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use shopfolk_api::{ApiSettings, REQUEST_DURATION_BUCKETS};

use crate::support::TestApp;

/// A process has one recorder; the tests share it.
fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(REQUEST_DURATION_BUCKETS).unwrap();
            builder.install_recorder().unwrap()
        })
        .clone()
}

#[tokio::test]
async fn requests_are_counted_and_timed_by_route_method_and_status() {
    let settings = ApiSettings { metrics: Some(recorder()), rate_limit: None, ..ApiSettings::default() };
    let app = TestApp::start_with(settings).await;
    app.get("/customers/7/contacts/8").await.error(404, "CUSTOMER_NOT_FOUND");
    app.bare(Method::GET, "/etc/passwd").send().await.error(404, "ENDPOINT_NOT_FOUND");
    app.bare(Method::PATCH, "/healthz").send().await.error(405, "METHOD_NOT_ALLOWED");
    let answer = app.bare(Method::GET, "/metrics").send().await;
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    for line in [
        "# TYPE shopfolk_http_requests_total counter",
        "# TYPE shopfolk_http_request_duration_seconds histogram",
        r#"shopfolk_http_requests_total{route="/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",method="GET",status="404"}"#,
        r#"shopfolk_http_requests_total{route="unknown",method="GET",status="404"}"#,
        r#"shopfolk_http_requests_total{route="/healthz",method="other",status="405"}"#,
        r#"shopfolk_http_request_duration_seconds_bucket{route="unknown",method="GET",status="404",le="0.001"}"#,
    ] {
        assert!(answer.text.contains(line), "{line} is missing in {}", answer.text);
    }
    assert!(!answer.text.contains("passwd"));
}

#[tokio::test]
async fn metrics_can_be_off() {
    let app = TestApp::start().await;
    app.bare(Method::GET, "/metrics").send().await.error(404, "ENDPOINT_NOT_FOUND");
}

#[tokio::test]
async fn a_healthy_server_says_so() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.bare(Method::GET, path).send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":"ok"}"#));
    }
}
