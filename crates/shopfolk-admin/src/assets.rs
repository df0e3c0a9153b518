//! The style and the script, which are in the program.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// The style of all pages.
pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("../assets/style.css"))
}

/// What pages can do more with a script.
pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../assets/script.js"))
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    (HEADERS, [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
}
