//! What answers of the API say to browsers: that programs of every origin may read them, and that nothing is kept.
//!
//! Tokens travel in a header that such a program sends itself, never in a cookie, so no origin can use what another one
//! was given. See *Browsers* in `docs/compatibility.md`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

/// The beginning of every path of the API.
const API: &str = "/api/v3/";

/// Has a browser take an answer for what its `Content-Type` says.
pub(crate) const NO_SNIFFING: (HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

const EVERY_ANSWER: [(HeaderName, HeaderValue); 4] = [
    NO_SNIFFING,
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Location, Retry-After, X-Request-Id")),
];

/// What a program in a browser may send, and for how many seconds the browser need not ask again.
const PREFLIGHT: [(HeaderName, HeaderValue); 2] = [
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "Authorization, Content-Type, X-Ecwid-Api-Request-Id, Idempotency-Key, If-Match",
        ),
    ),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
];

/// Whether browsers may use what is at a path from other origins.
pub(crate) fn is_open(path: &str) -> bool {
    path.starts_with(API)
}

/// Adds what every answer of the API says.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.extend(EVERY_ANSWER);
}

/// The answer to `OPTIONS`, which no path takes itself: the refusal of the router names the methods of the path.
pub(crate) fn preflight(refusal: Response) -> Response {
    let methods = refusal.headers().get(header::ALLOW).cloned();
    let Some(methods) = methods.filter(|_| refusal.status() == StatusCode::METHOD_NOT_ALLOWED) else {
        return refusal;
    };
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, methods.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.extend(PREFLIGHT);
    answer
}
