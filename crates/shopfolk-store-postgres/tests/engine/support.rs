//! An engine on a database of its own.

use shopfolk_store_postgres::{PostgresEngine, PostgresSettings};
use shopfolk_test_postgres::{PostgresServer, TestDatabase};

/// A new, empty database.
pub fn new_database() -> TestDatabase {
    PostgresServer::shared().create_database()
}

pub fn settings(url: &str) -> PostgresSettings {
    PostgresSettings { create: true, connections: 8, ..PostgresSettings::new(url.parse().unwrap()) }
}

pub async fn open(url: &str) -> PostgresEngine {
    PostgresEngine::open(settings(url)).await.unwrap()
}

/// An engine on a new database.
pub async fn new_engine() -> (PostgresEngine, TestDatabase) {
    let database = new_database();
    (open(&database.url()).await, database)
}
