//! The engine: the threads, the queues before them, and the way in.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError, bounded};
use shopfolk_model::{Actor, EventPosition, Store, StoreId};
use shopfolk_store::{
    BackgroundTask, CopyOperation, Engine, EngineHealth, Length, ListeningStores, MigrationStep, Pace, Page,
    PageRequest, Query, ReadOperation, ReadTx, Record, RecordKey, StoreError, StoredEvent, StoresWith, Turn,
    Violation, Which, WriteListener, WriteOperation,
};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use crate::batches::next_store_with;
use crate::check::check_database;
use crate::connection::{open_reader, open_writer};
use crate::events::count_events;
use crate::file::{ServingLock, make_for_owner_alone};
use crate::pause::Searches;
use crate::portions::PortionWrite;
use crate::probe::Probe;
use crate::reader::{ReadJob, Reader, read_alone};
use crate::recent::{ReaderNumber, RecentContacts};
use crate::search::Rebuild;
use crate::stores::{list_stores, next_store_id};
use crate::waiting_reads::WaitingReads;
use crate::webhooks::list_listening_stores;
use crate::write_health::WriteHealth;
use crate::writer::{Copies, Operates, Runs, Write, WriteJob, Writer};
use crate::{SqliteSettings, measures, migrations};

/// The embedded engine. Clones share one database.
#[derive(Clone)]
pub struct SqliteEngine {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    health: Arc<WriteHealth>,
    writes: RwLock<Option<Sender<Box<dyn WriteJob>>>>,
    short_reads: Arc<WaitingReads>,
    long_reads: Arc<WaitingReads>,
    written: WriteListener,
    /// What the writer says when it has finished; taken when the engine is closed.
    finished: Mutex<Option<oneshot::Receiver<Result<(), StoreError>>>>,
}

impl Shared {
    /// No more reads are taken; those that wait are done.
    fn close_reads(&self) {
        self.short_reads.close();
        self.long_reads.close();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close_reads();
    }
}

/// How long an engine that works may take to say so.
const HEALTH_LIMIT: Duration = Duration::from_secs(5);

impl SqliteEngine {
    /// Opens the database, brings its tables up to date and starts the threads.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database of ours, or when another server holds it.
    pub fn open(settings: &SqliteSettings) -> Result<Self, StoreError> {
        Self::open_observed(settings, |_| ())
    }

    /// The same; `observe` is told what is done with tables of an earlier release.
    ///
    /// # Errors
    /// As with [`Self::open`].
    pub fn open_observed(
        settings: &SqliteSettings,
        observe: impl FnMut(MigrationStep),
    ) -> Result<Self, StoreError> {
        let lock = if settings.serve {
            Some(Arc::new(ServingLock::take(&settings.path, settings.create)?))
        } else {
            if settings.create {
                make_for_owner_alone(&settings.path)?;
            }
            None
        };
        let mut connection = open_writer(settings)?;
        migrations::run(&mut connection, observe)?;
        let files = lock.as_ref().map(|lock| lock.watch(&settings.path)).transpose()?;
        let health = Arc::new(WriteHealth::default());
        let recent = Arc::new(RecentContacts::new(settings.readers + settings.searchers));
        let searches = Arc::new(Searches::default());
        let (settled, paused, watched) = (Arc::clone(&recent), Arc::clone(&searches), Arc::clone(&health));
        let mut writer = Writer::new(connection, settled, paused, watched, files, settings)?;

        measures::describe();
        let (write_queue, waiting_writes) = bounded(settings.write_queue);
        let (finish, finished) = oneshot::channel();
        let held = lock.clone();
        start_thread("writer", move || {
            let outcome = writer.serve(&waiting_writes);
            drop(writer);
            // Held until here, so that no other server begins before this one has ended.
            let released = held.map_or(Ok(()), |lock| lock.release());
            let _ = finish.send(outcome.and(released));
        })?;

        let short_reads = Arc::new(WaitingReads::short(settings.readers, settings.read_queue));
        let long_reads = Arc::new(WaitingReads::long(settings.searchers, settings.search_queue));
        for number in 0..settings.readers + settings.searchers {
            let mut reader = Reader {
                connection: open_reader(&settings.path)?,
                recent: Arc::clone(&recent),
                number: ReaderNumber(number),
                serve: settings.serve,
            };
            let lock = lock.clone();
            if number < settings.readers {
                let jobs = Arc::clone(&short_reads);
                start_thread("reader", move || {
                    jobs.serve(|job| job(&mut reader));
                    drop(lock);
                })?;
            } else {
                let (jobs, searches) = (Arc::clone(&long_reads), Arc::clone(&searches));
                start_thread("searcher", move || {
                    jobs.serve(|job| searches.run(|| job(&mut reader)));
                    drop(lock);
                })?;
            }
        }
        Ok(Self {
            shared: Arc::new(Shared {
                path: settings.path.clone(),
                health,
                writes: RwLock::new(Some(write_queue)),
                short_reads,
                long_reads,
                written: WriteListener::default(),
                finished: Mutex::new(Some(finished)),
            }),
        })
    }

