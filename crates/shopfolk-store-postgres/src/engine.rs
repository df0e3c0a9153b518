//! The engine: a node, and the way in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use shopfolk_model::{Actor, EventPosition, Store, StoreId};
use shopfolk_store::{
    BackgroundTask, CopyOperation, Engine, EngineHealth, ListeningStores, MigrationStep, Pace, Page,
    PageRequest, Place, ReadOperation, StoreError, StoredEvent, StoresWith, Turn, Violation, WriteListener,
    WriteOperation,
};
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::task::TaskTracker;

use crate::batches::next_store_with;
use crate::check::check_database;
use crate::events::{ListEvents, PlaceEvents, count_events};
use crate::failure::{Failure, doing};
use crate::listener::{AccessChange, listen};
use crate::migrations::{self, Tables};
use crate::node::{Copies, Node, Operates, Runs, try_to_read};
use crate::places::take_place;
use crate::pool::{Connector, PooledSession};
use crate::search::Rebuild;
use crate::session::{Session, Step};
use crate::stores::{list_stores, next_store_id};
use crate::tls::connector;
use crate::webhooks::list_listening_stores;
use crate::{PostgresSettings, citus, measures};

/// The scale-out engine. Clones share the connections of one node.
#[derive(Clone)]
pub struct PostgresEngine {
    node: Arc<Node>,
    settings: Arc<PostgresSettings>,
    tls: MakeRustlsConnect,
    /// The writes under way: a node that stops waits for them.
    writes: TaskTracker,
    access_change: Arc<AccessChange>,
    written: WriteListener,
}

const READ_ONLY: StoreError = StoreError::Unavailable { reason: "the database takes no writes" };
const NO_TABLES: &str = "there are no tables of Shopfolk in it; 'shopfolk migrate' makes them";

impl PostgresEngine {
    /// Connects to the database and brings its tables up to date. Has to be called in a Tokio runtime.
    ///
    /// # Errors
    /// When no server that takes writes can be reached, it refuses, or there are no tables and none are to be made.
    pub async fn open(settings: PostgresSettings) -> Result<Self, StoreError> {
        Self::open_observed(settings, |_| ()).await
    }

    /// The same; `observe` is told what is done with tables of an earlier release.
    ///
    /// # Errors
    /// As with [`Self::open`].
    pub async fn open_observed(
        settings: PostgresSettings,
        mut observe: impl FnMut(MigrationStep) + Send,
    ) -> Result<Self, StoreError> {
        let settings = Arc::new(settings);
        let tls = connector(&settings.address.encryption)?;
        let connecting = doing("connect to the database");
        let mut session = Session::open(&settings, &tls, |_| ()).await.map_err(&connecting)?;
        match migrations::look(session.client()).await? {
            Tables::UpToDate => {}
            Tables::Missing if !settings.create => {
                return Err(StoreError::Database { doing: "open the database", source: NO_TABLES.into() });
            }
            Tables::Missing | Tables::Old { .. } => {
                let mut lock = Session::open(&settings, &tls, |_| ()).await.map_err(&connecting)?;
                migrations::run(&mut session, &mut lock, &mut observe).await?;
            }
        }
        measures::describe();
        Ok(Self {
            node: Arc::new(Node::new(&settings)?),
            settings,
            tls,
            writes: TaskTracker::new(),
            access_change: Arc::default(),
            written: WriteListener::default(),
        })
    }

    /// Distributes the tables over the workers of Citus, by store, and says what it did.
    ///
    /// # Errors
    /// When the extension is not there, or refuses.
    pub async fn distribute(&self) -> Result<citus::Distribution, StoreError> {
        let mut session = self.connect().await?;
        citus::distribute(session.client()).await
    }

    /// Runs something on a connection, again when the connection is lost.
    async fn on_session<T, F: Future<Output = (PooledSession, Result<T, Failure>)>>(
        &self,
        act: impl Fn(PooledSession) -> F,
    ) -> Result<T, StoreError> {
        let deadline = self.node.deadline();
        loop {
            let (session, outcome) = act(self.node.sessions.take(deadline).await?).await;
            match outcome {
                Ok(value) => return Ok(value),
                Err(Failure::Lost { .. } | Failure::StatementsLost { .. }) if Instant::now() < deadline => {
                    drop(PooledSession::take(session));
                }
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    async fn run<R: Runs>(&self, store: StoreId, author: Actor, operation: R) -> Result<R::Output, R::Error> {
        self.run_in(None, store, author, operation).await
    }

    /// Writes, and keeps a place for what is long until that has ended.
    async fn run_in<R: Runs>(
        &self,
        place: Option<Place>,
        store: StoreId,
        author: Actor,
        operation: R,
    ) -> Result<R::Output, R::Error> {
        if self.writes.is_closed() {
            return Err(StoreError::CLOSED.into());
        }
        let node = Arc::clone(&self.node);
        // On a task of its own: what was begun is finished, even when the caller goes away.
        let write = self.writes.spawn(async move {
            let _place = place;
            node.write(store, author, operation).await
        });
        write.await.unwrap_or_else(|error| Err(fault(&error).into()))
    }

    /// Opens a connection beside those that operations run on.
    async fn connect(&self) -> Result<Session, StoreError> {
        Session::open(&self.settings, &self.tls, |_| ()).await.map_err(doing("connect to the database"))
    }
}

impl Engine for PostgresEngine {
    async fn read_for<O: ReadOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        self.node.read(Turn { store, by }, operation).await
    }

    async fn read_alone<O: ReadOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let session = self.connect().await?;
        match try_to_read(&session, store, &operation).await {
            (_, Some(failure)) => Err(failure.into_error().into()),
            (outcome, None) => outcome,
        }
    }

    async fn write<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let answer = self.run(store, by, Operates(operation)).await?;
        self.written.wrote(store, by);
        Ok(answer)
    }

