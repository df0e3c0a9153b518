//! The OpenAPI document and the interactive reference.

use axum::http::Method;
use shopfolk_store_sqlite::SqliteEngine;

use crate::support::TestApp;

#[test]
fn the_openapi_document_is_the_one_that_was_reviewed() {
    let document = shopfolk_api::openapi::<SqliteEngine>().to_pretty_json().unwrap();
    let reviewed = include_str!("../../../../docs/openapi.json");
    let advice =
        "docs/openapi.json is another one: cargo run -p shopfolk -- openapi > docs/openapi.json && git diff";
    assert!(reviewed.trim_end() == document, "{advice}");
}

#[tokio::test]
async fn the_document_is_served() {
    let app = TestApp::start().await;
    let document = app.bare(Method::GET, "/openapi.json").send().await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}

#[tokio::test]
async fn the_reference_asks_no_other_host() {
    let app = TestApp::start().await;
    for path in ["/docs", "/docs/"] {
        let page = app.bare(Method::GET, path).send().await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        let files: Vec<_> =
            page.text.split('"').filter(|text| text.starts_with("/docs/")).map(str::to_owned).collect();
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            let answer = app.bare(Method::GET, &file).send().await;
            assert_eq!(answer.status, 200, "{file}");
            assert!(!answer.bytes.is_empty() && !answer.header("content-type").is_empty());
        }
    }
    for file in ["index.html", "swagger-initializer.js", "oauth2-redirect.html", "..%2fCargo.toml"] {
        app.bare(Method::GET, &format!("/docs/{file}")).send().await.error(404, "ENDPOINT_NOT_FOUND");
    }
}
