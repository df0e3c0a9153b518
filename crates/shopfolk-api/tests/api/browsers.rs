//! Programs in browsers, which use the API from other origins.

use axum::http::Method;

use crate::support::{Answer, TestApp};

fn is_open_and_not_kept(answer: &Answer) -> bool {
    let expected = [
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "Location, Retry-After, X-Request-Id"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    expected.iter().all(|(name, value)| answer.header(name) == *value)
}

#[tokio::test]
async fn every_answer_of_the_api_may_be_read_from_every_origin_and_is_kept_by_nobody() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    for (method, path, status) in [
        (Method::GET, "/profile", 200),
        (Method::GET, customer.as_str(), 200),
        (Method::GET, "/customers/99", 404),
        (Method::GET, "/customers?limit=x", 400),
        (Method::POST, "/customers", 400),
        (Method::PATCH, "/customers", 405),
        (Method::OPTIONS, "/customers", 204),
        (Method::OPTIONS, "/nowhere", 404),
        (Method::GET, "/nowhere", 404),
    ] {
        let answer = app.call(method.clone(), path).send().await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(is_open_and_not_kept(&answer), "{method} {path}: {:?}", answer.headers);
        assert!(!answer.header("x-request-id").is_empty());
    }
    let refused = app.bare(Method::GET, "/api/v3/1003/profile").send().await;
    refused.error(403, "INVALID_API_TOKEN");
    assert!(is_open_and_not_kept(&refused));
}

#[tokio::test]
async fn a_browser_learns_what_it_may_send_without_a_token() {
    let app = TestApp::start().await;
    let call = app.bare(Method::OPTIONS, "/api/v3/1003/customers/1/");
    let answer =
        call.header("origin", "https://admin.example").header("access-control-request-method", "PUT");
    let answer = answer.send().await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let mut methods: Vec<_> = answer.header("access-control-allow-methods").split(',').collect();
    methods.sort_unstable();
    assert_eq!(methods, ["DELETE", "GET", "HEAD", "PUT"]);
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "Authorization, Content-Type, X-Ecwid-Api-Request-Id, Idempotency-Key, If-Match"
    );
    assert_eq!(answer.header("access-control-max-age"), "86400");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn what_is_no_part_of_the_api_is_for_its_own_origin() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/metrics", "/docs", "/nowhere"] {
        let answer = app.bare(Method::GET, path).send().await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
