//! From the first byte to an encrypted connection.

use std::io;

use shopfolk_api::ConnectionError;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::server::activity::HEAD_LIMIT;
use crate::server::{Phase, linger};

/// The first byte of every TLS connection: a record of the kind "handshake".
const HANDSHAKE: u8 = 0x16;

/// Encrypts a connection, or closes it: when the client wants something else, takes as long as a head may, or has not
/// come to a request when the server finishes.
pub(super) async fn encrypt(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    phase: &watch::Receiver<Phase>,
) -> Option<TlsStream<TcpStream>> {
    // One of its own: what is seen here still has to be seen by who serves the connection.
    let mut phase = phase.clone();
    tokio::select! {
        biased;
        encrypted = shake_hands(stream, acceptor) => match encrypted {
            Ok(encrypted) => encrypted,
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
        },
        () = tokio::time::sleep(HEAD_LIMIT) => {
            metrics::counter!("shopfolk_connections_cut_total").increment(1);
            None
        }
        _ = phase.wait_for(|phase| matches!(phase, Phase::Finishing | Phase::Cutting)) => None,
    }
}

async fn shake_hands(
    mut stream: TcpStream,
    acceptor: &TlsAcceptor,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [HANDSHAKE];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    if first != [HANDSHAKE] {
        stream.write_all(&ConnectionError::NotEncrypted.answer()).await?;
        stream.shutdown().await?;
        linger::until_read(&stream).await;
        return Ok(None);
    }
    acceptor.accept(stream).await.map(Some)
}
