//! Connections to the database file.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_IOERR_WRITE;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use shopfolk_store::StoreError;

use crate::SqliteSettings;

/// How long a connection waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before trying again.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
/// Pages of the database that the writer of a server keeps in memory, in KiB. Four times as many make it no faster: at the end
/// of nearly every commit SQLite looks through all of them, because moving cells between pages gives one a number for the moment
/// that lies behind the end of the file. What is not kept comes from the memory of the operating system.
const WRITER_CACHE_KIB: u32 = 4 * 1024;
/// The same of a command, which may write millions of rows all over the indexes.
const COMMAND_CACHE_KIB: u32 = 64 * 1024;
/// Pages of the database that a reader keeps in memory, in KiB.
const READER_CACHE_KIB: u32 = 4 * 1024;
/// How many compiled statements a connection keeps at the most: more than there are, which are less than 400, so that each is
/// compiled once. Each that a connection has used takes some KiB there for as long as the connection is open.
pub const KEPT_STATEMENTS: usize = 640;

/// Opens the connection that writes.
pub(crate) fn open_writer(settings: &SqliteSettings) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, settings.create);
    let cache = if settings.serve { WRITER_CACHE_KIB } else { COMMAND_CACHE_KIB };
    let connection = open(&settings.path, flags, cache)?;
    write_ahead(&connection).map_err(doing("set the database up for writing"))?;
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA foreign_keys = ON;",
        )
        .map_err(doing("set the database up for writing"))?;
    Ok(connection)
}

/// Waits a moment for another process that is writing, and says whether to try again. SQLite's own way is to wait longer
/// each time, up to a tenth of a second: it would hardly ever hit the gap between two commits of an import.
fn wait_for_other(tries: i32) -> bool {
    let again = BUSY_PAUSE.saturating_mul(tries.unsigned_abs()) < BUSY_TIMEOUT;
    if again {
        thread::sleep(BUSY_PAUSE);
    }
    again
}

/// Has the database write ahead to a log. SQLite does not wait by itself for a process that is making the same change
/// to a new file, or taking it back on its way out, so we do.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let last = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL;") {
            Err(error) if is_busy(&error) && Instant::now() < last => thread::sleep(BUSY_PAUSE),
            outcome => return outcome,
        }
    }
}

/// Whether another connection was in the way.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Opens a connection that moves pages from the log to the database file.
pub(crate) fn open_checkpointer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, 64)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")
        .map_err(doing("set the database up for checkpoints"))?;
    Ok(connection)
}

/// Opens a connection that reads and cannot write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, flags, READER_CACHE_KIB)
}

fn open(path: &Path, flags: OpenFlags, cache_kib: u32) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(path, flags).map_err(doing("open the database file"))?;
    connection.busy_handler(Some(wait_for_other)).map_err(doing("set up the connection"))?;
    connection
        .execute_batch(&format!("PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY;"))
        .map_err(doing("set up the connection"))?;
    // A statement is compiled once. Without this, SQLite compiles some anew whenever other values are bound, because those
    // could make another plan better: more than a third of the time of an import went there.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(doing("set up the connection"))?;
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    Ok(connection)
}

/// Translates an error of SQLite's into ours, with what was being done.
pub(crate) fn doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict { rule: error.to_string() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable { reason: "another process holds the database" }
        }
        Some(ErrorCode::DiskFull) => disk("the disk is full", error),
        Some(ErrorCode::ReadOnly) => disk("the database file is read-only", error),
        Some(ErrorCode::SystemIoFailure) => disk("the disk does not work", error),
        _ => StoreError::Database { doing, source: error.into() },
    }
}

fn disk(reason: &'static str, error: rusqlite::Error) -> StoreError {
    StoreError::Disk { reason, source: Arc::new(error) }
}

/// Whether a commit that failed like this may be in the log as a whole all the same, so that it would be there after a
/// crash. Its last page is written last: while pages are written, not all of it is there. What follows is the sync, and the
/// index of the log.
pub(crate) fn may_be_in_the_log(error: &rusqlite::Error) -> bool {
    match error.sqlite_error() {
        Some(error) => {
            error.code == ErrorCode::OutOfMemory
                || error.code == ErrorCode::SystemIoFailure && error.extended_code != SQLITE_IOERR_WRITE
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi::{self, Error};

    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(Error::new(code), None)
    }

    #[test]
    fn a_commit_may_be_in_the_log_when_everything_was_written() {
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_SHMMAP, ffi::SQLITE_IOERR_SHMSIZE] {
            assert!(may_be_in_the_log(&failure(code)), "{code}");
        }
        for code in [ffi::SQLITE_FULL, SQLITE_IOERR_WRITE, ffi::SQLITE_READONLY, ffi::SQLITE_BUSY] {
            assert!(!may_be_in_the_log(&failure(code)), "{code}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_disk_is_said() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, "the disk is full"),
            (ffi::SQLITE_READONLY_DBMOVED, "the database file is read-only"),
            (SQLITE_IOERR_WRITE, "the disk does not work"),
        ] {
            match doing("commit")(failure(code)) {
                StoreError::Disk { reason, .. } => assert_eq!(reason, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
