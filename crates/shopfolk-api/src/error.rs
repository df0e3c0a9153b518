//! Errors as the API answers with them.
//!
//! The codes with their statuses stand in one table, [`ErrorCode`]. Faults of operations and of the storage become
//! answers here and nowhere else. An answer tells the caller what was wrong with the call; the cause of a fault of ours
//! goes to the log alone, and the answer names nothing but the request id (see [`crate::frame`]).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shopfolk_model::{ContactRuleError, ExtraFieldRuleError, GroupRuleError};
use shopfolk_operations::OperationError;
use shopfolk_store::StoreError;
use utoipa::ToSchema;

use crate::answer;

macro_rules! error_codes {
    ($($(#[$meta:meta])* $variant:ident = $status:ident $name:literal,)+) => {
        /// What kind of error it is, for a program to look at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$meta])* $variant,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)+
                }
            }
        }
    };
}

error_codes! {
    /// Malformed JSON, a missing or wrong field, a bad query or path value.
    WrongParameter = BAD_REQUEST "WRONG_PARAMETER",
    /// The store is suspended.
    StoreIsSuspended = PAYMENT_REQUIRED "STORE_IS_SUSPENDED",
    /// No token, an unknown or revoked one, or one of another store.
    InvalidApiToken = FORBIDDEN "INVALID_API_TOKEN",
    /// The token lacks a scope that the call needs.
    InsufficientAppScope = FORBIDDEN "INSUFFICIENT_APP_SCOPE",
    /// There is no such store.
    StoreNotFound = NOT_FOUND "STORE_NOT_FOUND",
    /// The store has no such customer.
    CustomerNotFound = NOT_FOUND "CUSTOMER_NOT_FOUND",
    /// The customer has no such contact.
    CustomerContactNotFound = NOT_FOUND "CUSTOMER_CONTACT_NOT_FOUND",
    /// The store has no such customer group.
    CustomerGroupNotFound = NOT_FOUND "CUSTOMER_GROUP_NOT_FOUND",
    /// The store has no such extra field.
    ExtraFieldNotFound = NOT_FOUND "EXTRA_FIELD_NOT_FOUND",
    /// The store has no such order.
    OrderNotFound = NOT_FOUND "ORDER_NOT_FOUND",
    /// No such path.
    EndpointNotFound = NOT_FOUND "ENDPOINT_NOT_FOUND",
    /// The path does not take this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED "METHOD_NOT_ALLOWED",
    /// The request took too long to arrive or to be served.
    Timeout = REQUEST_TIMEOUT "TIMEOUT",
    /// The change would break a uniqueness rule or a limit.
    ConstraintViolation = CONFLICT "CONSTRAINT_VIOLATION",
    /// Another customer or group of the store has that external reference.
    ExternalIdAlreadyUsed = CONFLICT "EXTERNAL_ID_ALREADY_USED",
    /// The body is larger than 1 MiB.
    RequestTooLarge = PAYLOAD_TOO_LARGE "REQUEST_TOO_LARGE",
    /// The body is not JSON.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "UNSUPPORTED_MEDIA_TYPE",
    /// Too many requests with this token.
    RateLimited = TOO_MANY_REQUESTS "RATE_LIMITED",
    /// A fault of ours.
    InternalError = INTERNAL_SERVER_ERROR "INTERNAL_ERROR",
    /// Shutting down, or the storage cannot take the call now.
    Unavailable = SERVICE_UNAVAILABLE "UNAVAILABLE",
}

/// Why a call is refused or failed, and what the caller is told of it.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error with a message for a person.
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, cause: None }
    }

    /// A missing or wrong parameter.
    pub(crate) fn wrong_parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::WrongParameter, message)
    }

    /// A parameter whose value is not what it must be; `expected` says what, such as `must be a string`.
    pub(crate) fn wrong_value(
        parameter: impl fmt::Display,
        value: &str,
        expected: impl fmt::Display,
    ) -> Self {
        let value = shorten(value);
        Self::wrong_parameter(format!("Wrong value '{value}' of parameter '{parameter}': it {expected}"))
    }

    /// A fault of ours: the cause is logged, the caller learns nothing but the request id.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let cause = Some(Arc::from(cause.into()));
        Self { cause, ..Self::new(ErrorCode::InternalError, "Internal error") }
    }

    /// The call cannot be served now, but soon.
    pub(crate) fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Unavailable, message).retry_after(1)
    }

    /// Says after how many seconds to try again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The kind of error.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// What a person is told.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.name(), self.message)
    }
}

impl Error for ApiError {}

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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, message, retry_after, cause } = self;
        let body = ErrorOut { error_message: &message, error_code: code.name() };
        // OK because two strings always become JSON.
        let mut response = answer::json_bytes(serde_json::to_vec(&body).unwrap_or_default());
        *response.status_mut() = code.status();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(cause) = cause {
            response.extensions_mut().insert(Fault(cause));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } => {
                Self::unavailable(format!("The storage cannot take the call now: {reason}. Try again soon"))
            }
            StoreError::OutcomeUnknown => Self::unavailable(
                "The connection to the storage was lost during the write, and whether it was done could not be found \
                 out: look before you try again",
            ),
            StoreError::Conflict { .. } => Self::new(
                ErrorCode::ConstraintViolation,
                "The change conflicts with another one that came first: look at what is there now",
            ),
            StoreError::Corrupt { .. } | StoreError::OutOfIds { .. } | StoreError::Database { .. } => {
                Self::internal(error)
            }
        }
    }
}

