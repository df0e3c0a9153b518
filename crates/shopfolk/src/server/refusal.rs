//! Connections for which there is no room.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// The same for everybody, so that refusing costs next to nothing.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json; charset=utf-8\r\n\
    content-length: 91\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    \r\n\
    {\"errorMessage\":\"Too many connections are open, try again later\",\"errorCode\":\"UNAVAILABLE\"}";
/// How many refused connections may linger at once.
const LINGERING: usize = 256;
/// How long one may.
const LINGER_LIMIT: Duration = Duration::from_secs(1);

/// Refuses connections.
#[derive(Debug)]
pub(super) struct Refusals {
    lingering: Arc<Semaphore>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { lingering: Arc::new(Semaphore::new(LINGERING)) }
    }

    /// Answers at once and closes. It waits for nothing, so that accepting goes on.
    pub(super) fn refuse(&self, stream: TcpStream) {
        metrics::counter!("shopfolk_connections_refused_total").increment(1);
        // There is room for it: nothing was written before. Who has gone away does not need it.
        let _ = stream.try_write(ANSWER);
        // To close while the request is still coming would reset the connection, and the client might never read the
        // answer. So the request is awaited and thrown away, as long as there are few who wait like this.
        if let Ok(place) = Arc::clone(&self.lingering).try_acquire_owned() {
            tokio::spawn(async move {
                let _ = tokio::time::timeout(LINGER_LIMIT, drain(&stream)).await;
                drop(place);
            });
        }
    }
}

/// Reads and throws away until the other side closes.
async fn drain(stream: &TcpStream) {
    let mut thrown_away = [0; 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut thrown_away) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
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
