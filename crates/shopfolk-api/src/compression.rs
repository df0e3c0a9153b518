//! gzip for callers who ask for it. Others do not pay for it: their requests never come here.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use axum::response::Response;
use tower::{ServiceExt, service_fn};
use tower_http::compression::Compression;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use crate::sliced::Sliced;

/// Smaller bodies gain nothing.
const SMALLEST: u64 = 1024;

/// What the caller accepts, if gzip may be among it.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<HeaderValue> {
    headers
        .get(header::ACCEPT_ENCODING)
        .filter(|value| {
            let bytes = value.as_bytes();
            bytes.contains(&b'*') || bytes.windows(4).any(|part| part.eq_ignore_ascii_case(b"gzip"))
        })
        .cloned()
}

/// Whether the caller accepts gzip without any condition.
pub(crate) fn is_plainly_accepted(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    encodings.flat_map(|value| value.split(',')).any(|encoding| encoding.trim().eq_ignore_ascii_case("gzip"))
}

/// Compresses an answer, as far as what was accepted allows it and its size deserves it.
pub(crate) async fn compress(accepted: HeaderValue, response: Response) -> Response {
    let mut request = Request::new(Body::empty());
    request.headers_mut().insert(header::ACCEPT_ENCODING, accepted);
    let mut response = Some(response.map(|body| Body::new(Sliced::of(body))));
    let answer = service_fn(move |_: Request<Body>| {
        // OK because the service is called once.
        let response = response.take().unwrap_or_default();
        async move { Ok::<_, Infallible>(response) }
    });
    let predicate = SizeAbove::new(SMALLEST).and(DefaultPredicate::new());
    let compression = Compression::new(answer).gzip(true).compress_when(predicate);
    match compression.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
