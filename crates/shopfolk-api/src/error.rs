//! Errors of calls: what kind, and what the caller is told.
//!
//! The codes with their statuses stand in one table, [`ErrorCode`]. How an error becomes an answer is said in
//! `error_answer.rs`, how the outcome of an operation becomes an error in `refusal.rs`.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;

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
    /// The token has sent no such batch.
    BatchNotFound = NOT_FOUND "BATCH_NOT_FOUND",
    /// There is no such attempt to tell an app of an event, or none that the token may see.
    WebhookAttemptNotFound = NOT_FOUND "WEBHOOK_ATTEMPT_NOT_FOUND",
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
    /// The body is larger than 1 MiB, or the head than 64 KiB (`431`), or the address too long (`414`).
    RequestTooLarge = PAYLOAD_TOO_LARGE "REQUEST_TOO_LARGE",
    /// In a batch: the answer is larger than 1 MiB, or those of the batch together than 64 MiB.
    AnswerTooLarge = PAYLOAD_TOO_LARGE "ANSWER_TOO_LARGE",
    /// The body is not JSON, or not sent as it is.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "UNSUPPORTED_MEDIA_TYPE",
    /// Too many requests with this token, or from this address with tokens that open nothing.
    RateLimited = TOO_MANY_REQUESTS "RATE_LIMITED",
    /// A fault of ours.
    InternalError = INTERNAL_SERVER_ERROR "INTERNAL_ERROR",
    /// Shutting down, or the storage cannot take the call now.
    Unavailable = SERVICE_UNAVAILABLE "UNAVAILABLE",
}

/// Why a call is refused or failed, and what the caller is told of it.
#[derive(Debug)]
pub struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: Cow<'static, str>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error with a message for a person.
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, cause: None }
    }

    /// A missing or wrong parameter.
    pub fn wrong_parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::WrongParameter, message)
    }

    /// A parameter whose value is not what it must be; `expected` says what, such as `must be a string`.
    pub fn wrong_value(parameter: impl fmt::Display, value: &str, expected: impl fmt::Display) -> Self {
        let value = shorten(value);
        Self::wrong_parameter(format!("Wrong value '{value}' of parameter '{parameter}': it {expected}"))
    }

    /// A fault of ours: the cause is logged, the caller learns nothing but the request id.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
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

/// A value as it stands in a message: its first hundred characters.
pub fn shorten(value: &str) -> Cow<'_, str> {
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
}
