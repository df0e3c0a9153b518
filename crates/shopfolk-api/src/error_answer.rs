//! Errors as the API answers with them.
//!
//! An answer tells the caller what was wrong with the call; the cause of a fault of ours goes to the log alone, and the
//! answer names nothing but the request id (see `frame.rs`).

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as DocumentedResponse, ResponseBuilder};

use crate::answer;
use crate::error::{ApiError, ErrorCode};

/// The cause of a fault of ours, on its way to the log.
#[derive(Clone)]
pub(crate) struct Fault(pub(crate) Arc<dyn Error + Send + Sync>);

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(crate) struct ErrorOut<'a> {
    /// What was wrong, for a person: the parameter, its value and what was expected.
    #[schema(example = "Customer #12 not found")]
    error_message: &'a str,
    #[schema(value_type = crate::schemas::ErrorCodeName)]
    error_code: &'static str,
}

impl<'a> ErrorOut<'a> {
    /// The body for an error of this kind.
    pub(crate) const fn new(code: ErrorCode, message: &'a str) -> Self {
        Self { error_message: message, error_code: code.name() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, message, retry_after, cause } = self;
        let body = ErrorOut::new(code, &message);
        // OK because two strings always become JSON.
        let mut response = answer::json_bytes(serde_json::to_vec(&body).unwrap_or_default());
        *response.status_mut() = code.status();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(code);
        if let Some(cause) = cause {
            response.extensions_mut().insert(Fault(cause));
        }
        response
    }
}

/// The errors with these statuses in the OpenAPI document.
pub(crate) fn errors(statuses: &[u16]) -> BTreeMap<String, RefOr<DocumentedResponse>> {
    let error = |status: u16| {
        let codes: Vec<_> = ErrorCode::ALL
            .iter()
            .filter(|code| code.status().as_u16() == status && !is_of_the_router(**code))
            .map(|code| code.name())
            .collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
        ResponseBuilder::new().description(codes.join(", ")).content("application/json", content).build()
    };
    statuses.iter().map(|&status| (status.to_string(), error(status).into())).collect()
}

/// Whether the code says that there is no such call, which no call says of itself.
const fn is_of_the_router(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::EndpointNotFound | ErrorCode::MethodNotAllowed)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use shopfolk_store::StoreError;

    use super::*;

    #[test]
    fn storage_that_is_busy_asks_to_try_again() {
        let response = ApiError::from(StoreError::Unavailable { reason: "full" }).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn the_cause_of_a_fault_is_not_in_the_answer() {
        let error = ApiError::from(StoreError::Database { doing: "read secrets", source: "disk".into() });
        assert_eq!(error.message(), "Internal error");
        assert!(error.into_response().extensions().get::<Fault>().is_some());
    }
}