    /// Sends to the writer without waiting for room in its queue.
    fn send(&self, job: impl WriteJob + 'static) -> Result<(), StoreError> {
        let writes = self.shared.writes.read().unwrap_or_else(PoisonError::into_inner);
        let writes = writes.as_ref().ok_or(StoreError::CLOSED)?;
        writes.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::NO_ROOM,
            TrySendError::Disconnected(_) => StoreError::CLOSED,
        })
    }

    /// Has the writer run something.
    async fn run<R: Runs>(&self, store: StoreId, author: Actor, operation: R) -> Result<R::Output, R::Error> {
        let (write, answer) = Write::new(store, author, operation);
        self.send(write)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::CLOSED.into()))
    }

    /// Takes a write that changes nothing, unless one was taken a moment ago.
    async fn take_a_write(&self) -> Result<(), StoreError> {
        if self.shared.health.is_known_to_take(Instant::now()) {
            return Ok(());
        }
        let (probe, answer) = Probe::new();
        self.send(probe)?;
        answer.await.unwrap_or(Err(StoreError::CLOSED))
    }

    /// Has the writer run a portion of something long in its turn, and tells the pace how long it worked.
    async fn run_portion<R: Runs>(
        &self,
        turn: Turn,
        operation: R,
        pace: &mut Pace,
    ) -> Result<R::Output, R::Error> {
        let (write, answer) = Write::new(turn.store, turn.by, operation);
        let (portion, worked) = PortionWrite::new(turn, write);
        self.send(portion)?;
        let answer = answer.await.unwrap_or_else(|_| Err(StoreError::CLOSED.into()))?;
        if let Some(worked) = worked.get() {
            pace.took(worked);
        }
        Ok(answer)
    }

    /// Reads something in its turn.
    async fn in_turn<T, E>(
        waiting: &WaitingReads,
        turn: Turn,
        read: impl FnOnce(&mut Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = read_job(read);
        waiting.push(turn, job)?;
        // Nobody has begun what gives no answer: it had to make room for another store's.
        answer.await.unwrap_or_else(|_| Err(StoreError::NO_ROOM.into()))
    }

    /// Reads something short that is of no store.
    async fn of_no_store<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Turn { store: StoreId::PLATFORM, by: Actor::Unknown };
        Self::in_turn(&self.shared.short_reads, turn, read).await
    }
}

/// Something to read, and where its answer comes.
fn read_job<T, E>(
    read: impl FnOnce(&mut Reader) -> Result<T, E> + Send + 'static,
) -> (ReadJob, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let (caller, answer) = oneshot::channel::<Result<T, E>>();
    let job: ReadJob = Box::new(move |reader| {
        // A caller that has gone away does not wait for an answer.
        if !caller.is_closed() {
            let _ = caller.send(read(reader));
        }
    });
    (job, answer)
}

