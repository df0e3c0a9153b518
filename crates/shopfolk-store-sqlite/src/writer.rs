//! The thread that writes: many operations, one commit.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use futures_util::FutureExt;
use rusqlite::Connection;
use shopfolk_model::{Actor, StoreId};
use shopfolk_store::{CopyOperation, StoreError, Turn, Turns, WriteOperation};
use tokio::sync::oneshot;

use crate::checkpoint::{Checkpoints, empty_log};
use crate::commits::Commits;
use crate::connection::doing;
use crate::counters::Counters;
use crate::engine::NO_ROOM;
use crate::pause::Searches;
use crate::reader::{execute, finished};
use crate::recent::{BatchNumber, RecentContacts};
use crate::search::PackingShare;
use crate::search::added::AddedContacts;
use crate::search::backlog::Backlog;
use crate::settle::{self, SettlingOrder, settle_oldest};
use crate::tx::{SqliteWriteTx, Writing};
use crate::{SqliteSettings, measures};

/// After this long without a write, recent contacts are settled.
const REST: Duration = Duration::from_secs(1);
/// How many customers are settled in one commit while nobody waits.
const CUSTOMERS_SETTLED_AT_REST: usize = 512;

/// How much is packed in one commit while nobody waits.
const PACKED_AT_REST: PackingShare = PackingShare { customers: 1_024, blocks: 16 };
/// How much is packed in one commit before anybody is served.
const PACKED_AT_ONCE: PackingShare = PackingShare { customers: 8_192, blocks: 64 };

/// What became of an operation in its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It succeeded, or failed before it changed anything.
    Cleanly,
    /// It failed after it had changed something, which must be undone.
    Halfway,
}

/// An operation that waits for the writer, with its caller.
pub(crate) trait WriteJob: Send {
    /// On whose account a portion of a walk is done; `None` for any other write, which goes with the next commit.
    fn turn(&self) -> Option<Turn> {
        None
    }
    /// Whether its caller still waits.
    fn is_wanted(&self) -> bool;
    /// Runs the operation and keeps its answer.
    fn run(&mut self, writer: &mut Writer) -> Ran;
    /// Is told how long the writer worked for its commit, if it is alone in it.
    fn worked(&mut self, _: Duration) {}
    /// Gives the kept answer, once it is durable or changed nothing.
    fn answer(self: Box<Self>);
    /// Answers that the commit failed.
    fn fail(self: Box<Self>, error: StoreError);
}

/// What a transaction runs: an operation, or what a copy writes.
pub(crate) trait Runs: Send + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Why it changes nothing.
    type Error: From<StoreError> + Send + 'static;

    /// Runs it.
    fn run(
        &self,
        tx: &mut SqliteWriteTx<'_>,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// An operation.
pub(crate) struct Operates<O>(pub O);

impl<O: WriteOperation> Runs for Operates<O> {
    type Output = O::Output;
    type Error = O::Error;

    async fn run(&self, tx: &mut SqliteWriteTx<'_>) -> Result<O::Output, O::Error> {
        self.0.run(tx).await
    }
}

/// What a copy writes.
pub(crate) struct Copies<O>(pub O);

impl<O: CopyOperation> Runs for Copies<O> {
    type Output = O::Output;
    type Error = StoreError;

    async fn run(&self, tx: &mut SqliteWriteTx<'_>) -> Result<O::Output, StoreError> {
        self.0.run(tx).await
    }
}

/// Something to write on a store, with its caller.
pub(crate) struct Write<R: Runs> {
    store: StoreId,
    author: Actor,
    operation: R,
    outcome: Option<Outcome<R>>,
    caller: oneshot::Sender<Outcome<R>>,
}

/// What came of something to write.
pub(crate) type Outcome<R> = Result<<R as Runs>::Output, <R as Runs>::Error>;

impl<R: Runs> Write<R> {
    /// Something to write, and where its answer comes.
    pub(crate) fn new(store: StoreId, author: Actor, operation: R) -> (Self, oneshot::Receiver<Outcome<R>>) {
        let (caller, answer) = oneshot::channel();
        (Self { store, author, operation, outcome: None, caller }, answer)
    }
}

impl<R: Runs> WriteJob for Write<R> {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn run(&mut self, writer: &mut Writer) -> Ran {
        writer.backlog.forget_fresh();
        let mut tx = writer.begin_operation(self.store, self.author);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.operation.run(&mut tx).now_or_never()));
        let wrote = tx.mode.wrote || outcome.is_err();
        let outcome = finished(outcome);
        let ran = if wrote && outcome.is_err() { Ran::Halfway } else { Ran::Cleanly };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // A caller that has gone away does not wait for an answer.
            let _ = self.caller.send(outcome);
        }
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.caller.send(Err(error.into()));
    }
}

