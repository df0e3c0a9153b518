//! Webhooks from changes to receivers, on real engines and real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod deliveries;
mod lab;
mod sender;
mod support;
