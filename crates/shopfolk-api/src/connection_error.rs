//! Answers on connections where no request could be read, after which they are closed. What is answered to requests is said
//! in `error_answer.rs`; these look the same to who reads them.

use axum::http::StatusCode;

use crate::error::ErrorCode;
use crate::error_answer::ErrorOut;
use crate::request_id::RequestIds;

/// Why a connection brings no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionError {
    /// What came is no head of a request in HTTP.
    MalformedHead,
    /// The head is larger than the server takes, or has too many headers.
    HeadTooLarge,
    /// The address of the request is longer than any can be.
    AddressTooLong,
    /// HTTP came where TLS is spoken.
    NotEncrypted,
    /// As many connections are open as the server takes.
    NoRoom,
}

impl ConnectionError {
    const fn describe(self) -> (StatusCode, ErrorCode, &'static str) {
        match self {
            Self::MalformedHead => (
                StatusCode::BAD_REQUEST,
                ErrorCode::WrongParameter,
                "The head of the request cannot be read: it is no HTTP, or one of its headers is malformed",
            ),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                ErrorCode::RequestTooLarge,
                "The head of the request must be at most 32 KiB (32768 bytes) with at most 100 headers",
            ),
            Self::AddressTooLong => (
                StatusCode::URI_TOO_LONG,
                ErrorCode::RequestTooLarge,
                "The address of the request is too long: path and query together must be shorter than 32 KiB",
            ),
            Self::NotEncrypted => (
                StatusCode::BAD_REQUEST,
                ErrorCode::WrongParameter,
                "This server speaks HTTPS on this port: begin the URL with https",
            ),
            Self::NoRoom => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::Unavailable,
                "Too many connections are open, try again later",
            ),
        }
    }

    /// The answer in HTTP/1.1, head and body. It says that the connection ends with it.
    pub fn answer(self) -> Vec<u8> {
        let (status, code, message) = self.describe();
        // OK because two strings always become JSON.
        let body = serde_json::to_string(&ErrorOut::new(code, message)).unwrap_or_default();
        let retry_after = if status == StatusCode::SERVICE_UNAVAILABLE { "retry-after: 1\r\n" } else { "" };
        format!(
            "HTTP/1.1 {status}\r\n\
             content-type: application/json; charset=utf-8\r\n\
             content-length: {length}\r\n\
             x-request-id: {id}\r\n\
             {retry_after}\
             connection: close\r\n\
             \r\n\
             {body}",
            length = body.len(),
            id = RequestIds::of_process().new_id(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_one_in_http_with_an_error_in_json() {
        let answer = String::from_utf8(ConnectionError::NoRoom.answer()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            body,
            r#"{"errorMessage":"Too many connections are open, try again later","errorCode":"UNAVAILABLE"}"#
        );
        let lines: Vec<_> = head.split("\r\n").filter(|line| !line.starts_with("x-request-id: ")).collect();
        assert_eq!(
            lines,
            [
                "HTTP/1.1 503 Service Unavailable",
                "content-type: application/json; charset=utf-8",
                "content-length: 91",
                "retry-after: 1",
                "connection: close",
            ]
        );
        assert!(head.contains("\r\nx-request-id: "));
        assert!(!ConnectionError::HeadTooLarge.answer().windows(5).any(|part| part == b"retry"));
    }
}
