//! What is said at `/`.

use axum::http::Method;

use crate::support::TestApp;

#[tokio::test]
async fn a_browser_gets_a_page_that_says_what_this_is_and_where_to_go() {
    let app = TestApp::start().await;
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let page = app.bare(Method::GET, "/").header("accept", accept).send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    for part in ["Shopfolk", env!("CARGO_PKG_VERSION"), "--demo", "shopfolk token create"] {
        assert!(page.text.contains(part), "{part}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.text.contains("://") && !page.text.contains("<script"), "it asks nobody else");
    let links: Vec<_> = page.text.split('"').filter(|text| text.starts_with('/')).collect();
    assert!(links.contains(&"/docs") && links.contains(&"/healthz"), "{links:?}");
    for link in links {
        assert_eq!(app.bare(Method::GET, link).send().await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn everybody_else_gets_a_text() {
    let app = TestApp::start().await;
    for accept in ["*/*", "application/json", "nonsense", ""] {
        let answer = app.bare(Method::GET, "/").header("accept", accept).send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "text/plain; charset=utf-8")
        );
        assert!(answer.text.starts_with("Shopfolk ") && answer.text.contains("/docs"), "{}", answer.text);
        assert_eq!(answer.header("vary"), "accept, accept-encoding");
    }
    let head = app.bare(Method::HEAD, "/").send().await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    app.bare(Method::POST, "/").send().await.error(405, "METHOD_NOT_ALLOWED");
}
