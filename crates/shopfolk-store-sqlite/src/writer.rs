//! The thread that writes: many operations, one commit.

mod job;
mod packing;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;
use shopfolk_store::{StoreError, Turns};

use crate::checkpoint::{Checkpoints, empty_log};
use crate::commits::Commits;
use crate::connection::{doing, may_be_in_the_log};
use crate::file_watch::FileWatch;
use crate::give_way::GiveWay;
use crate::pause::Searches;
use crate::reader::execute;
use crate::rearrangements::{count_rearrangement, read_rearrangements};
use crate::recent::RecentContacts;
use crate::settle::{self, settle_oldest};
use crate::write_health::WriteHealth;
use crate::{SqliteSettings, measures};

pub(crate) use state::WriterState;

pub(crate) use job::{Copies, Operates, Ran, Runs, Write, WriteJob};

/// After this long without a write, recent contacts are settled.
const REST: Duration = Duration::from_secs(1);
/// How often it is looked whether the log is moved, while portions of walks wait for it.
const WHILE_THE_LOG_IS_MOVED: Duration = Duration::from_millis(1);
/// For how long it counts that another process wrote.
const OTHERS_REMEMBERED: Duration = Duration::from_secs(1);

/// What no database says when it is asked whether others wrote.
const UNKNOWN_VERSION: i64 = -1;

/// Whether a commit that failed may have been made all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It was not.
    None,
    /// It may be in the log. The next commit is written over it: once that is made, this one is not there.
    UntilTheNext,
    /// It was made, in a file that may not be the one that is found.
    Lasting,
}

/// What the writing thread works with.
pub(crate) struct Writer {
    state: WriterState,
    checkpoints: Checkpoints,
    commits: Commits,
    health: Arc<WriteHealth>,
    /// The files that a server watches.
    files: Option<FileWatch>,
    /// Pages in the log after the last commit that wrote.
    log_pages: Arc<AtomicUsize>,
    /// Whether the last commit wrote.
    wrote: Arc<AtomicBool>,
    doubt: Doubt,
    /// What SQLite says as long as no other process writes.
    data_version: i64,
    /// When it was last found that another process wrote.
    others_wrote: Option<Instant>,
    /// How often commands had rearranged what a server keeps in memory when that was last read.
    rearrangements: i32,
    /// How a command leaves the file to others; a server does not.
    give_way: Option<GiveWay>,
    most_recent: usize,
    largest_batch: usize,
    /// Portions of walks that wait for their turn.
    portions: Turns<Box<dyn WriteJob>>,
}

