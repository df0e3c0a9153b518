//! One connection, from its first byte to its end.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::response::Response;
use hyper::Version;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use shopfolk_api::of_peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::Service;

use crate::server::Phase;
use crate::server::activity::{Activity, HEAD_LIMIT, LOOK, Verdict, Watch};
use crate::server::drained;
use crate::server::watched::WatchedStream;

/// The most bytes of a request's head.
const LARGEST_HEAD: u32 = 32 * 1024;
/// Requests that one HTTP/2 connection may carry at once.
const MOST_STREAMS: u32 = 200;
/// What one HTTP/2 stream, and one connection, may send before it has to wait for us.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// How HTTP is spoken: version 1.1, or 2 where the client begins with it.
pub(super) fn protocols() -> auto::Builder<TokioExecutor> {
    let mut protocols = auto::Builder::new(TokioExecutor::new());
    protocols
        .http1()
        .timer(TokioTimer::new())
        // The watch does this, for less and for more: see `activity`.
        .header_read_timeout(None)
        .max_buf_size(LARGEST_HEAD as usize);
    protocols
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(LARGEST_HEAD)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize);
    protocols
}

/// Serves a connection of this address until it ends, takes too long, or the server stops.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: S,
    peer: IpAddr,
    router: Router,
    protocols: &auto::Builder<TokioExecutor>,
    mut phase: watch::Receiver<Phase>,
) {
    let activity = Arc::new(Activity::default());
    let stream = WatchedStream::new(stream, Arc::clone(&activity));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let active = activity.begin(request.version() == Version::HTTP_2);
        // A router is always ready: its `poll_ready` says nothing else.
        let answer = of_peer(peer, router.clone().call(drained::body_of(request)));
        async move {
            let mut answer = answer.await;
            if active.is_last() {
                answer = answer.map(say_goodbye);
            }
            drop(active);
            answer
        }
    });
    let mut connection = pin!(protocols.serve_connection(stream, service));
    let mut watch = Watch::new(Instant::now());
    let mut next_look = pin!(tokio::time::sleep(HEAD_LIMIT));
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended in the middle");
                }
                return;
            }
            () = next_look.as_mut() => {
                match watch.look(&activity, Instant::now()) {
                    Verdict::Keep => {}
                    Verdict::Retire => connection.as_mut().graceful_shutdown(),
                    Verdict::Cut => {
                        metrics::counter!("shopfolk_connections_cut_total").increment(1);
                        return;
                    }
                }
                next_look.as_mut().reset(tokio::time::Instant::now() + LOOK);
            }
            changed = phase.changed() => {
                match changed.map(|()| *phase.borrow_and_update()) {
                    Ok(Phase::Serving) => {}
                    // HTTP/2 has a farewell of its own, after which the requests that are on their way are served.
                    Ok(Phase::Farewell) if activity.is_multiplexed() => connection.as_mut().graceful_shutdown(),
                    Ok(Phase::Farewell) => activity.begin_farewell(),
                    Ok(Phase::Finishing) => connection.as_mut().graceful_shutdown(),
                    // Without a sender there is no server any more.
                    Ok(Phase::Cutting) | Err(_) => return,
                }
            }
        }
    }
}

/// Has the connection end with this answer.
fn say_goodbye(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
