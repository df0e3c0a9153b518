//! `/`: what this is and where to go, as a text; browsers are sent to the pages for owners, or see a page where there are none.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::docs;

const PAGE: &str = include_str!("docs/home.html");
const TEXT: &str = include_str!("docs/home.txt");

const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// The page is another one for who accepts something else.
const BY_ACCEPT: HeaderValue = HeaderValue::from_static("accept, accept-encoding");

/// Says what this is and where to go; `pages` is where the pages for owners begin.
pub(crate) fn get_home(headers: &HeaderMap, pages: Option<&'static str>) -> Response {
    let filled = |template: &str| template.replace("VERSION", env!("CARGO_PKG_VERSION"));
    let mut response = if let (true, Some(pages)) = (is_browser(headers), pages) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(pages));
        response
    } else if is_browser(headers) {
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