impl Writer {
    /// Takes over the connection and reads what a former process left unsettled.
    pub(crate) fn new(
        mut connection: Connection,
        recent: Arc<RecentContacts>,
        searches: Arc<Searches>,
        health: Arc<WriteHealth>,
        files: Option<FileWatch>,
        settings: &SqliteSettings,
    ) -> Result<Self, StoreError> {
        let (log_pages, wrote) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (pages, written) = (Arc::clone(&log_pages), Arc::clone(&wrote));
        connection
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count: std::ffi::c_int| {
                pages.store(usize::try_from(count).unwrap_or_default(), Ordering::Relaxed);
                written.store(true, Ordering::Relaxed);
                Ok(())
            }))
            .map_err(doing("watch the size of the log"))?;
        let checkpoints = Checkpoints::start(settings, searches)?;
        let mut writer = Self {
            commits: checkpoints.commits(),
            checkpoints,
            state: WriterState::new(connection, recent, settings),
            health,
            files,
            log_pages,
            wrote,
            doubt: Doubt::None,
            data_version: 0,
            others_wrote: None,
            rearrangements: 0,
            give_way: (!settings.serve).then(GiveWay::default),
            most_recent: settings.recent_contacts,
            largest_batch: settings.largest_batch,
            portions: Turns::new(1, settings.portion_queue),
        };
        writer.data_version = writer.read_data_version()?;
        writer.rearrangements = read_rearrangements(&writer.state.connection)?;
        writer.forget()?;
        writer.pack_what_is_too_much()?;
        Ok(writer)
    }

    /// Serves writes until nobody can send any more, then settles and empties the log.
    pub(crate) fn serve(&mut self, jobs: &Receiver<Box<dyn WriteJob>>) -> Result<(), StoreError> {
        loop {
            let portions_wait = self.checkpoints.is_behind(self.log_pages.load(Ordering::Relaxed));
            let next = if self.portions.waiting() > 0 && portions_wait {
                jobs.recv_timeout(WHILE_THE_LOG_IS_MOVED).map_err(|_| None)
            } else if self.portions.waiting() > 0 {
                jobs.try_recv().map_err(|_| None)
            } else if self.has_its_files() && (self.has_work_at_rest() || self.health.is_in_trouble()) {
                jobs.recv_timeout(REST).map_err(Some)
            } else {
                jobs.recv().map_err(|_| Some(RecvTimeoutError::Disconnected))
            };
            match next {
                Ok(job) => self.serve_batch(job, jobs),
                Err(None) => {}
                Err(Some(RecvTimeoutError::Timeout)) => self.work_at_rest(jobs),
                Err(Some(RecvTimeoutError::Disconnected)) => break,
            }
            if !portions_wait {
                self.serve_portion();
            }
        }
        self.checkpoints.stop();
        if !self.state.keep_recent || !self.has_its_files() {
            // A server beside this command may be writing: emptying the log would make it wait.
            return Ok(());
        }
        while self.state.recent.count() > 0 {
            self.settle_some()?;
        }
        empty_log(&self.state.connection)
    }

    /// Commits the writes that wait; portions among them wait for their turn.
    fn serve_batch(&mut self, first: Box<dyn WriteJob>, jobs: &Receiver<Box<dyn WriteJob>>) {
        let mut batch = Vec::with_capacity(self.largest_batch);
        for job in std::iter::once(first).chain(jobs.try_iter().take(self.largest_batch - 1)) {
            match job.turn() {
                // What nobody waits for any more, and has not begun, is not begun.
                _ if !job.is_wanted() => {}
                None => batch.push(job),
                Some(turn) => {
                    if let Some(gives_way) = self.portions.push(turn, job) {
                        gives_way.fail(StoreError::NO_ROOM);
                    }
                }
            }
        }
        measures::set(measures::WRITE_QUEUE_DEPTH, jobs.len());
        if !batch.is_empty() {
            metrics::histogram!(measures::COMMIT_BATCH_SIZE).record(measures::as_metric(batch.len()));
            self.commit_all(&mut batch);
        }
    }

    /// Commits the portion whose turn it is, if there is one, alone.
    fn serve_portion(&mut self) {
        if self.portions.waiting() == 0 {
            return;
        }
        while let Some((store, portion)) = self.portions.begin() {
            self.portions.end(store);
            if portion.is_wanted() {
                self.commit_all(&mut vec![portion]);
                break;
            }
        }
        measures::set(measures::PORTIONS_WAITING, self.portions.waiting());
    }

    /// Commits these writes, all of them but those that fail.
    fn commit_all(&mut self, batch: &mut Vec<Box<dyn WriteJob>>) {
        while !batch.is_empty() {
            let started = Instant::now();
            match self.alone(|writer| writer.commit(batch)) {
                Ok(None) => {
                    metrics::histogram!(measures::COMMIT_DURATION).record(started.elapsed());
                    batch.drain(..).for_each(WriteJob::answer);
                }
                Ok(Some(halfway)) => {
                    // Its changes are undone, and with them those of its neighbours, which run again without it.
                    self.undo();
                    batch.remove(halfway).answer();
                }
                Err(error) => {
                    let doubt = self.doubt;
                    self.undo();
                    let refused = batch.iter().filter(|job| job.is_asked_for()).count();
                    self.health.refused(&error, refused, Instant::now());
                    let is_unknown = match doubt {
                        Doubt::None => false,
                        Doubt::UntilTheNext => self.probe().is_err(),
                        Doubt::Lasting => true,
                    };
                    for job in batch.drain(..) {
                        let is_unknown = is_unknown && job.is_asked_for();
                        job.fail(if is_unknown { StoreError::OutcomeUnknown } else { repeat(&error) });
                    }
                }
            }
        }
        measures::set(measures::RECENT_CONTACTS, self.state.recent.count());
        self.checkpoint();
        if let Some(give_way) = &mut self.give_way {
            let now = Instant::now();
            give_way.after_commit(now, wrote_lately(self.others_wrote, now));
        }
    }

    fn checkpoint(&self) {
        self.checkpoints.after_commit(self.log_pages.load(Ordering::Relaxed));
    }

    /// Runs the operations in one transaction and commits it, unless one of them failed halfway: then its place among
    /// them is the answer and nothing is committed.
    fn commit(&mut self, batch: &mut [Box<dyn WriteJob>]) -> Result<Option<usize>, StoreError> {
        self.begin()?;
        let began = Instant::now();
        for (place, job) in batch.iter_mut().enumerate() {
            if job.run(&mut self.state) == Ran::Halfway {
                return Ok(Some(place));
            }
        }
        if self.state.keep_recent {
            // As many contacts as came with this commit may have to make room, and no more.
            self.settle(self.most_recent, usize::MAX)?;
        }
        self.pack_share()?;
        self.end()?;
        if let [alone] = batch
            && self.wrote.load(Ordering::Relaxed)
        {
            alone.worked(began.elapsed());
        }
        Ok(None)
    }

    /// Makes a commit, which the checkpoint thread leaves alone with the log.
    fn alone<T>(&mut self, commit: impl FnOnce(&mut Self) -> T) -> T {
        let commits = self.commits.clone();
        commits.make(|| commit(self))
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.doubt = Doubt::None;
        self.wrote.store(false, Ordering::Relaxed);
        self.files.as_ref().map_or(Ok(()), FileWatch::were_there)?;
        execute(&self.state.connection, "BEGIN IMMEDIATE").map_err(doing("begin to write"))?;
        if let Some(give_way) = &mut self.give_way {
            give_way.begin(Instant::now());
        }
        let data_version = self.read_data_version()?;
        if data_version != self.data_version {
            self.others_have_written(self.data_version == UNKNOWN_VERSION)?;
            self.data_version = data_version;
        }
        Ok(())
    }

    /// Puts right what memory says of the database, all of it if that is `unknown`.
    fn others_have_written(&mut self, unknown: bool) -> Result<(), StoreError> {
        tracing::debug!("another process wrote to the database");
        self.others_wrote = Some(Instant::now());
        let rearrangements = read_rearrangements(&self.state.connection)?;
        if unknown || (self.state.keep_recent && rearrangements != self.rearrangements) {
            self.rearrangements = rearrangements;
            return self.forget();
        }
        self.rearrangements = rearrangements;
        self.state.counters.forget();
        self.state.backlog.recount_changed(&self.state.connection)?;
        if let Some(of_server) = &mut self.state.recent_of_server {
            of_server.others_wrote();
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        let backlog = &mut self.state.backlog;
        self.state
            .added
            .write(&self.state.connection, |store, contacts| backlog.note_added(store, contacts))?;
        self.state.counters.write(&self.state.connection)?;
        if std::mem::take(&mut self.state.rearranged) && !self.state.keep_recent {
            self.rearrangements = count_rearrangement(&self.state.connection)?;
        }
        if let Err(error) = execute(&self.state.connection, "COMMIT") {
            if may_be_in_the_log(&error) {
                self.doubt = Doubt::UntilTheNext;
            }
            return Err(doing("commit")(error));
        }
        if let Some(files) = &mut self.files {
            // Behind the commit, so that none is answered that went into a file that nobody finds.
            files.look().inspect_err(|_| self.doubt = Doubt::Lasting)?;
        }
        if self.wrote.load(Ordering::Relaxed) {
            self.health.taken(Instant::now());
        }
        self.state.recent.publish(self.state.batch);
        self.state.batch += 1;
        Ok(())
    }

    fn settle(&mut self, keep: usize, customers: usize) -> Result<(), StoreError> {
        settle_oldest(
            &self.state.connection,
            &self.state.recent,
            &mut self.state.settling,
            self.state.batch,
            keep,
            customers,
        )
    }

    fn others_write(&self) -> bool {
        wrote_lately(self.others_wrote, Instant::now())
    }

    fn has_its_files(&self) -> bool {
        self.files.as_ref().is_none_or(|files| files.were_there().is_ok())
    }

    /// Sees whether writes are taken.
    fn probe(&mut self) -> Result<(), StoreError> {
        self.commit_beside(|writer| writer.state.write_nothing())
    }

    /// Makes a commit that nobody asked for.
    fn commit_beside(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let made = self.alone(|writer| {
            writer.begin()?;
            work(writer)?;
            writer.end()
        });
        if let Err(error) = &made {
            self.undo();
            match error {
                StoreError::Disk { .. } | StoreError::Unavailable { .. } => {
                    self.health.refused(error, 0, Instant::now());
                }
                // Others can write all the same.
                _ => tracing::warn!(%error, "settling or packing customers failed and will be tried again"),
            }
        }
        made
    }

    /// Undoes the transaction, in the database and in memory. Where one of the two fails, the next commit cannot begin before
    /// it is made good.
    fn undo(&mut self) {
        let undone = if self.state.connection.is_autocommit() {
            Ok(())
        } else {
            execute(&self.state.connection, "ROLLBACK").map_err(doing("undo a transaction"))
        };
        if let Err(error) = undone.and_then(|()| self.forget()) {
            self.health.refused(&error, 0, Instant::now());
            self.data_version = UNKNOWN_VERSION;
        }
        // A number of its own for the next attempt, so that nothing of this one can be taken for the next one's.
        self.state.batch += 1;
    }

    /// Forgets what memory says of the database and reads it anew.
    fn forget(&mut self) -> Result<(), StoreError> {
        self.state.counters.forget();
        self.state.added.clear();
        self.state.rearranged = false;
        if let Some(of_server) = &mut self.state.recent_of_server {
            of_server.forget();
        }
        self.state.backlog.reload(&self.state.connection)?;
        settle::reload(&self.state.connection, &self.state.recent, &mut self.state.settling, self.state.batch)
    }

    fn read_data_version(&self) -> Result<i64, StoreError> {
        self.state
            .connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(doing("see whether another process wrote"))
    }
}

/// Whether others who were found to have written then count as writing now.
fn wrote_lately(others_wrote: Option<Instant>, now: Instant) -> bool {
    others_wrote.is_some_and(|wrote| now.duration_since(wrote) < OTHERS_REMEMBERED)
}

/// The error of a commit, once for each operation that was in it.
fn repeat(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { reason } | StoreError::Disk { reason, .. } => {
            StoreError::Unavailable { reason }
        }
        other => StoreError::Database { doing: "commit", source: other.to_string().into() },
    }
}
