//! Names of headers in the spelling that receivers look for.
//!
//! HTTP does not tell `X-Ecwid-Webhook-Signature` from `x-ecwid-webhook-signature`, but the receiver in the platform's own
//! documentation does, and takes a bad signature when it does not find the header. The HTTP library writes names in small
//! letters; the connection spells them anew on their way, which changes no length.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The spelling of the head that is written next on a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spelling(Arc<Mutex<Option<Vec<String>>>>);

impl Spelling {
    /// Has the next head that is written spell these names so.
    pub(crate) fn begin(&self, names: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
    }

    fn is_begun(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Spells a whole head.
    fn spell(&self, head: &mut [u8]) {
        let Some(names) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        for line in head.split_mut(|&byte| byte == b'\n').skip(1) {
            let Some(end) = line.iter().position(|&byte| byte == b':') else { continue };
            let found = line.get_mut(..end).unwrap_or_default();
            if let Some(name) = names.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(found)) {
                found.copy_from_slice(name.as_bytes());
            }
        }
    }
}

/// A connection that spells the names of headers as it was told.
#[derive(Debug)]
pub(crate) struct SpelledHead<S> {
    connection: S,
    spelling: Spelling,
    /// What was taken and is not written.
    waiting: Vec<u8>,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

impl<S> SpelledHead<S> {
    pub(crate) const fn new(connection: S, spelling: Spelling) -> Self {
        Self { connection, spelling, waiting: Vec::new() }
    }
}

impl<S: AsyncWrite + Unpin> SpelledHead<S> {
    /// Writes what waits, unless it is a head without its end.
    fn poll_write_waiting(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() && !self.spelling.is_begun() {
            let written = ready!(Pin::new(&mut self.connection).poll_write(context, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.waiting.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SpelledHead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.spelling.is_begun() {
            self.waiting.extend_from_slice(bytes);
            let end = self.waiting.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD);
            if let Some(end) = end {
                let Self { spelling, waiting, .. } = &mut *self;
                spelling.spell(waiting.get_mut(..end).unwrap_or_default());
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_write_waiting(context))?;
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_waiting(context))?;
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_waiting(context))?;
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SpelledHead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn names_are_spelt_in_the_head_alone_however_it_is_cut() {
        let text = "POST /x-sign HTTP/1.1\r\nx-sign: x-sign\r\nother: 1\r\n\r\nbody\r\nx-sign: 2";
        let expected = "POST /x-sign HTTP/1.1\r\nX-Sign: x-sign\r\nother: 1\r\n\r\nbody\r\nx-sign: 2";
        for cut in 1..text.len() {
            let (near, mut far) = tokio::io::duplex(1024);
            let spelling = Spelling::default();
            let mut connection = SpelledHead::new(near, spelling.clone());
            for _ in 0..2 {
                spelling.begin(vec!["X-Sign".to_owned()]);
                let (first, second) = text.split_at(cut);
                connection.write_all(first.as_bytes()).await.unwrap();
                connection.write_all(second.as_bytes()).await.unwrap();
                connection.flush().await.unwrap();
                let mut written = vec![0; text.len()];
                far.read_exact(&mut written).await.unwrap();
                assert_eq!(String::from_utf8(written).unwrap(), expected, "cut at {cut}");
            }
        }
    }
}
