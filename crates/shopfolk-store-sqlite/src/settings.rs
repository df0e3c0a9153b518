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
    /// How many long reads may wait; when there is one more, the store that has the most waiting loses its last one.
    pub search_queue: usize,
    /// How many threads serve long reads, beside those that serve short ones: so nobody who wants one customer waits for a
    /// search. Where there are several, one store never has all of them.
    pub searchers: usize,
    /// How many portions of mass changes and the like may wait, with the same rule as for long reads.
    pub portion_queue: usize,
    /// How many recent contacts there may be before the oldest are settled.
    pub recent_contacts: usize,
    /// How many customers of a store may have changed before commits pack some of them for searches: each costs a search
    /// about 20 microseconds.
    pub unpacked_customers: usize,
    /// How many contacts of a store may have been created before commits pack some of them for searches: each costs the
    /// searches that look at contacts or at the time of the last change about 30 nanoseconds.
    pub unpacked_contacts: usize,
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
            search_queue: 256,
            searchers: 2,
            portion_queue: 256,
            recent_contacts: 32_768,
            unpacked_customers: 512,
            unpacked_contacts: 1_000_000,
        }
    }
}
