//! An engine that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shopfolk_model::{Actor, EventPosition, Store, StoreId};
use shopfolk_store::{
    BackgroundTask, CopyOperation, Engine, EngineHealth, ListeningStores, Pace, Page, PageRequest,
    ReadOperation, StoreError, StoredEvent, StoresWith, Violation, WriteOperation,
};
use shopfolk_store_sqlite::SqliteEngine;

/// An engine whose writes of groups fail some times, before or after they are done.
#[derive(Clone)]
pub struct Flaky {
    pub engine: SqliteEngine,
    /// So many more fail.
    pub failures: Arc<AtomicU32>,
    /// How many were tried.
    pub tries: Arc<AtomicU32>,
}

impl Engine for Flaky {
    async fn read_for<O: ReadOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        self.engine.read_for(store, by, operation).await
    }

    async fn write<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        if !std::any::type_name::<O>().contains("CreateGroup") {
            return self.engine.write(store, by, operation).await;
        }
        let tries = self.tries.fetch_add(1, Ordering::SeqCst);
        let left = self.failures.load(Ordering::SeqCst);
        if left == 0 {
            return self.engine.write(store, by, operation).await;
        }
        self.failures.store(left - 1, Ordering::SeqCst);
        // Every second time it is done, and nobody is told.
        if tries % 2 == 1 {
            let _ = self.engine.write(store, by, operation).await;
        }
        Err(StoreError::OutcomeUnknown.into())
    }

    async fn write_portion<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
        pace: &mut Pace,
    ) -> Result<O::Output, O::Error> {
        self.engine.write_portion(store, by, operation, pace).await
    }

    async fn copy<O: CopyOperation>(&self, store: StoreId, operation: O) -> Result<O::Output, StoreError> {
        self.engine.copy(store, operation).await
    }

    async fn list_events(
        &self,
        store: StoreId,
        after: Option<EventPosition>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.engine.list_events(store, after, limit).await
    }

    async fn list_stores(&self, page: PageRequest<StoreId>) -> Result<Page<Store, StoreId>, StoreError> {
        self.engine.list_stores(page).await
    }

    async fn list_listening_stores(
        &self,
        which: ListeningStores,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Vec<StoreId>, StoreError> {
        self.engine.list_listening_stores(which, after, limit).await
    }

    fn on_write(&self, _: impl Fn(StoreId) + Send + Sync + 'static) {}

    async fn next_store_id(&self) -> Result<StoreId, StoreError> {
        self.engine.next_store_id().await
    }

    async fn next_store_with(
        &self,
        what: StoresWith,
        after: Option<StoreId>,
    ) -> Result<Option<StoreId>, StoreError> {
        self.engine.next_store_with(what, after).await
    }

    async fn check(&self, report: impl FnMut(Violation) + Send + 'static) -> Result<(), StoreError> {
        self.engine.check(report).await
    }

    async fn rebuild(&self, observe: impl FnMut(u64) + Send + 'static) -> Result<(), StoreError> {
        self.engine.rebuild(observe).await
    }

    async fn count_events(&self) -> Result<u64, StoreError> {
        self.engine.count_events().await
    }

    fn on_access_change(&self, _: impl Fn(Option<StoreId>) + Send + Sync + 'static) {}

    fn background(&self) -> Vec<BackgroundTask> {
        Vec::new()
    }

    async fn health(&self) -> EngineHealth {
        EngineHealth::Ready
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