impl Engine for SqliteEngine {
    async fn read_for<O: ReadOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let waiting = match operation.length() {
            Length::Short => &self.shared.short_reads,
            Length::Long => &self.shared.long_reads,
        };
        Self::in_turn(waiting, Turn { store, by }, move |reader| reader.run(store, &operation)).await
    }

    async fn read_alone<O: ReadOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let (caller, answer) = oneshot::channel();
        let path = self.shared.path.clone();
        let runtime = Handle::current();
        start_thread("reader alone", move || {
            let read = || {
                let mut connection = open_reader(&path)?;
                read_alone(&mut connection, store, &operation, &runtime)
            };
            let _ = caller.send(read());
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::CLOSED.into()))
    }

    async fn write<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let answer = self.run(store, by, Operates(operation)).await?;
        self.shared.written.wrote(store, by);
        Ok(answer)
    }

    async fn write_portion<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
        pace: &mut Pace,
    ) -> Result<O::Output, O::Error> {
        let answer = self.run_portion(Turn { store, by }, Operates(operation), pace).await?;
        self.shared.written.wrote(store, by);
        Ok(answer)
    }

    async fn copy<O: CopyOperation>(&self, store: StoreId, operation: O) -> Result<O::Output, StoreError> {
        let turn = Turn { store, by: Actor::CommandLine };
        self.run_portion(turn, Copies(operation), &mut Pace::default()).await
    }

    async fn list_events(
        &self,
        store: StoreId,
        after: Option<EventPosition>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(store, ListEvents { after, limit }).await
    }

    async fn list_stores(&self, page: PageRequest<StoreId>) -> Result<Page<Store, StoreId>, StoreError> {
        self.of_no_store(move |reader| list_stores(&reader.connection, page)).await
    }

    async fn list_listening_stores(
        &self,
        which: ListeningStores,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Vec<StoreId>, StoreError> {
        self.of_no_store(move |reader| list_listening_stores(&reader.connection, which, after, limit)).await
    }

    fn on_write(&self, wrote: impl Fn(StoreId) + Send + Sync + 'static) {
        self.shared.written.tell(wrote);
    }

    async fn next_store_id(&self) -> Result<StoreId, StoreError> {
        self.of_no_store(|reader| next_store_id(&reader.connection)).await
    }

    async fn next_store_with(
        &self,
        what: StoresWith,
        after: Option<StoreId>,
    ) -> Result<Option<StoreId>, StoreError> {
        self.of_no_store(move |reader| next_store_with(&reader.connection, what, after)).await
    }

    async fn check(&self, report: impl FnMut(Violation) + Send + 'static) -> Result<(), StoreError> {
        let (caller, answer) = oneshot::channel();
        let path = self.shared.path.clone();
        // On a thread and a connection of its own, because it reads the whole database.
        start_thread("check", move || {
            let outcome =
                open_reader(&path).and_then(|mut connection| check_database(&mut connection, report));
            let _ = caller.send(outcome);
        })?;
        answer.await.unwrap_or(Err(StoreError::CLOSED))
    }

    async fn rebuild(&self, mut observe: impl FnMut(u64) + Send + 'static) -> Result<(), StoreError> {
        let (mut done, mut next) = (0, Some(PageRequest::at(0, 100)));
        while let Some(page) = next {
            let stores = self.list_stores(page).await?;
            next = stores.next.map(|store| PageRequest::after(store, page.limit));
            for store in stores.items {
                let mut after = None;
                let turn = Turn { store: store.id, by: Actor::CommandLine };
                while let Some(rebuilt) =
                    self.run_portion(turn, Rebuild { after }, &mut Pace::default()).await?
                {
                    (after, done) = (Some(rebuilt), done + rebuilt.customers);
                    observe(done);
                }
            }
        }
        Ok(())
    }

    async fn count_events(&self) -> Result<u64, StoreError> {
        self.of_no_store(|reader| count_events(&reader.connection)).await
    }

    fn on_access_change(&self, _changed: impl Fn(Option<StoreId>) + Send + Sync + 'static) {
        // Other processes say nothing when they have written.
    }

    fn background(&self) -> Vec<BackgroundTask> {
        // Settling and packing are between two batches of the one thread that writes.
        Vec::new()
    }

    async fn health(&self) -> EngineHealth {
        let works = async { self.count_events().await.and(self.take_a_write().await) };
        match timeout(HEALTH_LIMIT, works).await {
            Ok(Ok(())) => EngineHealth::Ready,
            Ok(Err(error)) => EngineHealth::NotReady(error.to_string()),
            Err(_) => {
                EngineHealth::NotReady(format!("the database did not take a write within {HEALTH_LIMIT:?}"))
            }
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        let writes = self.shared.writes.write().unwrap_or_else(PoisonError::into_inner).take();
        // The threads serve what waits for them and end when nobody can send any more.
        drop(writes);
        self.shared.close_reads();
        match self.shared.finished.lock().await.take() {
            Some(finished) => finished.await.unwrap_or(Err(StoreError::CLOSED)),
            None => Ok(()),
        }
    }
}

/// Lists the events of a store behind a place.
struct ListEvents {
    after: Option<EventPosition>,
    limit: u32,
}

impl ReadOperation for ListEvents {
    type Output = Vec<StoredEvent>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let after = self.after.map(|place| (place,).values());
        tx.all(Query { table: StoredEvent::TABLE, which: Which::After(after, self.limit) }).await
    }
}

fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(drop)
        .map_err(|error| StoreError::Database { doing: "start a thread", source: error.into() })
}
