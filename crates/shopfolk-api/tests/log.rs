//! What the log says of a request, and what it never says.
//!
//! It is a process of its own because the log is one for the whole process: `tracing` remembers for each place
//! whether somebody listens, and tests that run beside this one, without a log, would make it forget.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "one test needs only a part of it")]
#[path = "api/support.rs"]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use shopfolk_api::ApiSettings;

use support::TestApp;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_line_tells_of_each_request_and_never_of_a_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let settings = ApiSettings { allow_query_token: true, ..ApiSettings::default() };
    let app = TestApp::start_with(settings).await;
    let path = format!("/api/v3/1003/customers/7?token={}", app.token);
    app.bare(Method::GET, &path)
        .header("x-request-id", "first")
        .send()
        .await
        .error(404, "CUSTOMER_NOT_FOUND");
    app.call(Method::GET, "/profile").header("x-request-id", "second").send().await;
    app.bare(Method::GET, "/api/v3/1003/profile?token=secret_wrong")
        .send()
        .await
        .error(403, "INVALID_API_TOKEN");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("request_id=\"first\"")).unwrap();
    for part in [
        "INFO",
        "method=GET",
        "route=\"/api/v3/{storeId}/customers/{customerId}\"",
        "store=1003",
        "status=404",
    ] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(log.contains("request_id=\"second\""));
    assert!(!log.contains(&app.token) && !log.contains("secret_"), "{log}");
}
