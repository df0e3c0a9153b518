//! The engine that runs, whichever it is.

use shopfolk_model::{Actor, EventPosition, Store, StoreId};
use shopfolk_store::{
    BackgroundTask, CopyOperation, Engine, EngineHealth, ListeningStores, Pace, Page, PageRequest,
    ReadOperation, StoreError, StoredEvent, StoresWith, Violation, WriteOperation,
};
use shopfolk_store_postgres::PostgresEngine;
use shopfolk_store_sqlite::SqliteEngine;

/// One of the engines.
#[derive(Clone)]
pub(crate) enum AnyEngine {
    /// The embedded one.
    Sqlite(SqliteEngine),
    /// The one for many nodes.
    Postgres(PostgresEngine),
}

/// Does the same with either engine.
macro_rules! with_engine {
    ($any:expr, $engine:ident => $do:expr) => {
        match $any {
            AnyEngine::Sqlite($engine) => $do,
            AnyEngine::Postgres($engine) => $do,
        }
    };
}

impl Engine for AnyEngine {
    async fn read_for<O: ReadOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        with_engine!(self, engine => engine.read_for(store, by, operation).await)
    }

    async fn read_alone<O: ReadOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        with_engine!(self, engine => engine.read_alone(store, operation).await)
    }

    async fn write<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        with_engine!(self, engine => engine.write(store, by, operation).await)
    }

    async fn write_portion<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
        pace: &mut Pace,
    ) -> Result<O::Output, O::Error> {
        with_engine!(self, engine => engine.write_portion(store, by, operation, pace).await)
    }

    async fn copy<O: CopyOperation>(&self, store: StoreId, operation: O) -> Result<O::Output, StoreError> {
        with_engine!(self, engine => engine.copy(store, operation).await)
    }

    async fn list_events(
        &self,
        store: StoreId,
        after: Option<EventPosition>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        with_engine!(self, engine => engine.list_events(store, after, limit).await)
    }

    async fn list_stores(&self, page: PageRequest<StoreId>) -> Result<Page<Store, StoreId>, StoreError> {
        with_engine!(self, engine => engine.list_stores(page).await)
    }

    async fn list_listening_stores(
        &self,
        which: ListeningStores,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Vec<StoreId>, StoreError> {
        with_engine!(self, engine => engine.list_listening_stores(which, after, limit).await)
    }

    fn on_write(&self, wrote: impl Fn(StoreId) + Send + Sync + 'static) {
        with_engine!(self, engine => engine.on_write(wrote));
    }

    async fn next_store_id(&self) -> Result<StoreId, StoreError> {
        with_engine!(self, engine => engine.next_store_id().await)
    }

    async fn next_store_with(
        &self,
        what: StoresWith,
        after: Option<StoreId>,
    ) -> Result<Option<StoreId>, StoreError> {
        with_engine!(self, engine => engine.next_store_with(what, after).await)
    }

    async fn check(&self, report: impl FnMut(Violation) + Send + 'static) -> Result<(), StoreError> {
        with_engine!(self, engine => engine.check(report).await)
    }

    async fn rebuild(&self, observe: impl FnMut(u64) + Send + 'static) -> Result<(), StoreError> {
        with_engine!(self, engine => engine.rebuild(observe).await)
    }

    async fn count_events(&self) -> Result<u64, StoreError> {
        with_engine!(self, engine => engine.count_events().await)
    }

    fn on_access_change(&self, changed: impl Fn(Option<StoreId>) + Send + Sync + 'static) {
        with_engine!(self, engine => engine.on_access_change(changed));
    }

    fn background(&self) -> Vec<BackgroundTask> {
        with_engine!(self, engine => engine.background())
    }

    async fn health(&self) -> EngineHealth {
        with_engine!(self, engine => engine.health().await)
    }

    async fn close(&self) -> Result<(), StoreError> {
        with_engine!(self, engine => engine.close().await)
    }
}
