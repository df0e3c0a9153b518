//! Last answers that are to be read before their connection is closed.
//!
//! To close while a request is still coming would reset the connection, and the client might never read the answer. So
//! what comes is awaited and thrown away, for a while.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(1);

/// Waits until the other side closes, or has had its time to.
pub(super) async fn until_read(stream: &TcpStream) {
    let _ = tokio::time::timeout(LIMIT, drain(stream)).await;
}

/// Reads and throws away until the other side closes.
async fn drain(stream: &TcpStream) {
    let mut thrown_away = [0; 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut thrown_away) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
