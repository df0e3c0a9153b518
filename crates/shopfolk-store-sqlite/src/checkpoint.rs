//! Moving pages from the log to the database file, beside the writer.
//!
//! A thread of its own does the bulk while the writer goes on. What was written meanwhile it moves between two commits,
//! when the writer lets it: that is little, and only when every page is moved does the writer begin the log anew instead of
//! going on at its end. Where the log grows all the same, because searches read it all the time, they are held back for
//! a moment (`pause.rs`).
//!
//! The writer alone begins the log anew: if another connection did, SQLite would tell the writer that somebody else had
//! written, and its memory of the database would be worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use rusqlite::Connection;
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::commits::Commits;
use crate::connection::{doing, open_checkpointer};
use crate::pause::Searches;
use crate::write_health::causes;

/// The log is moved when it has this many pages (4 KiB each): 8 MiB. A longer log moves many changes of one page as one
/// and is faster, but the writer waits longer for the disk when its turn comes. Over HTTP on two cores, one run each: 1,500
/// pages gave 31.5 thousand creates a second with a p99 of 9.2 ms, 60,000 pages 38.4 thousand with 15.6 ms.
const PAGES: usize = 2_000;
/// The same for a command, which nobody waits for: 64 MiB. An import changes the same pages of the indexes again and again.
const PAGES_OF_A_COMMAND: usize = 16_384;
/// Portions of walks wait while the log is moved and has this many times as many pages: they write faster than pages are moved,
/// so that the rest, for which every write waits, would grow to a third of a second's worth.
const PORTIONS_WAIT_AT: usize = 2;
/// Each time the log has grown by this many pages (32 MiB), searches pause so that it can begin anew.
const PAGES_WITHOUT_PAUSE: i64 = 8_192;
/// The thread goes on beside the writer until what was added meanwhile is no more than this; for that, the writer waits.
const PAGES_THE_WRITER_WAITS_FOR: i64 = 100;
/// When no commit came for this long, nobody writes.
const REST: Duration = Duration::from_millis(20);
/// After this many rounds it leaves whatever there is.
const MOST_ROUNDS: usize = 8;

/// The writer's side of checkpointing.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    running: Arc<AtomicBool>,
    /// With how many pages the log is moved.
    move_at: usize,
    commits: Commits,
}

impl Checkpoints {
    /// Starts the thread.
    pub(crate) fn start(settings: &SqliteSettings, searches: Arc<Searches>) -> Result<Self, StoreError> {
        let commits = Commits::default();
        let mut log = Log {
            connection: open_checkpointer(&settings.path)?,
            commits: commits.clone(),
            searches,
            length: 0,
            pause_at: PAGES_WITHOUT_PAUSE,
        };
        let (wake, woken) = bounded(1);
        let running = Arc::new(AtomicBool::new(false));
        let work = Arc::clone(&running);
        let thread = thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || {
                let mut fails = false;
                for () in woken {
                    // Said once, however often it is tried.
                    match (log.shorten(), fails) {
                        (Err(error), false) => {
                            tracing::warn!(%error, cause = causes(&error), "a checkpoint failed and will be tried again");
                            fails = true;
                        }
                        (Ok(()), true) => {
                            tracing::warn!("checkpoints are made again");
                            fails = false;
                        }
                        (Ok(()), false) | (Err(_), true) => {}
                    }
                    work.store(false, Ordering::Relaxed);
                }
            })
            .map_err(|error| StoreError::Database {
                doing: "start the checkpoint thread",
                source: error.into(),
            })?;
        let move_at = if settings.serve { PAGES } else { PAGES_OF_A_COMMAND };
        Ok(Self { wake: Some(wake), thread: Some(thread), running, move_at, commits })
    }

    /// Where the writer makes its commits.
    pub(crate) fn commits(&self) -> Commits {
        self.commits.clone()
    }

    /// Called by the writer after each commit, with the pages in the log.
    pub(crate) fn after_commit(&self, pages: usize) {
        if pages >= self.move_at
            && let Some(wake) = &self.wake
            && !self.running.swap(true, Ordering::Relaxed)
        {
            // It is not at work, so there is room; if it is gone, it has said why.
            let _ = wake.try_send(());
        }
    }

    /// Whether portions of walks are to wait because the log, which has this many pages, is being moved.
    pub(crate) fn is_behind(&self, pages: usize) -> bool {
        pages >= PORTIONS_WAIT_AT * self.move_at && self.running.load(Ordering::Relaxed)
    }

    /// Stops the thread.
    pub(crate) fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // A checkpoint that panicked has said so; what it left is moved by the next one.
            let _ = thread.join();
        }
    }
}

