//! Answers in JSON, from a shape straight to bytes.

use std::fmt;
use std::io::{self, ErrorKind};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use shopfolk_model::StoreId;
use shopfolk_store::Engine;

use crate::app::App;
use crate::error::ApiError;
use crate::long_work::LONG;
use crate::response_fields::ResponseFields;
use crate::selecting::Selected;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The usual answer is a contact, which fits into this many bytes.
pub(crate) const USUAL_SIZE: usize = 320;

/// Room for the headers of the usual answer, so that it is made once.
const USUAL_HEADERS: usize = 8;

/// Answers with these bytes, which are JSON.
pub(crate) fn json_bytes(bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// Answers with a value.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<Response, ApiError> {
    Ok(json_bytes(to_bytes(value)?))
}

/// A short answer to a write: what stands in a batch, too, where it is kept with what was written.
pub(crate) struct WriteAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    location: Option<HeaderValue>,
}

impl WriteAnswer {
    /// Says this of what was written.
    pub(crate) fn of<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        Ok(Self::with_body(StatusCode::OK, to_bytes(value)?))
    }

    /// This body, which is JSON.
    pub(crate) const fn with_body(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, body, location: None }
    }

    /// Says this of something that was created, which is found at this path in the store.
    pub(crate) fn created<T: Serialize>(
        value: &T,
        store: StoreId,
        path: impl fmt::Display,
    ) -> Result<Self, ApiError> {
        let location = HeaderValue::try_from(format!("/api/v3/{store}/{path}"));
        Ok(Self { location: Some(location.map_err(ApiError::internal)?), ..Self::of(value)? })
    }
}

impl IntoResponse for WriteAnswer {
    fn into_response(self) -> Response {
        let mut response = json_bytes(self.body);
        *response.status_mut() = self.status;
        if let Some(location) = self.location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// How many rows are left out of an answer, because they cannot be read; missing where there are none.
pub(crate) const DAMAGED: HeaderName = HeaderName::from_static("x-shopfolk-damaged");

/// Answers with those fields of a small value that the caller asked for.
pub(crate) fn selected<T: Serialize>(value: &T, fields: &ResponseFields) -> Result<Response, ApiError> {
    json(&Selected(value, fields))
}

/// The bytes of an answer; `None` when they would be more than so many.
pub(crate) type Written = Result<Option<Vec<u8>>, ApiError>;

/// Writes what the caller asked for of an answer, unless that is too long.
pub(crate) struct AnswerWriter<'a> {
    pub(crate) fields: &'a ResponseFields,
    most: usize,
}

impl AnswerWriter<'_> {
    /// Writes a value.
    pub(crate) fn write<T: Serialize>(&self, value: &T) -> Written {
        let mut answer = BoundedAnswer { bytes: Vec::with_capacity(USUAL_SIZE), most: self.most };
        match serde_json::to_writer(&mut answer, &Selected(value, self.fields)) {
            Ok(()) => Ok(Some(answer.bytes)),
            Err(error) if error.is_io() => Ok(None),
            Err(error) => Err(ApiError::internal(error)),
        }
    }
}

/// There is no room for one more large answer.
pub(crate) fn no_room() -> ApiError {
    ApiError::unavailable("Too many large answers are not read yet by those who asked: try again soon")
}

/// Bytes that do not become more than so many.
struct BoundedAnswer {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for BoundedAnswer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.most - self.bytes.len() {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::with_capacity(USUAL_SIZE);
    serde_json::to_writer(&mut bytes, value).map_err(ApiError::internal)?;
    Ok(bytes)
}

impl<E: Engine> App<E> {
    /// Writes an answer, beside the threads that serve connections when it is long, and holds it until the caller has taken it.
    pub(crate) async fn write_answer<T, W>(
        &self,
        value: T,
        fields: ResponseFields,
        write: W,
    ) -> Result<Bytes, ApiError>
    where
        T: Send + 'static,
        W: Fn(&T, &AnswerWriter<'_>) -> Written + Send + 'static,
    {
        let short = write(&value, &AnswerWriter { fields: &fields, most: LONG })?;
        let bytes = if let Some(bytes) = short {
            bytes
        } else {
            let whole = move || write(&value, &AnswerWriter { fields: &fields, most: usize::MAX });
            self.long_work.run(whole).await??.unwrap_or_default()
        };
        let held = self.settings.answers.try_hold(bytes.len()).ok_or_else(no_room)?;
        Ok(held.keep(bytes))
    }
}
