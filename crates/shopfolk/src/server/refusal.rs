//! Connections for which there is no room.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::server::linger;

/// The same for everybody, so that refusing costs next to nothing.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json; charset=utf-8\r\n\
    content-length: 91\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    \r\n\
    {\"errorMessage\":\"Too many connections are open, try again later\",\"errorCode\":\"UNAVAILABLE\"}";
/// The same under TLS, where an answer in HTTP would take a whole handshake first: the alert `internal_error`, with which a
/// server says that it cannot go on for reasons of its own, such as a lack of memory.
const ALERT: &[u8] = &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50];
/// How many refused connections may linger at once.
const LINGERING: usize = 256;

/// Refuses connections.
#[derive(Debug)]
pub(super) struct Refusals {
    answer: &'static [u8],
    lingering: Arc<Semaphore>,
}

impl Refusals {
    pub(super) fn new(encrypted: bool) -> Self {
        Self {
            answer: if encrypted { ALERT } else { ANSWER },
            lingering: Arc::new(Semaphore::new(LINGERING)),
        }
    }

    /// Answers at once and closes. It waits for nothing, so that accepting goes on.
    pub(super) fn refuse(&self, stream: TcpStream) {
        metrics::counter!("shopfolk_connections_refused_total").increment(1);
        // There is room for it: nothing was written before. A client that has gone away does not need it.
        let _ = stream.try_write(self.answer);
        if let Ok(place) = Arc::clone(&self.lingering).try_acquire_owned() {
            tokio::spawn(async move {
                linger::until_read(&stream).await;
                drop(place);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
