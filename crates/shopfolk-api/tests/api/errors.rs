//! Every row of the error table that a healthy server can answer with.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Version};
use futures_util::{StreamExt, stream};
use shopfolk_api::{ApiSettings, ErrorCode};

use crate::support::TestApp;

#[tokio::test]
async fn malformed_json_is_named_with_its_place_and_changes_nothing() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let path = format!("{customer}/contacts");
    for (body, expected) in [
        (&b"{\n \"type\": }"[..], "Malformed JSON at line 2, column 10: expected value"),
        (
            b"{\"type\":\"PHONE\",\"contact\":\"1\"} x",
            "Malformed JSON at line 1, column 32: trailing characters",
        ),
        (b"{\"a\":1,\"a\":2}", "Malformed JSON at line 1, column 10: duplicated key 'a'"),
        (
            b"{\"x\":[{\"a\":\"\\ud800\"}]}",
            "Malformed JSON at line 1, column 19: unexpected end of hex escape",
        ),
        (b"{\"a\":\"\xc3\"}", "Malformed JSON at line 1, column 7: the text is not UTF-8"),
        (b"", "The body is empty: it must be a JSON object"),
        (b"[]", "The body must be a JSON object, it is '[]'"),
        (b"\"text\"", "The body must be a JSON object, it is 'text'"),
    ] {
        let call = app.call(Method::POST, &path).body(Body::from(body));
        assert_eq!(call.send().await.error(400, "WRONG_PARAMETER"), expected);
    }
    assert_eq!(app.contacts(&customer).await.len(), 1);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_said_so() {
    let app = TestApp::start().await;
    for path in ["/api", "/api/v3", "/api/v3/1003", "/api/v3/1003/nothing", "/docs/nothing", "/a%ff"] {
        let message = app.bare(Method::GET, path).send().await.error(404, "ENDPOINT_NOT_FOUND");
        assert_eq!(message, format!("There is nothing at the path '{path}'"));
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_answered_with_those_it_takes() {
    let app = TestApp::start().await;
    for (path, allowed) in [
        ("/api/v3/1003/customers/1/contacts", ["GET", "HEAD", "POST"].as_slice()),
        ("/api/v3/1003/customers/1/contacts/1", &["DELETE", "GET", "HEAD", "PUT"]),
        ("/healthz", &["GET", "HEAD"]),
    ] {
        let answer = app.bare(Method::PATCH, path).send().await;
        answer.error(405, "METHOD_NOT_ALLOWED");
        let mut allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow, allowed, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let app = TestApp::start().await;
    let call = app.call(Method::POST, "/customers").header("content-type", "text/plain").body("{}");
    assert_eq!(
        call.send().await.error(415, "UNSUPPORTED_MEDIA_TYPE"),
        "Wrong Content-Type 'text/plain': it must be application/json, text/json or *+json"
    );
}

#[tokio::test]
async fn a_body_that_is_not_sent_as_it_is_is_refused() {
    let app = TestApp::start().await;
    let call = |encoding: &str| {
        let call = app.call(Method::POST, "/customers").body(r#"{"email": "anna@example.com"}"#);
        call.header("content-encoding", encoding).send()
    };
    for encoding in ["gzip", "br", "deflate", "identity, gzip", "x"] {
        assert_eq!(
            call(encoding).await.error(415, "UNSUPPORTED_MEDIA_TYPE"),
            format!("Wrong Content-Encoding '{encoding}': the body must be sent as it is")
        );
    }
    assert_eq!(app.get("/customers").await.json()["total"], 0);
    assert_eq!(call(" Identity").await.status, 200);
}

#[tokio::test]
async fn a_request_says_once_for_which_host_it_is() {
    let app = TestApp::start().await;
    for path in ["/api/v3/1003/profile", "/healthz", "/nowhere"] {
        let call = || app.bare(Method::GET, path).token(&app.token);
        let missing = call().without("host").send().await.error(400, "WRONG_PARAMETER");
        assert!(missing.contains("Host is missing"), "{missing}");
        let twice = call().again("host", "other").send().await.error(400, "WRONG_PARAMETER");
        assert!(twice.contains("more than one header Host"), "{twice}");
        for version in [Version::HTTP_10, Version::HTTP_2] {
            assert_ne!(call().without("host").version(version).send().await.status, 400, "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_by_its_length_and_while_it_arrives() {
    let app = TestApp::start().await;
    let body = |size: usize| format!(r#"{{"email": "a@example.com", "x": "{}"}}"#, "x".repeat(size - 35));
    let exact = body(1 << 20);
    assert_eq!(exact.len(), 1 << 20);
    assert_eq!(app.post("/customers", &exact).await.status, 200);
    app.post("/customers", &body((1 << 20) + 1)).await.error(413, "REQUEST_TOO_LARGE");

    // It never ends: it has to be refused while it arrives.
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65_536])));
    let call = app.call(Method::POST, "/customers").body(Body::from_stream(endless));
    call.send().await.error(413, "REQUEST_TOO_LARGE");
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let app = TestApp::start().await;
    let pieces = [r#"{"email":"#, r#" "anna@exam"#, r#"ple.com"}"#].map(Ok::<_, std::io::Error>);
    let call = app.call(Method::POST, "/customers").body(Body::from_stream(stream::iter(pieces)));
    assert_eq!(call.send().await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let settings = ApiSettings { body_timeout: Duration::from_millis(20), ..ApiSettings::default() };
    let app = TestApp::start_with(settings).await;
    let begun = stream::iter([Ok::<_, std::io::Error>("{")]).chain(stream::pending());
    let call = app.call(Method::POST, "/customers").body(Body::from_stream(begun));
    let message = call.send().await.error(408, "TIMEOUT");
    assert_eq!(message, "The body of the request did not arrive within 0.02 seconds");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let app = TestApp::start().await;
    let broken = stream::iter([Ok("{"), Err(std::io::Error::other("gone"))]);
    let call = app.call(Method::POST, "/customers").body(Body::from_stream(broken));
    call.send().await.error(400, "WRONG_PARAMETER");
}

#[test]
fn the_codes_have_their_statuses() {
    let table: Vec<_> =
        ErrorCode::ALL.iter().map(|code| format!("{} {}", code.status().as_u16(), code.name())).collect();
    insta::assert_snapshot!(table.join("\n"), @"
    400 WRONG_PARAMETER
    402 STORE_IS_SUSPENDED
    403 INVALID_API_TOKEN
    403 INSUFFICIENT_APP_SCOPE
    404 STORE_NOT_FOUND
    404 CUSTOMER_NOT_FOUND
    404 CUSTOMER_CONTACT_NOT_FOUND
    404 CUSTOMER_GROUP_NOT_FOUND
    404 EXTRA_FIELD_NOT_FOUND
    404 ORDER_NOT_FOUND
    404 BATCH_NOT_FOUND
    404 WEBHOOK_ATTEMPT_NOT_FOUND
    404 ENDPOINT_NOT_FOUND
    405 METHOD_NOT_ALLOWED
    408 TIMEOUT
    409 CONSTRAINT_VIOLATION
    409 EXTERNAL_ID_ALREADY_USED
    413 REQUEST_TOO_LARGE
    413 ANSWER_TOO_LARGE
    415 UNSUPPORTED_MEDIA_TYPE
    429 RATE_LIMITED
    500 INTERNAL_ERROR
    503 UNAVAILABLE
    ");
}
