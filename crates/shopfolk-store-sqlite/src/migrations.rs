//! The tables, brought up to date when the database is opened.

use refinery::{Migration, Target};
use rusqlite::Connection;
use shopfolk_store::{MigrationStep, StoreError};

use crate::connection::doing;

mod embedded {
    refinery::embed_migrations!("migrations");
}

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Brings the tables up to date. Of two processes that open a database at once, each does what the other has not.
///
/// # Errors
/// When a migration fails, those before it being made, or the database was made by a later release.
pub(crate) fn run(
    connection: &mut Connection,
    mut observe: impl FnMut(MigrationStep),
) -> Result<(), StoreError> {
    let looking = doing("look up which tables it has");
    let known = known();
    let newest = known.last().map_or(0, Migration::version);
    let before = latest_applied(connection).map_err(&looking)?;
    let missing = known.iter().filter(|known| Some(known.version()) > before);
    let of = missing.clone().count();
    let mut applied = before;
    for (number, migration) in (1..).zip(missing) {
        // A migration that another process has made meanwhile is passed over.
        if applied < Some(migration.version()) {
            if before.is_some() {
                observe(MigrationStep::Begins { migration: migration.to_string(), number, of });
            }
            let made = make(connection, migration);
            applied = latest_applied(connection).map_err(&looking)?;
            // Refinery decides before it locks: then it fails here.
            if applied < Some(migration.version()) {
                made?;
            }
        }
    }
    if applied > Some(newest) {
        return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
    }
    Ok(())
}

/// Makes the next migration.
fn make(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    // Grouped, because that is refinery's promise to make a migration and record it in one transaction.
    let made = embedded::migrations::runner()
        .set_grouped(true)
        .set_target(Target::Version(migration.version()))
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(connection);
    made.map(drop)
        .map_err(|error| StoreError::Database { doing: "bring the tables up to date", source: error.into() })
}

/// The migrations of this release, in their order.
fn known() -> Vec<Migration> {
    let mut known = embedded::migrations::runner().get_migrations().clone();
    known.sort_unstable();
    known
}

/// Whether the database says of each migration, and of no other, that it was made.
///
/// # Errors
/// When the database fails.
pub(crate) fn are_recorded(connection: &Connection) -> Result<bool, StoreError> {
    let checking = doing("check which tables it has");
    let count = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| -> Result<i64, StoreError> {
        connection.query_row(sql, parameters, |row| row.get(0)).map_err(&checking)
    };
    let known = known();
    let mut recorded = 0;
    for migration in &known {
        recorded += count(
            "SELECT count(*) FROM refinery_schema_history WHERE version = ?1 AND name = ?2 AND checksum = ?3",
            &[&i64::from(migration.version()), &migration.name(), &migration.checksum().to_string()],
        )?;
    }
    let all = count("SELECT count(*) FROM refinery_schema_history", &[])?;
    Ok(recorded == all && i64::try_from(known.len()).is_ok_and(|known| known == all))
}

/// The last migration the database has, if it has one.
fn latest_applied(connection: &Connection) -> rusqlite::Result<Option<i32>> {
    if connection.table_exists(None, "refinery_schema_history")? {
        connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
    } else {
        Ok(None)
    }
}
