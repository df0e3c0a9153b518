//! A connection's stream that notes when bytes move, and has its own answer to heads that cannot be read.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::activity::Activity;
use crate::server::refused_head::RefusedHead;

/// The most bytes that are read at once. The HTTP library begins with 8 KiB; when a read fills that, it takes twice as much for the next
/// one, again and again, and each connection keeps it: 3,000 slow bodies would have 200 MB.
const MOST_READ: usize = 8 * 1024 - 1;

/// A stream and what is noted of it.
#[derive(Debug)]
pub(super) struct WatchedStream<S> {
    stream: TokioIo<S>,
    activity: Arc<Activity>,
    refused: Option<RefusedHead>,
}

impl<S> WatchedStream<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream: TokioIo::new(stream), activity, refused: None }
    }

    fn noting_writes(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(_)) => self.activity.note_write(),
            Poll::Pending => self.activity.note_full(),
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> WatchedStream<S> {
    /// Writes our own answer if these bytes are the library's to a head that it could not read.
    fn poll_refusal(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.refused.is_none() {
            self.refused = RefusedHead::instead_of(bytes);
        }
        let refused = self.refused.as_mut()?;
        let written = refused.poll_write(Pin::new(&mut self.stream), context);
        Some(written.map_ok(|()| bytes.len()))
    }
}

impl<S: AsyncRead + Unpin> WatchedStream<S> {
    /// Reads and throws away what is still coming: to close before would reset the connection, and the answer might be
    /// lost. It ends when the other side closes, or when the watch has seen enough.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut thrown_away = [0; 4 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut thrown_away);
            match ready!(Pin::new(self.stream.inner_mut()).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> Read for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut read = [MaybeUninit::uninit(); MOST_READ];
        let most = buffer.remaining().min(MOST_READ);
        let mut read = ReadBuf::uninit(&mut read[..most]);
        ready!(Pin::new(self.stream.inner_mut()).poll_read(context, &mut read))?;
        buffer.put_slice(read.filled());
        self.activity.note_read();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Write for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match self.poll_refusal(context, bytes) {
            Some(refused) => refused,
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        };
        self.noting_writes(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        if self.refused.is_some() { self.poll_rest(context).map(Ok) } else { Poll::Ready(Ok(())) }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.first().map_or(&[][..], |first| first);
        let written = match self.poll_refusal(context, first) {
            Some(refused) => refused,
            None => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        };
        self.noting_writes(written)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn no_read_fills_the_buffer_that_the_library_begins_with() {
        let many = vec![7; 100_000];
        let mut stream = WatchedStream::new(&many[..], Arc::default());
        let mut room = [0; 8 * 1024];
        for _ in 0..2 {
            let mut read = hyper::rt::ReadBuf::new(&mut room);
            let polled =
                Pin::new(&mut stream).poll_read(&mut Context::from_waker(Waker::noop()), read.unfilled());
            assert!(matches!(polled, Poll::Ready(Ok(()))));
            assert_eq!(read.filled().len(), MOST_READ);
        }
    }
}
