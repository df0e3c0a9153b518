//! How the engine is set up.

use std::time::Duration;

use crate::PostgresAddress;

/// The settings of the engine.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Where the database is.
    pub address: PostgresAddress,
    /// Whether missing tables are made. Tables of an earlier release are brought up to date in any case.
    pub create: bool,
    /// How many connections are open at once for operations; two more reserve ids and listen.
    pub connections: usize,
    /// How many operations may wait for a connection; further ones are turned away at once.
    pub waiting: usize,
    /// How long an operation may take with all its tries, when the database is slow, restarts or moves.
    pub operation_limit: Duration,
    /// How long a connection may take to come about.
    pub connect_limit: Duration,
    /// How long a statement may wait for a row that another transaction holds.
    pub lock_limit: Duration,
}

impl PostgresSettings {
    /// The usual settings: 16 connections, 1,024 operations that wait, ten seconds for an operation, three to connect,
    /// five to wait for a row.
    pub const fn new(address: PostgresAddress) -> Self {
        Self {
            address,
            create: false,
            connections: 16,
            waiting: 1_024,
            operation_limit: Duration::from_secs(10),
            connect_limit: Duration::from_secs(3),
            lock_limit: Duration::from_secs(5),
        }
    }
}
