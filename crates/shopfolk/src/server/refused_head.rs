//! The answer to a head that cannot be read.
//!
//! The HTTP library gives it by itself, without asking anybody, and with nothing in it. Its head is known when it is about to
//! be written, for all other answers carry a request id; it is replaced by one that looks like every other error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::Write;
use shopfolk_api::ConnectionError;

/// The library's answers, as far as they are looked at, behind the version of HTTP.
const BARE: [(&[u8], ConnectionError); 3] = [
    (b" 400 Bad Request\r\n", ConnectionError::MalformedHead),
    (b" 414 URI Too Long\r\n", ConnectionError::AddressTooLong),
    (b" 431 Request Header Fields Too Large\r\n", ConnectionError::HeadTooLarge),
];
const VERSION: usize = "HTTP/1.1".len();
const REQUEST_ID: &[u8] = b"\r\nx-request-id: ";

/// What the library refuses with these bytes; `None` when they are anything else. (JSON has no line ends in its texts, so
/// no body can look like that.)
fn refused(bytes: &[u8]) -> Option<ConnectionError> {
    let status = bytes.get(VERSION..).filter(|_| bytes.starts_with(b"HTTP/1."))?;
    let (_, error) = BARE.iter().find(|(begin, _)| status.starts_with(begin))?;
    let has_id = bytes.windows(REQUEST_ID.len()).any(|part| part == REQUEST_ID);
    (!has_id).then_some(*error)
}

/// An answer on its way in the place of the library's.
#[derive(Debug)]
pub(super) struct RefusedHead {
    answer: Vec<u8>,
    written: usize,
}

impl RefusedHead {
    /// The answer in the place of these bytes, if they are a refusal of the library.
    pub(super) fn instead_of(bytes: &[u8]) -> Option<Self> {
        refused(bytes).map(|error| Self { answer: error.answer(), written: 0 })
    }

    /// Writes what is left of it.
    pub(super) fn poll_write(
        &mut self,
        mut stream: Pin<&mut impl Write>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(left) = self.answer.get(self.written..).filter(|left| !left.is_empty()) {
            match ready!(stream.as_mut().poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_without_a_request_id_are_the_librarys() {
        let bare = |head: &str| refused(head.as_bytes());
        let end = "connection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare(&format!("HTTP/1.1 400 Bad Request\r\n{end}")), Some(ConnectionError::MalformedHead));
        assert_eq!(
            bare(&format!("HTTP/1.0 414 URI Too Long\r\n{end}")),
            Some(ConnectionError::AddressTooLong)
        );
        let too_large = format!("HTTP/1.1 431 Request Header Fields Too Large\r\n{end}");
        assert_eq!(bare(&too_large), Some(ConnectionError::HeadTooLarge));
        for other in [
            "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 400 Bad Request",
            "HTTP/1.",
            "",
            "{\"note\":\"HTTP/1.1 400 Bad Request\\r\\n\"}",
        ] {
            assert_eq!(bare(other), None, "{other}");
        }
    }
}
