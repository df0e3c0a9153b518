//! How often commands rearranged what a server keeps in memory: a number in the head of the file.
//!
//! A server beside which a command writes looks at it. As long as it stays, what the server knows of recent contacts and of those
//! that are added for searches is right, and need not be read anew after each commit of the command.

use rusqlite::Connection;
use shopfolk_store::StoreError;

use crate::connection::doing;

/// The number as it is.
pub(crate) fn read_rearrangements(connection: &Connection) -> Result<i32, StoreError> {
    connection
        .prepare_cached("PRAGMA user_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(doing("see whether a command rearranged contacts"))
}

/// Writes the number.
pub(crate) fn write_rearrangements(connection: &Connection, number: i32) -> Result<(), StoreError> {
    connection.pragma_update(None, "user_version", number).map_err(doing("write"))
}

/// Counts one more with the commit that is being made, and answers the number.
pub(crate) fn count_rearrangement(connection: &Connection) -> Result<i32, StoreError> {
    let number = read_rearrangements(connection)?.wrapping_add(1);
    write_rearrangements(connection, number)?;
    Ok(number)
}