    async fn write_portion<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
        pace: &mut Pace,
    ) -> Result<O::Output, O::Error> {
        let long = take_place(&self.node.long_places, Turn { store, by }, self.node.deadline()).await?;
        let answer = self.run_in(Some(long), store, by, Operates(operation)).await?;
        self.written.wrote(store, by);
        // Nobody waits for it but who wants the same rows.
        pace.took(Duration::ZERO);
        Ok(answer)
    }

    async fn copy<O: CopyOperation>(&self, store: StoreId, operation: O) -> Result<O::Output, StoreError> {
        self.run(store, Actor::CommandLine, Copies(operation)).await
    }

    async fn list_events(
        &self,
        store: StoreId,
        after: Option<EventPosition>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let mut events = self.read(store, ListEvents { after, limit }).await?;
        // Those that have no place yet come behind all that have one, and get the next ones in the order in which they were
        // recorded.
        while events.len() < limit as usize && self.run(store, Actor::Unknown, PlaceEvents).await? > 0 {
            events = self.read(store, ListEvents { after, limit }).await?;
        }
        Ok(events)
    }

    async fn rebuild(&self, mut observe: impl FnMut(u64) + Send + 'static) -> Result<(), StoreError> {
        let (mut done, mut next) = (0, Some(PageRequest::at(0, 100)));
        while let Some(page) = next {
            let stores = self.list_stores(page).await?;
            next = stores.next.map(|store| PageRequest::after(store, page.limit));
            for store in stores.items {
                let mut after = None;
                while let Some((through, customers)) =
                    self.run(store.id, Actor::CommandLine, Rebuild { after }).await?
                {
                    (after, done) = (Some(through), done + customers);
                    observe(done);
                }
            }
        }
        Ok(())
    }

    async fn list_stores(&self, page: PageRequest<StoreId>) -> Result<Page<Store, StoreId>, StoreError> {
        self.on_session(async |session| {
            let outcome = list_stores(&session, page).await;
            (session, outcome)
        })
        .await
    }

    async fn list_listening_stores(
        &self,
        which: ListeningStores,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Vec<StoreId>, StoreError> {
        self.on_session(async |session| {
            let outcome = list_listening_stores(&session, which, after, limit).await;
            (session, outcome)
        })
        .await
    }

    fn on_write(&self, wrote: impl Fn(StoreId) + Send + Sync + 'static) {
        self.written.tell(wrote);
    }

    async fn next_store_id(&self) -> Result<StoreId, StoreError> {
        self.on_session(async |session| {
            let outcome = next_store_id(&session).await;
            (session, outcome)
        })
        .await
    }

    async fn next_store_with(
        &self,
        what: StoresWith,
        after: Option<StoreId>,
    ) -> Result<Option<StoreId>, StoreError> {
        self.on_session(async |session| {
            let outcome = next_store_with(&session, what, after).await;
            (session, outcome)
        })
        .await
    }

    async fn check(&self, report: impl FnMut(Violation) + Send + 'static) -> Result<(), StoreError> {
        // On a connection of its own, because it reads the whole database.
        let mut session = self.connect().await?;
        check_database(&mut session, report).await
    }

    async fn count_events(&self) -> Result<u64, StoreError> {
        self.on_session(async |session| {
            let outcome = count_events(&session).await;
            (session, outcome)
        })
        .await
    }

    fn on_access_change(&self, changed: impl Fn(Option<StoreId>) + Send + Sync + 'static) {
        self.access_change.tell(changed);
    }

    fn background(&self) -> Vec<BackgroundTask> {
        let connector = Connector { settings: Arc::clone(&self.settings), tls: self.tls.clone() };
        let (connector, told) = (Arc::new(connector), Arc::clone(&self.access_change));
        let listens = move || listen(Arc::clone(&connector), Arc::clone(&told));
        vec![BackgroundTask::until_stopped("access changes", listens)]
    }

    async fn health(&self) -> EngineHealth {
        let limit = self.settings.connect_limit;
        match timeout(limit, self.on_session(answers)).await {
            Ok(Ok(())) => EngineHealth::Ready,
            Ok(Err(error)) => EngineHealth::NotReady(error.to_string()),
            Err(_) => {
                EngineHealth::NotReady(format!("no database that takes writes answered within {limit:?}"))
            }
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.writes.close();
        self.writes.wait().await;
        self.node.ids.give_back().await;
        self.node.sessions.close();
        Ok(())
    }
}

/// Whether the database answers and takes writes; a standby, or a server that was made read-only, is given up for another one. It
/// touches no table: on Citus the loss of a worker makes no node unfit for the stores of
/// the others.
async fn answers(session: PooledSession) -> (PooledSession, Result<(), Failure>) {
    let ask = Step::Run {
        what: "ask the database",
        sql: "SELECT current_setting('transaction_read_only')",
        parameters: Vec::new(),
        touches: None,
    };
    let outcome = match session.send(&[ask]).await {
        Ok(answers) => match answers.iter().flat_map(|answer| &answer.rows).next() {
            Some(row) if row.get::<_, &str>(0) == "off" => Ok(()),
            _ => Err(Failure::Lost { error: READ_ONLY }),
        },
        Err((_, error)) => Err(Failure::of("ask the database", error)),
    };
    (session, outcome)
}

/// Why a task has no answer.
fn fault(error: &JoinError) -> StoreError {
    if error.is_panic() {
        return StoreError::Database { doing: "run an operation", source: "the operation panicked".into() };
    }
    StoreError::CLOSED
}