impl From<ContactRuleError> for ApiError {
    fn from(error: ContactRuleError) -> Self {
        match error {
            ContactRuleError::NotAnEmailAddress { contact } => {
                not_an_email_address("contact", contact.as_str())
            }
            ContactRuleError::Unknown { .. } | ContactRuleError::Twice { .. } => {
                Self::wrong_parameter(format!("Wrong value of parameter 'contacts': {error}"))
            }
            ContactRuleError::Full => Self::new(
                ErrorCode::ConstraintViolation,
                format!(
                    "A customer can have at most {} contacts, this one has that many",
                    shopfolk_model::MAXIMUM_CONTACTS
                ),
            ),
            ContactRuleError::AlreadyThere { id, address } => Self::new(
                ErrorCode::ConstraintViolation,
                format!(
                    "The customer already has this contact: {} '{}' is contact #{id}",
                    address.contact_type(),
                    shorten(address.contact().as_str())
                ),
            ),
        }
    }
}

/// The text of an EMAIL contact is none.
pub(crate) fn not_an_email_address(parameter: impl fmt::Display, contact: &str) -> ApiError {
    let expected = "must be a valid e-mail address, because the contact is of type EMAIL";
    ApiError::wrong_value(parameter, contact, expected)
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        let code = match error {
            OperationError::ContactRule(error) => return error.into(),
            OperationError::AddressRule(error) => {
                return Self::wrong_parameter(format!(
                    "Wrong value of parameter 'shippingAddresses': {error}"
                ));
            }
            OperationError::UnknownGroup { .. } => {
                return Self::wrong_parameter(format!("Wrong value of parameter 'customerGroupId': {error}"));
            }
            OperationError::GroupRule(ref rule) => match rule {
                GroupRuleError::BuiltIn => ErrorCode::WrongParameter,
                GroupRuleError::ExternalReferenceInUse { .. } => ErrorCode::ExternalIdAlreadyUsed,
                GroupRuleError::NameInUse { .. } | GroupRuleError::Full => ErrorCode::ConstraintViolation,
            },
            OperationError::ExtraFieldRule(ref rule) => match rule {
                ExtraFieldRuleError::Unknown { .. }
                | ExtraFieldRuleError::Unnamed
                | ExtraFieldRuleError::NoDate { .. } => {
                    return Self::wrong_parameter(format!("Wrong value of parameter 'extrafields': {error}"));
                }
                ExtraFieldRuleError::TitleInUse { .. }
                | ExtraFieldRuleError::KeyInUse { .. }
                | ExtraFieldRuleError::Full => ErrorCode::ConstraintViolation,
            },
            OperationError::Store(error) => return error.into(),
            // No call of the API creates stores or tokens.
            OperationError::StoreExists { .. }
            | OperationError::TokenExists
            | OperationError::TokenNotFound { .. } => return Self::internal(error),
            OperationError::StoreNotFound { .. } => ErrorCode::StoreNotFound,
            OperationError::CustomerNotFound { .. } => ErrorCode::CustomerNotFound,
            OperationError::ContactNotFound { .. } => ErrorCode::CustomerContactNotFound,
            OperationError::UnknownCustomer { .. } => {
                return Self::wrong_parameter(format!("Wrong value of parameter 'customerId': {error}"));
            }
            OperationError::NobodyOrdered => {
                return Self::wrong_parameter(
                    "Parameter 'email' is missing: an order must have an email or a customerId",
                );
            }
            OperationError::EmailMissing => ErrorCode::WrongParameter,
            OperationError::NoOrderKey => {
                return Self::unavailable("No free key was found for the order: try again");
            }
            OperationError::OrderNotFound { .. } => ErrorCode::OrderNotFound,
            OperationError::GroupNotFound { .. } => ErrorCode::CustomerGroupNotFound,
            OperationError::ExtraFieldNotFound { .. } => ErrorCode::ExtraFieldNotFound,
            OperationError::EmailInUse { .. } | OperationError::SalesTooLarge => {
                ErrorCode::ConstraintViolation
            }
            OperationError::ExternalReferenceInUse { .. } => ErrorCode::ExternalIdAlreadyUsed,
        };
        Self::new(code, error.to_string())
    }
}

/// A value as it stands in a message: its first hundred characters.
pub(crate) fn shorten(value: &str) -> Cow<'_, str> {
    const LENGTH: usize = 100;
    match value.char_indices().nth(LENGTH) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_in_a_message() {
        assert_eq!(shorten("short"), "short");
        let error = ApiError::wrong_value("note", &"é".repeat(10_000), "must be short");
        assert_eq!(
            error.message(),
            format!("Wrong value '{}…' of parameter 'note': it must be short", "é".repeat(100))
        );
    }

    #[test]
    fn storage_that_is_busy_asks_to_try_again() {
        let response = ApiError::from(StoreError::Unavailable { reason: "full" }).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn a_conflict_in_the_database_is_the_callers_to_solve() {
        let error = ApiError::from(StoreError::Conflict { rule: "contacts_key".to_owned() });
        assert_eq!(error.code(), ErrorCode::ConstraintViolation);
        assert!(!error.message().contains("contacts_key"));
    }

    #[test]
    fn the_cause_of_a_fault_is_not_in_the_answer() {
        let error = ApiError::from(StoreError::Database { doing: "read secrets", source: "disk".into() });
        assert_eq!(error.message(), "Internal error");
        assert!(error.into_response().extensions().get::<Fault>().is_some());
    }
}
