//! The tables, brought up to date when a node starts.

use std::time::Duration;

use shopfolk_store::StoreError;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::failure::doing;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The number of the lock that whoever changes the tables holds: "shopfolk" in letters.
const LOCK: i64 = 0x7368_6f70_666f_6c6b;

/// How long is waited for another node that changes the tables.
const LOCK_LIMIT: Duration = Duration::from_mins(1);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Whether the tables are there, and of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    Missing,
    Old,
    UpToDate,
}

/// Looks how old the tables are.
///
/// # Errors
/// When the database fails, or its tables were made by a later release.
pub(crate) async fn look(client: &Client) -> Result<Tables, StoreError> {
    let looking = doing("look for the tables");
    let history = client
        .query_typed_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await
        .map_err(&looking)?;
    if !history.get::<_, bool>(0) {
        return Ok(Tables::Missing);
    }
    let row = client
        .query_typed_one("SELECT max(version) FROM refinery_schema_history", &[])
        .await
        .map_err(&looking)?;
    let applied: Option<i32> = row.get(0);
    let newest =
        embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    Ok(match (applied, newest) {
        (None, _) => Tables::Missing,
        (Some(applied), Some(newest)) if applied == newest => Tables::UpToDate,
        (Some(applied), Some(newest)) if applied > newest => {
            return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
        }
        _ => Tables::Old,
    })
}

/// Brings the tables up to date. Nodes that start at once take turns: `lock` is a connection that holds the lock in a
/// transaction, which a pooler leaves on one server process.
///
/// # Errors
/// When a migration fails, or somebody else does not come to an end.
pub(crate) async fn run(client: &mut Client, lock: &Client) -> Result<(), StoreError> {
    let locking = doing("take the lock for changing the tables");
    let until = Instant::now() + LOCK_LIMIT;
    while !try_to_lock(lock).await.map_err(&locking)? {
        // Whoever waits holds no connection of a pooler, because the one who works needs two.
        lock.batch_execute("ROLLBACK").await.map_err(&locking)?;
        if Instant::now() >= until {
            let reason = "another node has been changing the tables for too long";
            return Err(StoreError::Unavailable { reason });
        }
        sleep(LOCK_PAUSE).await;
    }
    // Grouped, because refinery otherwise records a migration in another transaction than it makes it in.
    embedded::migrations::runner()
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run_async(client)
        .await
        .map_err(|error| StoreError::Database {
            doing: "bring the tables up to date",
            source: error.into(),
        })?;
    lock.batch_execute("COMMIT").await.map_err(&locking)
}

/// Begins a transaction and takes the lock, if it is free.
async fn try_to_lock(lock: &Client) -> Result<bool, tokio_postgres::Error> {
    lock.batch_execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    let row = lock.query_typed_one("SELECT pg_try_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
    Ok(row.get(0))
}
