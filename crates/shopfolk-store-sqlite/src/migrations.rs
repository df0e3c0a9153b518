//! The tables, brought up to date when the database is opened.

use rusqlite::{Connection, TransactionBehavior};
use shopfolk_store::StoreError;

mod embedded {
    refinery::embed_migrations!("migrations");
}

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Brings the tables up to date. Two processes that open a database at once take turns.
///
/// # Errors
/// When a migration fails, or the database was made by a later release.
pub(crate) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Database {
        doing: "bring the tables up to date",
        source,
    };
    let current =
        embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    let applied: Option<i64> = connection
        .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
        .unwrap_or(None);
    match (applied, current.map(i64::from)) {
        (Some(applied), Some(current)) if applied == current => return Ok(()),
        (Some(applied), Some(current)) if applied > current => {
            return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
        }
        _ => {}
    }
    // The lock is taken before refinery looks, so that it does not decide on what another process is about to change.
    let lock = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| failed(error.into()))?;
    lock.commit().map_err(|error| failed(error.into()))?;
    embedded::migrations::runner()
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(connection)
        .map_err(|error| failed(error.into()))?;
    Ok(())
}
