//! One direction of a connection: bytes that are on the way for a while.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// So many pieces are on the way at the most; whoever sends more waits.
const PIECES: usize = 64;

/// The end where bytes go in. What is on the way when it is dropped still arrives.
pub(super) struct Line {
    pieces: mpsc::Sender<(Instant, Vec<u8>)>,
    time: Duration,
}

/// The end where they come out.
pub(super) struct LineEnd(mpsc::Receiver<(Instant, Vec<u8>)>);

/// Both ends of a line on which bytes are on the way for so long.
pub(super) fn line(time: Duration) -> (Line, LineEnd) {
    let (pieces, end) = mpsc::channel(PIECES);
    (Line { pieces, time }, LineEnd(end))
}

impl Line {
    /// Sends bytes on their way, and says whether anybody takes them.
    pub(super) async fn put(&self, bytes: &[u8]) -> bool {
        self.pieces.send((Instant::now() + self.time, bytes.to_vec())).await.is_ok()
    }
}

impl LineEnd {
    /// Writes what arrives, and the end behind it. `arrived` is called before each piece is written.
    pub(super) async fn carry(mut self, mut to: OwnedWriteHalf, arrived: impl Fn()) {
        while let Some((due, bytes)) = self.0.recv().await {
            sleep_until(due).await;
            arrived();
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // The other side may have ended first.
        let _ = to.shutdown().await;
    }
}
