//! Connections for which there is no room.

use std::sync::Arc;

use shopfolk_api::ConnectionError;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::server::linger;

/// What is said under TLS, where an answer in HTTP would take a whole handshake first: the alert `internal_error`, with which a
/// server says that it cannot go on for reasons of its own, such as a lack of memory.
const ALERT: &[u8] = &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50];
/// How many refused connections may linger at once.
const LINGERING: usize = 256;

/// Refuses connections.
#[derive(Debug)]
pub(super) struct Refusals {
    encrypted: bool,
    lingering: Arc<Semaphore>,
}

impl Refusals {
    pub(super) fn new(encrypted: bool) -> Self {
        Self { encrypted, lingering: Arc::new(Semaphore::new(LINGERING)) }
    }

    /// Answers at once and closes. It waits for nothing, so that accepting goes on.
    pub(super) fn refuse(&self, stream: TcpStream) {
        metrics::counter!("shopfolk_connections_refused_total").increment(1);
        // There is room for it: nothing was written before. A client that has gone away does not need it.
        let _ = if self.encrypted {
            stream.try_write(ALERT)
        } else {
            stream.try_write(&ConnectionError::NoRoom.answer())
        };
        if let Ok(place) = Arc::clone(&self.lingering).try_acquire_owned() {
            tokio::spawn(async move {
                linger::until_read(&stream).await;
                drop(place);
            });
        }
    }
}
