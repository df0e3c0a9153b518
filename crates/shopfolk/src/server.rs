//! The HTTP server: connections in, the API behind them.
//!
//! What it promises: the others are served, no matter what some connections do or leave undone. So everything a connection
//! can take is bounded: how many there are, how long a request's head may take, how long nothing may happen, how large
//! a head may be, how many streams one connection may carry. What is bounded per request (the size of a body, the time
//! it may take to arrive or be served) is the API's part.

mod activity;
mod connection;
mod drained;
mod handshake;
mod limits;
mod linger;
mod listener;
mod refusal;
mod refused_head;
mod watched;

use std::convert::Infallible;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

pub(crate) use limits::connections_that_fit;
pub(crate) use listener::listen;

use crate::server::listener::Acceptor;
use crate::server::refusal::Refusals;

/// How long connections may bring a last request. A proxy that keeps connections for later cannot see that one is being
/// closed while it sends on it; it can see the answer that says so.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long cut connections have to notice.
const CUT_LIMIT: Duration = Duration::from_millis(500);

/// What all connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Serve.
    Serving,
    /// Serve, and end with the next answer.
    Farewell,
    /// Finish the requests that have begun, and take no more.
    Finishing,
    /// Go.
    Cutting,
}

/// The place of a connection, and its part in the metrics; both end with it, even if it panics.
struct OpenConnection {
    gauge: metrics::Gauge,
    _place: OwnedSemaphorePermit,
}

impl OpenConnection {
    fn new(place: OwnedSemaphorePermit) -> Self {
        let gauge = metrics::gauge!("shopfolk_connections");
        gauge.increment(1.0);
        Self { gauge, _place: place }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.gauge.decrement(1.0);
    }
}

/// A server that has not been stopped yet.
pub(crate) struct Server {
    router: Router,
    protocols: Arc<auto::Builder<TokioExecutor>>,
    /// How connections are encrypted, if they are.
    tls: Option<watch::Receiver<TlsAcceptor>>,
    /// One permit a connection that may still come.
    places: Arc<Semaphore>,
    most_connections: NonZeroU32,
    refusals: Refusals,
    phase: watch::Sender<Phase>,
}

impl Server {
    /// A server of this API with room for so many connections. With TLS, each is accepted with what is told of then.
    pub(crate) fn new(
        router: Router,
        most_connections: NonZeroU32,
        tls: Option<watch::Receiver<TlsAcceptor>>,
    ) -> Self {
        Self {
            router,
            protocols: Arc::new(connection::protocols()),
            places: Arc::new(Semaphore::new(most_connections.get() as usize)),
            most_connections,
            refusals: Refusals::new(tls.is_some()),
            tls,
            phase: watch::Sender::new(Phase::Serving),
        }
    }

    /// Accepts connections for as long as it is polled; dropping the future closes the listener.
    pub(crate) async fn accept(&self, listener: TcpListener) -> Infallible {
        let mut acceptor = Acceptor::new(listener);
        loop {
            let (stream, peer) = acceptor.accept().await;
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => self.serve(stream, peer, place),
                Err(_) => self.refusals.refuse(stream),
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: IpAddr, place: OwnedSemaphorePermit) {
        let (router, protocols) = (self.router.clone(), Arc::clone(&self.protocols));
        let phase = self.phase.subscribe();
        let open = OpenConnection::new(place);
        let Some(tls) = &self.tls else {
            tokio::spawn(async move {
                connection::serve(stream, peer, router, &protocols, phase).await;
                drop(open);
            });
            return;
        };
        let acceptor = tls.borrow().clone();
        tokio::spawn(async move {
            if let Some(stream) = handshake::encrypt(stream, &acceptor, &phase).await {
                drop(acceptor);
                connection::serve(stream, peer, router, &protocols, phase).await;
            }
            drop(open);
        });
    }

    /// Waits until every connection has ended with an answer that says so, or had its time to.
    pub(crate) async fn say_farewell(&self) {
        self.phase.send_replace(Phase::Farewell);
        let all = self.places.acquire_many(self.most_connections.get());
        // Those that are left bring no more requests now: they are closed next.
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }

    /// Finishes every request that has begun, until this moment, and then cuts the connections that are left. Answers
    /// how many those were.
    pub(crate) async fn finish(&self, until: Instant) -> u32 {
        self.phase.send_replace(Phase::Finishing);
        let all = self.places.acquire_many(self.most_connections.get());
        if tokio::time::timeout_at(until, all).await.is_ok() {
            return 0;
        }
        let free = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        self.phase.send_replace(Phase::Cutting);
        let all = self.places.acquire_many(self.most_connections.get());
        // What does not even notice that it is cut ends with the program.
        let _ = tokio::time::timeout(CUT_LIMIT, all).await;
        self.most_connections.get().saturating_sub(free)
    }
}
