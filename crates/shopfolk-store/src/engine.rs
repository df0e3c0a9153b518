//! An engine, its transactions, and the operations that run in them.

use std::future::Future;

use shopfolk_model::{Actor, EventPosition, Store, StoreId};

use crate::{
    BackgroundTask, CopyOperation, Length, ListeningStores, Pace, Page, PageRequest, ReadContacts, ReadCopy,
    ReadCustomers, ReadDeliveries, ReadEvents, ReadOrderSearch, ReadOrders, ReadRows, ReadSearch, StoreError,
    StoredEvent, StoresWith, Violation, WriteContacts, WriteEvents, WriteOrders, WriteRows, WriteSearched,
};

/// What can be read in one transaction on one store: a snapshot of it.
pub trait ReadTx:
    ReadRows
    + ReadCustomers
    + ReadContacts
    + ReadOrders
    + ReadOrderSearch
    + ReadSearch
    + ReadDeliveries
    + ReadEvents
    + ReadCopy
    + Send
{
}

/// What can be read and written in one transaction on one store. Dropping it without a commit undoes it.
pub trait WriteTx:
    ReadTx + WriteRows + WriteContacts + WriteSearched + WriteOrders + WriteEvents + Send
{
}

/// Something to read, in one transaction on one store.
pub trait ReadOperation: Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Why it cannot.
    type Error: From<StoreError> + Send + 'static;
    /// Whether it asks one question at the most, which is one query of [`ReadRows`], or one call of another reader: each of
    /// these sees a snapshot even without a transaction, and an engine for which a transaction costs something can do
    /// without. Several queries that are read together are several questions.
    const READS_ONCE: bool = false;

    /// How long it takes: a short one never waits for a long one, and long ones wait for their turn.
    fn length(&self) -> Length;

    /// Reads.
    fn run<T: ReadTx>(&self, tx: &mut T) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// Something to write, in one transaction on one store. It may run more than once; only the last run counts.
pub trait WriteOperation: Send + Sync + 'static {
    /// What it answers once the change is durable.
    type Output: Send + 'static;
    /// Why it changes nothing.
    type Error: From<StoreError> + Send + 'static;

    /// Reads the rows that the rule needs, asks it, and writes what it answers.
    fn run<T: WriteTx>(&self, tx: &mut T) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// Whether an engine can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineHealth {
    /// It can.
    Ready,
    /// It cannot, for this reason.
    NotReady(String),
}

/// A database that keeps the stores.
pub trait Engine: Clone + Send + Sync + 'static {
    /// Runs an operation that somebody asked for on a snapshot of a store. Long ones take turns by store, and then by who
    /// asked.
    fn read_for<O: ReadOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, O::Error>> + Send;

    /// Runs an operation on a snapshot of a store, for nobody in particular.
    fn read<O: ReadOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, O::Error>> + Send {
        self.read_for(store, Actor::Unknown, operation)
    }

    /// Runs an operation that takes long on a snapshot of a store: on a connection of its own, and without a limit of time.
    fn read_alone<O: ReadOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, O::Error>> + Send {
        self.read(store, operation)
    }

    /// Runs an operation that somebody asked for, and makes its changes durable before it answers.
    fn write<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, O::Error>> + Send;

    /// Does the same with a portion of a walk, which waits until it is its turn, by store and then by who asked, and lets
    /// other writes go before it. `pace` is told how long others had to wait for it.
    fn write_portion<O: WriteOperation>(
        &self,
        store: StoreId,
        by: Actor,
        operation: O,
        pace: &mut Pace,
    ) -> impl Future<Output = Result<O::Output, O::Error>> + Send;

    /// Runs a portion of what a copy writes, in its turn, and makes it durable before it answers.
    fn copy<O: CopyOperation>(
        &self,
        store: StoreId,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, StoreError>> + Send;

    /// The events of a store behind a place, in their order: none that was committed is ever missed by a reader that goes
    /// on from the last place it was given.
    ///
    /// # Errors
    /// When a row is damaged or the database fails.
    fn list_events(
        &self,
        store: StoreId,
        after: Option<EventPosition>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send;

    /// The stores, by id: the one list that spans them all.
    ///
    /// # Errors
    /// When the database fails.
    fn list_stores(
        &self,
        page: PageRequest<StoreId>,
    ) -> impl Future<Output = Result<Page<Store, StoreId>, StoreError>> + Send;

    /// The stores behind one, by id, that an app was let into.
    ///
    /// # Errors
    /// When the database fails.
    fn list_listening_stores(
        &self,
        which: ListeningStores,
        after: Option<StoreId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoreId>, StoreError>> + Send;

    /// Has `wrote` called with the store when something that somebody asked for was written here, which may have appended
    /// events. A help to read them soon, not a promise: what others write is not told. Of several calls the last one counts.
    fn on_write(&self, wrote: impl Fn(StoreId) + Send + Sync + 'static);

    /// The lowest id above those of all stores.
    ///
    /// # Errors
    /// When the database fails.
    fn next_store_id(&self) -> impl Future<Output = Result<StoreId, StoreError>> + Send;

    /// The first store behind another one, by id, that has what is looked for: for servers that look for work in all stores.
    ///
    /// # Errors
    /// When the database fails.
    fn next_store_with(
        &self,
        what: StoresWith,
        after: Option<StoreId>,
    ) -> impl Future<Output = Result<Option<StoreId>, StoreError>> + Send;

    /// Verifies the promises about the rows of every store and hands each violation to `report` as it is found.
    ///
    /// # Errors
    /// When the database fails.
    fn check(
        &self,
        report: impl FnMut(Violation) + Send + 'static,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes what searches look through anew, in portions, while others read and write. `observe` is told how many customers
    /// are done.
    ///
    /// # Errors
    /// When the database fails.
    fn rebuild(
        &self,
        observe: impl FnMut(u64) + Send + 'static,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How many events there are, over all stores, or an estimate of it: for the metrics.
    ///
    /// # Errors
    /// When the database fails.
    fn count_events(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Has `changed` called when tokens of a store were revoked or the store was suspended or resumed, here or in
    /// another process, as soon as the engine learns of it; with `None` when that may have happened in any store.
    ///
    /// A help to forget early what is remembered, not a promise: an engine that hears nothing of other processes never
    /// calls it, so whatever is remembered has to be looked up again within five seconds all the same. It hears of other
    /// processes while its [background work](Self::background) runs. Of several calls the last one counts.
    fn on_access_change(&self, changed: impl Fn(Option<StoreId>) + Send + Sync + 'static);

    /// What has to run beside requests for as long as the engine is served. The engine starts none of it itself.
    fn background(&self) -> Vec<BackgroundTask>;

    /// Whether the engine can read and write now.
    fn health(&self) -> impl Future<Output = EngineHealth> + Send;

    /// Finishes what was accepted and closes the database. Later calls are [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// When the database fails to close in order; what was answered is durable all the same.
    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
