//! Bodies that are read to their end, also when nobody wants them.
//!
//! A request can be answered before its body was read: the token is wrong, the path is none. If the connection were
//! closed then, the bytes that are still coming would make the system reset it, and the caller, or a proxy that is busy
//! sending, would never see the answer. In HTTP/2 the stream would be cancelled, with the same result. So what is left of
//! the body is read and dropped, within bounds.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::{Request, header};

/// The most bytes that are read for nothing. A client that sends more is cut off.
const MOST_BYTES: u64 = 8 << 20;
/// How long that may take.
const LIMIT: Duration = Duration::from_secs(5);

/// A body, of which the rest is read when it is dropped.
pub(super) struct DrainedBody {
    body: Option<Incoming>,
    drain: bool,
}

/// Has the rest of the body read when its request is answered without.
pub(super) fn body_of(request: Request<Incoming>) -> Request<DrainedBody> {
    // A client that waits to be asked for the body does not send it after an answer.
    let drain = !request.headers().contains_key(header::EXPECT);
    request.map(|body| DrainedBody { body: Some(body), drain })
}

impl Body for DrainedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let left =
            self.body.take().filter(|body| !body.is_end_stream() && body.size_hint().lower() <= MOST_BYTES);
        if let Some(body) = left.filter(|_| self.drain) {
            tokio::spawn(tokio::time::timeout(LIMIT, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > MOST_BYTES {
            return;
        }
    }
}
