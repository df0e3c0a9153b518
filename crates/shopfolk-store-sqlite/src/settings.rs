//! How the engine is opened.

use std::path::PathBuf;

/// Where the database is and how much of everything there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSettings {
    /// The database file. Beside it SQLite keeps its log (`-wal`) and index of the log (`-shm`).
    pub path: PathBuf,
    /// Whether to create the file when it is missing.
    pub create: bool,
    /// Whether this process serves the database: it holds the one lock for servers (a file beside the database with
    /// `-lock` added) and keeps created contacts in the list of recent ones. Other processes may still read and write.
    pub serve: bool,
    /// How many writes may wait; one more is refused.
    pub write_queue: usize,
    /// How many writes may share a commit.
    pub largest_batch: usize,
    /// How many reads may wait; one more is refused.
    pub read_queue: usize,
    /// How many threads read.
    pub readers: usize,
    /// How many recent contacts there may be before the oldest are settled.
    pub recent_contacts: usize,
}

impl SqliteSettings {
    /// The usual settings for the database in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: true,
            serve: false,
            write_queue: 1024,
            largest_batch: 256,
            read_queue: 1024,
            readers: 2,
            recent_contacts: 32_768,
        }
    }
}