/// The log, as the checkpoint thread sees it.
struct Log {
    connection: Connection,
    commits: Commits,
    searches: Arc<Searches>,
    /// How many pages were in it at the last look.
    length: i64,
    /// With how many pages in it searches pause next.
    pause_at: i64,
}

impl Log {
    /// Moves everything, if nobody reads what is in the log; then the next commit begins it anew.
    fn shorten(&mut self) -> Result<(), StoreError> {
        self.move_beside_the_writer()?;
        if self.length < self.pause_at {
            return self.move_the_rest().map(drop);
        }
        // It may not help, when a command beside the server reads the log: then searches go on, and pause once for each time
        // it has grown by as much again.
        self.pause_at = self.length + PAGES_WITHOUT_PAUSE;
        let searches = Arc::clone(&self.searches);
        match searches.pause() {
            Some(_pause) => self.begin_anew(),
            None => self.move_the_rest().map(drop),
        }
    }

    /// Moves everything again and again until a commit has begun the log anew: a read that is no search may be in its way.
    fn begin_anew(&mut self) -> Result<(), StoreError> {
        for _ in 0..MOST_ROUNDS {
            self.move_beside_the_writer()?;
            let before = self.move_the_rest()?;
            let length = self.length;
            // A read that begins while nobody writes is in nobody's way: it reads nothing of what was moved.
            if !self.commits.wait_for_next(before, REST) {
                break;
            }
            self.move_pages()?;
            if self.length < length {
                break;
            }
        }
        Ok(())
    }

    /// Moves pages until little is left.
    fn move_beside_the_writer(&mut self) -> Result<(), StoreError> {
        let mut moved = 0;
        for _ in 0..MOST_ROUNDS {
            let now_moved = self.move_pages()?;
            let in_this_round = now_moved - moved;
            moved = now_moved;
            if in_this_round <= PAGES_THE_WRITER_WAITS_FOR {
                break;
            }
        }
        Ok(())
    }

    /// Moves pages between two commits, and answers how many there were before.
    fn move_the_rest(&mut self) -> Result<u64, StoreError> {
        let commits = self.commits.clone();
        let (moved, before) = commits.between(|| self.move_pages());
        moved.map(|_| before)
    }

    /// Moves what can be moved, and answers how many pages of the log are moved by now.
    fn move_pages(&mut self) -> Result<i64, StoreError> {
        let (length, moved) = checkpoint(&self.connection, "PASSIVE")?;
        // Another process that moves pages just now leaves nothing to see: SQLite says -1.
        if length >= 0 {
            if length < self.length {
                self.pause_at = PAGES_WITHOUT_PAUSE;
            }
            self.length = length;
        }
        Ok(moved)
    }
}

/// Moves all that is left and empties the log.
pub(crate) fn empty_log(writer: &Connection) -> Result<(), StoreError> {
    checkpoint(writer, "TRUNCATE").map(drop)
}

/// Moves what can be moved, and answers how many pages are in the log, and how many of them are moved.
fn checkpoint(connection: &Connection, mode: &str) -> Result<(i64, i64), StoreError> {
    connection
        .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| Ok((row.get(1)?, row.get(2)?)))
        .map_err(doing("move pages from the log to the database"))
}
