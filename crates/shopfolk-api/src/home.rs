//! `/`: what this is and where to go, as a page for browsers and as a text for everybody else.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::docs;

const PAGE: &str = include_str!("docs/home.html");
const TEXT: &str = include_str!("docs/home.txt");

const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// The page is another one for who accepts something else.
const BY_ACCEPT: HeaderValue = HeaderValue::from_static("accept, accept-encoding");

/// Says what this is and where to go.
pub(crate) async fn get_home(headers: HeaderMap) -> Response {
    let filled = |template: &str| template.replace("VERSION", env!("CARGO_PKG_VERSION"));
    let mut response = if is_browser(&headers) {
        docs::answer("text/html; charset=utf-8", filled(PAGE))
    } else {
        docs::answer("text/plain; charset=utf-8", filled(TEXT))
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::VARY, BY_ACCEPT);
    response
}

fn is_browser(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.to_ascii_lowercase().contains("text/html"))
}
