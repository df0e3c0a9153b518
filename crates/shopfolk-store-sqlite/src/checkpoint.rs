//! Moving pages from the log to the database file, beside the writer.
//!
//! A thread of its own does the bulk while the writer goes on. What was written meanwhile is left to the writer, between
//! two commits: that is little, and only when every page is moved can the log begin anew instead of growing. Where it grows
//! all the same, because searches read it all the time, they are held back for a moment (`pause.rs`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::connection::{doing, open_checkpointer};
use crate::pause::SearchPause;

/// The log is moved when it has this many pages (4 KiB each): 8 MiB. A longer log moves many changes of one page as one
/// and is faster, but the writer waits longer for the disk when its turn comes. Over HTTP on two cores, one run each: 1,500
/// pages gave 31.5 thousand creates a second with a p99 of 9.2 ms, 60,000 pages 38.4 thousand with 15.6 ms.
const PAGES: usize = 2_000;
/// The same for a command, which nobody waits for: 64 MiB. An import changes the same pages of the indexes again and again.
const PAGES_OF_A_COMMAND: usize = 16_384;
/// Each time the log has grown by this many pages (32 MiB), searches pause so that it can begin anew.
const PAGES_WITHOUT_PAUSE: usize = 8_192;
/// The thread goes on until what the writer added meanwhile is no more than this, and leaves that to the writer.
const PAGES_LEFT_TO_THE_WRITER: i64 = 100;
/// After this many rounds it leaves whatever there is.
const MOST_ROUNDS: usize = 8;

/// The writer's side of checkpointing.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    bulk_done: Arc<AtomicBool>,
    running: bool,
    /// With how many pages the log is moved.
    move_at: usize,
    pause: Arc<SearchPause>,
    /// With how many pages in the log searches pause next.
    pause_at: usize,
    /// Whether they pause.
    paused: bool,
}

impl Checkpoints {
    /// Starts the thread.
    pub(crate) fn start(settings: &SqliteSettings, pause: Arc<SearchPause>) -> Result<Self, StoreError> {
        let connection = open_checkpointer(&settings.path)?;
        let (wake, woken) = bounded(1);
        let bulk_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&bulk_done);
        let thread = thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || move_pages(&connection, &woken, &done))
            .map_err(|error| StoreError::Database {
                doing: "start the checkpoint thread",
                source: error.into(),
            })?;
        Ok(Self {
            wake: Some(wake),
            thread: Some(thread),
            bulk_done,
            running: false,
            move_at: if settings.serve { PAGES } else { PAGES_OF_A_COMMAND },
            pause,
            pause_at: PAGES_WITHOUT_PAUSE,
            paused: false,
        })
    }

    /// Called by the writer after each commit, with the pages in the log.
    pub(crate) fn after_commit(&mut self, writer: &Connection, pages: usize) -> Result<(), StoreError> {
        if self.running {
            if self.bulk_done.swap(false, Ordering::Acquire) {
                self.running = false;
                checkpoint(writer, "PASSIVE")?;
            }
        } else if pages >= self.move_at {
            self.running = self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok());
        }
        self.hold_back_searches(pages);
        Ok(())
    }

    /// Lets searches pause while the log is too long. It may stay so, when a command beside the server reads it: then they
    /// go on, and pause once for each time it has grown by as much again.
    fn hold_back_searches(&mut self, pages: usize) {
        if pages >= self.pause_at {
            self.pause.begin();
            self.paused = true;
            self.pause_at = pages + PAGES_WITHOUT_PAUSE;
        } else if self.paused && pages < self.move_at {
            self.pause.end();
            self.paused = false;
            self.pause_at = PAGES_WITHOUT_PAUSE;
        }
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

/// Moves all that is left and empties the log.
pub(crate) fn empty_log(writer: &Connection) -> Result<(), StoreError> {
    checkpoint(writer, "TRUNCATE").map(drop)
}

fn move_pages(connection: &Connection, woken: &Receiver<()>, done: &AtomicBool) {
    for () in woken {
        let mut moved = 0;
        for _ in 0..MOST_ROUNDS {
            match checkpoint(connection, "PASSIVE") {
                Ok(now_moved) => {
                    let in_this_round = now_moved - moved;
                    moved = now_moved;
                    if in_this_round <= PAGES_LEFT_TO_THE_WRITER {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a checkpoint failed and will be tried again");
                    break;
                }
            }
        }
        done.store(true, Ordering::Release);
    }
}

/// Moves what can be moved, and answers how many pages of the log are moved by now.
fn checkpoint(connection: &Connection, mode: &str) -> Result<i64, StoreError> {
    connection
        .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(2))
        .map_err(doing("move pages from the log to the database"))
}
