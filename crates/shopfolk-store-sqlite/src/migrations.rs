//! The tables, brought up to date when the database is opened.

use rusqlite::Connection;
use shopfolk_store::StoreError;

use crate::connection::doing;

mod embedded {
    refinery::embed_migrations!("migrations");
}

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Brings the tables up to date. Of two processes that open a database at once, each does what the other has not.
///
/// # Errors
/// When a migration fails, or the database was made by a later release.
pub(crate) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let current = latest_known();
    loop {
        let applied = latest_applied(connection).map_err(doing("look up which tables it has"))?;
        if applied == Some(current) {
            return Ok(());
        }
        if applied > Some(current) {
            return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
        }
        // Grouped, because refinery otherwise records a migration in another transaction than it makes it in.
        let outcome = embedded::migrations::runner()
            .set_grouped(true)
            .set_abort_divergent(true)
            .set_abort_missing(true)
            .run(connection);
        let Err(error) = outcome else { return Ok(()) };
        // Refinery decides before it locks: a migration that another process has made meanwhile fails here.
        if latest_applied(connection).map_err(doing("look up which tables it has"))? == applied {
            return Err(StoreError::Database { doing: "bring the tables up to date", source: error.into() });
        }
    }
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
    let runner = embedded::migrations::runner();
    let mut recorded = 0;
    for migration in runner.get_migrations() {
        recorded += count(
            "SELECT count(*) FROM refinery_schema_history WHERE version = ?1 AND name = ?2 AND checksum = ?3",
            &[&i64::from(migration.version()), &migration.name(), &migration.checksum().to_string()],
        )?;
    }
    let all = count("SELECT count(*) FROM refinery_schema_history", &[])?;
    Ok(recorded == all && i64::try_from(runner.get_migrations().len()).is_ok_and(|known| known == all))
}

/// The last migration this release has; 0 if it had none.
fn latest_known() -> i64 {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(|migration| i64::from(migration.version())).max().unwrap_or(0)
}

/// The last migration the database has, if it has one.
fn latest_applied(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if connection.table_exists(None, "refinery_schema_history")? {
        connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
    } else {
        Ok(None)
    }
}