/// What the writing thread works with.
pub(crate) struct Writer {
    connection: Connection,
    recent: Arc<RecentContacts>,
    counters: Counters,
    settling: SettlingOrder,
    added: AddedContacts,
    backlog: Backlog,
    checkpoints: Checkpoints,
    commits: Commits,
    /// The commit that comes next.
    batch: BatchNumber,
    /// Pages in the log after the last commit.
    log_pages: Arc<AtomicUsize>,
    /// What SQLite says as long as no other process writes.
    data_version: i64,
    keep_recent: bool,
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
        settings: &SqliteSettings,
    ) -> Result<Self, StoreError> {
        let log_pages = Arc::new(AtomicUsize::new(0));
        let pages = Arc::clone(&log_pages);
        connection
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count: std::ffi::c_int| {
                pages.store(usize::try_from(count).unwrap_or_default(), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(doing("watch the size of the log"))?;
        let checkpoints = Checkpoints::start(settings, searches)?;
        let mut writer = Self {
            commits: checkpoints.commits(),
            checkpoints,
            connection,
            recent,
            counters: Counters::default(),
            settling: SettlingOrder::default(),
            added: AddedContacts::default(),
            backlog: Backlog::new(settings),
            batch: 1,
            log_pages,
            data_version: 0,
            keep_recent: settings.serve,
            most_recent: settings.recent_contacts,
            largest_batch: settings.largest_batch,
            portions: Turns::new(1, settings.portion_queue),
        };
        writer.data_version = writer.read_data_version()?;
        writer.forget()?;
        writer.pack_what_is_too_much()?;
        Ok(writer)
    }

    /// Serves writes until nobody can send any more, then settles and empties the log.
    pub(crate) fn serve(&mut self, jobs: &Receiver<Box<dyn WriteJob>>) -> Result<(), StoreError> {
        loop {
            let next = if self.portions.waiting() > 0 {
                jobs.try_recv().map_err(|_| None)
            } else if self.has_work_at_rest() {
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
            self.serve_portion();
        }
        self.checkpoints.stop();
        if !self.keep_recent {
            // A server beside this command may be writing: emptying the log would make it wait.
            return Ok(());
        }
        while self.recent.count() > 0 {
            self.settle_some()?;
        }
        empty_log(&self.connection)
    }

    /// The transaction of one operation in the commit that is being made.
    fn begin_operation(&mut self, store: StoreId, author: Actor) -> SqliteWriteTx<'_> {
        SqliteWriteTx {
            connection: &mut self.connection,
            store,
            mode: Writing {
                author,
                recent: &self.recent,
                counters: &mut self.counters,
                settling: &mut self.settling,
                added: &mut self.added,
                backlog: &mut self.backlog,
                batch: self.batch,
                keep_recent: self.keep_recent,
                wrote: false,
            },
        }
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
                        gives_way.fail(NO_ROOM);
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
                    tracing::error!(%error, writes = batch.len(), "a commit failed; nothing of it was written");
                    self.undo();
                    for job in batch.drain(..) {
                        job.fail(repeat(&error));
                    }
                }
            }
        }
        measures::set(measures::RECENT_CONTACTS, self.recent.count());
        self.checkpoint();
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
            if job.run(self) == Ran::Halfway {
                return Ok(Some(place));
            }
        }
        // As many contacts as came with this commit may have to make room, and no more.
        self.settle(self.most_recent, usize::MAX)?;
        self.pack_share()?;
        if let [alone] = batch {
            alone.worked(began.elapsed());
        }
        self.end()?;
        Ok(None)
    }

    /// Makes a commit, which the checkpoint thread leaves alone with the log.
    fn alone<T>(&mut self, commit: impl FnOnce(&mut Self) -> T) -> T {
        let commits = self.commits.clone();
        commits.make(|| commit(self))
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        execute(&self.connection, "BEGIN IMMEDIATE").map_err(doing("begin to write"))?;
        let data_version = self.read_data_version()?;
        if data_version != self.data_version {
            tracing::debug!("another process wrote to the database");
            self.data_version = data_version;
            self.forget()?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        let backlog = &mut self.backlog;
        self.added.write(&self.connection, |store, contacts| backlog.note_added(store, contacts))?;
        self.counters.write(&self.connection)?;
        execute(&self.connection, "COMMIT").map_err(doing("commit"))?;
        self.backlog.forget_fresh();
        self.recent.publish(self.batch);
        self.batch += 1;
        Ok(())
    }

    fn settle(&mut self, keep: usize, customers: usize) -> Result<(), StoreError> {
        settle_oldest(&self.connection, &self.recent, &mut self.settling, self.batch, keep, customers)
    }

    fn has_work_at_rest(&self) -> bool {
        self.keep_recent && (self.recent.count() > 0 || !self.backlog.is_empty())
    }

    /// Settles and packs customers while nobody waits.
    fn work_at_rest(&mut self, jobs: &Receiver<Box<dyn WriteJob>>) {
        while jobs.is_empty() && self.has_work_at_rest() {
            let done = if self.recent.count() > 0 { self.settle_some() } else { self.pack_some() };
            if let Err(error) = done {
                tracing::warn!(%error, "settling or packing customers failed and will be tried again");
                break;
            }
            self.checkpoint();
        }
        measures::set(measures::WRITE_QUEUE_DEPTH, jobs.len());
        measures::set(measures::RECENT_CONTACTS, self.recent.count());
    }

    fn settle_some(&mut self) -> Result<(), StoreError> {
        let settled = self.alone(|writer| {
            writer.begin()?;
            writer.settle(0, CUSTOMERS_SETTLED_AT_REST)?;
            writer.end()
        });
        if settled.is_err() {
            self.undo();
        }
        settled
    }

    /// Packs some customers for searches, in a transaction of its own.
    fn pack_some(&mut self) -> Result<(), StoreError> {
        let Some(store) = self.backlog.store_to_pack() else { return Ok(()) };
        let packed = self.alone(|writer| {
            writer.begin()?;
            writer.pack(store, true, PACKED_AT_REST)?;
            writer.end()
        });
        if packed.is_err() {
            self.undo();
        }
        packed
    }

    /// Packs as many customers with a commit as came with it, where there are too many that are not packed.
    fn pack_share(&mut self) -> Result<(), StoreError> {
        let customers = self.backlog.share();
        match self.backlog.too_much() {
            Some((store, added)) => self.pack(store, added, PackingShare { customers, blocks: usize::MAX }),
            None => Ok(()),
        }
    }

    /// Packs, before anybody is served, what a search would be slow to look through.
    fn pack_what_is_too_much(&mut self) -> Result<(), StoreError> {
        if self.backlog.too_much().is_some() {
            tracing::info!(
                "packing customers for searches; this happens once and takes some seconds a million"
            );
        }
        while let Some((store, added)) = self.backlog.too_much() {
            self.alone(|writer| {
                writer.begin()?;
                writer.pack(store, added, PACKED_AT_ONCE)?;
                writer.end()
            })?;
            self.checkpoint();
        }
        Ok(())
    }

    /// Goes on with the packing that was begun, or begins with this store.
    fn pack(&mut self, store: StoreId, added: bool, share: PackingShare) -> Result<(), StoreError> {
        let mut packing = match self.backlog.take_packing() {
            Some(packing) => packing,
            None => self.begin_operation(store, Actor::Unknown).begin_packing(added)?,
        };
        self.begin_operation(packing.store, Actor::Unknown).pack(&mut packing, share)?;
        self.backlog.put_packing(packing);
        Ok(())
    }

    /// Undoes the transaction, in the database and in memory.
    fn undo(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = execute(&self.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        if let Err(error) = self.forget() {
            tracing::error!(%error, "the recent contacts could not be read again");
        }
        // A number of its own for the next attempt, so that nothing of this one can be taken for the next one's.
        self.batch += 1;
    }

    /// Forgets what memory says of the database and reads it anew.
    fn forget(&mut self) -> Result<(), StoreError> {
        self.counters.forget();
        self.added.clear();
        self.backlog.reload(&self.connection)?;
        settle::reload(&self.connection, &self.recent, &mut self.settling, self.batch)
    }

    fn read_data_version(&self) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(doing("see whether another process wrote"))
    }
}

/// The error of a commit, once for each operation that was in it.
fn repeat(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { reason } => StoreError::Unavailable { reason },
        other => StoreError::Database { doing: "commit", source: other.to_string().into() },
    }
}
