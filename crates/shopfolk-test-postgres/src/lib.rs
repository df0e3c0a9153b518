//! A PostgreSQL for tests and measurements, started from the installed programs and thrown away afterwards.
//!
//! A server lives in a temporary directory, on a free port of this machine, with the durability that PostgreSQL has by
//! itself: `fsync` and `synchronous_commit` are never touched. A watchdog ends the server and removes the directory when
//! the process that started it is gone, however that ended.
//!
//! Everything here panics when it fails: a test or a measurement cannot go on without its server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account;
mod certificates;
mod database;
mod pgbouncer;
mod programs;
pub mod proxy;
mod server;
mod standby;
mod watchdog;

pub use database::TestDatabase;
pub use pgbouncer::PgBouncer;
pub use server::{PostgresServer, Settings, StopMode};
