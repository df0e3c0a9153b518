//! Reading a body: JSON by its type, within its time, and not too large.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use shopfolk_store::Engine;
use tokio::time::timeout;

use crate::app::App;
use crate::byte_budget::{ByteBudget, HeldBytes, UNCOUNTED};
use crate::error::{ApiError, ErrorCode, shorten};
use crate::fields::Fields;
use crate::json::{self, JsonValue};
use crate::long_work::LONG;
use crate::wire::RequestShape;

/// The most bytes a body can have: 1 MiB.
const MAXIMUM_SIZE: usize = 1 << 20;

/// What is read of a body that says it is JSON. The body counts for as long as this is there: until its request is answered.
pub(crate) struct JsonBody<T>(pub(crate) T, pub(crate) HeldBytes);

impl<T: RequestShape + 'static, E: Engine> FromRequest<Arc<App<E>>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App<E>>) -> Result<Self, ApiError> {
        let (parsed, held) = received(request, app, parse).await?;
        Ok(Self(parsed, held))
    }
}

/// What is read of the objects in a body that is a list of them, from one to so many.
pub(crate) struct JsonList<T, const MOST: usize>(pub(crate) Vec<T>, pub(crate) HeldBytes);

impl<T: RequestShape + 'static, E: Engine, const MOST: usize> FromRequest<Arc<App<E>>> for JsonList<T, MOST> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App<E>>) -> Result<Self, ApiError> {
        let (parsed, held) = received(request, app, |body| parse_list(body, MOST)).await?;
        Ok(Self(parsed, held))
    }
}

/// Receives a body and reads its text.
async fn received<T: Send + 'static, E: Engine>(
    request: Request,
    app: &App<E>,
    parse: fn(&[u8]) -> Result<T, ApiError>,
) -> Result<(T, HeldBytes), ApiError> {
    check_content_encoding(request.headers())?;
    check_content_type(request.headers())?;
    let within = app.settings.body_timeout;
    let reading = timeout(within, read(request.into_body(), &app.settings.bodies));
    let (body, held) = reading.await.unwrap_or_else(|_| Err(too_slow(within)))?;
    let parsed =
        if body.len() > LONG { app.long_work.run(move || parse(&body)).await? } else { parse(&body) };
    Ok((parsed?, held))
}

/// Reads the text of a body that is a list.
fn parse_list<T: RequestShape>(body: &[u8], most: usize) -> Result<Vec<T>, ApiError> {
    let body = json::parse(body)?;
    let JsonValue::List(entries) = &body else {
        return Err(ApiError::wrong_parameter(format!(
            "The body must be a JSON array of objects, it is '{}'",
            shorten(&body.to_string())
        )));
    };
    if !(1..=most).contains(&entries.len()) {
        let count = entries.len();
        return Err(ApiError::wrong_parameter(format!(
            "The body must have 1 to {most} entries, it has {count}"
        )));
    }
    let read = |(place, entry)| T::read(&Fields::of_entry(place, entry)?);
    entries.iter().enumerate().map(read).collect()
}

/// Reads the text of a body.
pub(crate) fn parse<T: RequestShape>(body: &[u8]) -> Result<T, ApiError> {
    let body = json::parse(body)?;
    T::read(&Fields::of_body(&body)?)
}

fn too_slow(within: Duration) -> ApiError {
    ApiError::new(
        ErrorCode::Timeout,
        format!("The body of the request did not arrive within {} seconds", within.as_secs_f32()),
    )
}

/// Reads all of a body. One that says it is too large, or turns out to be, is refused without reading the rest. As soon as one
/// is large enough to count, it takes room for all of what is to come, so that it never stops halfway for the want of it.
async fn read(mut body: Body, budget: &ByteBudget) -> Result<(Bytes, HeldBytes), ApiError> {
    let too_large = || {
        ApiError::new(
            ErrorCode::RequestTooLarge,
            "The body of the request must be at most 1 MiB (1048576 bytes)",
        )
    };
    if body.size_hint().lower() > MAXIMUM_SIZE as u64 {
        return Err(too_large());
    }
    let said = body.size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let mut held = HeldBytes::NOTHING;
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            ApiError::wrong_parameter("The body of the request broke off before it was complete")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let arrived = first.len() + whole.len();
        if arrived + data.len() > MAXIMUM_SIZE {
            return Err(too_large());
        }
        if arrived <= UNCOUNTED && arrived + data.len() > UNCOUNTED {
            held = budget.try_hold(said.unwrap_or(MAXIMUM_SIZE)).ok_or_else(no_room)?;
            // At once, so that it takes what counts and not twice that, as it would while it grew.
            whole.reserve(said.unwrap_or_default());
        }
        // Nearly every body is one piece, which needs no copy.
        if arrived == 0 {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok((if whole.is_empty() { first } else { whole.freeze() }, held))
}

fn no_room() -> ApiError {
    ApiError::unavailable("Too many large bodies are on their way at once: try again soon")
}

/// As it is: a body that is compressed or encoded in another way is not taken apart.
fn check_content_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let is_identity = |value: &&HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    match headers.get_all(header::CONTENT_ENCODING).iter().find(|value| !is_identity(value)) {
        None => Ok(()),
        Some(other) => Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            format!(
                "Wrong Content-Encoding '{}': the body must be sent as it is",
                shorten(other.to_str().unwrap_or("?"))
            ),
        )),
    }
}

/// JSON, or nothing said, which is read as JSON.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or("?");
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = match essence.split_once('/') {
        Some(("application" | "text", "json")) => true,
        Some((kind, subtype)) => {
            !kind.is_empty() && subtype.len() > "+json".len() && subtype.ends_with("+json")
        }
        None => false,
    };
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::UnsupportedMediaType,
        format!("Wrong Content-Type '{}': it must be application/json, text/json or *+json", shorten(text)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(content_type: &str) -> bool {
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())]);
        check_content_type(&headers).is_ok()
    }

    #[test]
    fn json_comes_under_many_names() {
        for name in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "text/json",
            "application/vnd.api+json",
            "application/merge-patch+json;charset=utf-8",
        ] {
            assert!(is_json(name), "{name}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn other_types_are_refused() {
        for name in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
            "json",
            "application/+json",
            "/x+json",
            "multipart/form-data; a=+json",
        ] {
            assert!(!is_json(name), "{name}");
        }
    }
}
