//! Answers in JSON, from a shape straight to bytes.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use shopfolk_model::StoreId;

use crate::error::ApiError;
use crate::response_fields::ResponseFields;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The usual answer is a contact, which fits into this many bytes.
const USUAL_SIZE: usize = 320;

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

/// Answers with what is said of something that was created, which is found at this path in the store.
pub(crate) fn created<T: Serialize>(
    value: &T,
    store: StoreId,
    path: impl fmt::Display,
) -> Result<Response, ApiError> {
    let mut response = json(value)?;
    let location = HeaderValue::try_from(format!("/api/v3/{store}/{path}")).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// How many rows are left out of an answer, because they cannot be read; missing where there are none.
pub(crate) const DAMAGED: HeaderName = HeaderName::from_static("x-shopfolk-damaged");

/// Answers with a list, or a part of one, from which so many rows are left out because they are damaged.
pub(crate) fn listed<T: Serialize>(
    value: &T,
    damaged: u64,
    fields: &ResponseFields,
) -> Result<Response, ApiError> {
    let mut response = selected(value, fields)?;
    if damaged > 0 {
        response.headers_mut().insert(DAMAGED, damaged.into());
    }
    Ok(response)
}

/// Answers with those fields of a value that the caller asked for.
pub(crate) fn selected<T: Serialize>(value: &T, fields: &ResponseFields) -> Result<Response, ApiError> {
    let bytes = to_bytes(value)?;
    if fields.is_everything() {
        return Ok(json_bytes(bytes));
    }
    let whole = crate::json::parse(&bytes)?;
    json(&fields.select(&whole))
}

fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::with_capacity(USUAL_SIZE);
    serde_json::to_writer(&mut bytes, value).map_err(ApiError::internal)?;
    Ok(bytes)
}
