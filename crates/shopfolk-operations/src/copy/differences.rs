//! Rows with ids, tokens and customers: both sides are gone through side by side, and what differs is written.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;

use futures_util::future::try_join;
use shopfolk_model::{
    CustomerGroup, CustomerId, ExtraField, ExtraFieldId, GroupId, Order, OrderNumber, StoreId, TokenId,
};
use shopfolk_store::{Engine, StoreError, StoreSize, StoredCustomer, StoredToken};

use super::rows::{
    CONTACTS, CUSTOMERS, EstimateSize, ORDERS, ReplaceCustomers, ReplaceExtraFields, ReplaceGroups,
    ReplaceOrders, ReplaceTokens, TOKENS, list_customers, list_extra_fields, list_groups, list_orders,
    list_tokens,
};
use super::{CopyError, CopyPhase, CopyProgress, StoreCopy};

/// A kind of rows that are listed by id and replaced in batches.
pub(super) trait Row: Eq + Send + Sync + 'static {
    type Id: Copy + Ord + Send + Sync + 'static;
    const PHASE: CopyPhase;

    fn id(&self) -> Self::Id;

    /// How much of a batch it takes, of [`CONTACTS`] in all.
    fn weight(&self) -> usize;

    /// About how many there are in a store.
    fn count(size: StoreSize) -> u64;

    fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<Self::Id>,
    ) -> impl Future<Output = Result<Vec<Self>, StoreError>> + Send
    where
        Self: Sized;

    fn replace<E: Engine>(
        engine: &E,
        store: StoreId,
        change: Change<Self>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send
    where
        Self: Sized;
}

impl Row for StoredToken {
    type Id = TokenId;
    const PHASE: CopyPhase = CopyPhase::Tokens;

    fn id(&self) -> TokenId {
        self.record.id
    }

    fn weight(&self) -> usize {
        1
    }

    fn count(_: StoreSize) -> u64 {
        // They are few, and nothing keeps their number.
        0
    }

    async fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<TokenId>,
    ) -> Result<Vec<Self>, StoreError> {
        list_tokens(engine, store, after, TOKENS).await
    }

    async fn replace<E: Engine>(engine: &E, store: StoreId, change: Change<Self>) -> Result<(), StoreError> {
        engine.write(store, ReplaceTokens { remove: change.remove, add: change.add }).await
    }
}

impl Row for CustomerGroup {
    type Id = GroupId;
    const PHASE: CopyPhase = CopyPhase::Groups;

    fn id(&self) -> GroupId {
        self.id
    }

    fn weight(&self) -> usize {
        1
    }

    fn count(_: StoreSize) -> u64 {
        0
    }

    async fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<GroupId>,
    ) -> Result<Vec<Self>, StoreError> {
        list_groups(engine, store, after).await
    }

    async fn replace<E: Engine>(engine: &E, store: StoreId, change: Change<Self>) -> Result<(), StoreError> {
        engine.write(store, ReplaceGroups { remove: change.remove, add: change.add }).await
    }
}

impl Row for ExtraField {
    type Id = ExtraFieldId;
    const PHASE: CopyPhase = CopyPhase::ExtraFields;

    fn id(&self) -> ExtraFieldId {
        self.id
    }

    fn weight(&self) -> usize {
        1
    }

    fn count(_: StoreSize) -> u64 {
        0
    }

    async fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<ExtraFieldId>,
    ) -> Result<Vec<Self>, StoreError> {
        list_extra_fields(engine, store, after).await
    }

    async fn replace<E: Engine>(engine: &E, store: StoreId, change: Change<Self>) -> Result<(), StoreError> {
        engine.write(store, ReplaceExtraFields { remove: change.remove, add: change.add }).await
    }
}

impl Row for Order {
    type Id = OrderNumber;
    const PHASE: CopyPhase = CopyPhase::Orders;

    fn id(&self) -> OrderNumber {
        self.number
    }

    fn weight(&self) -> usize {
        // As many contacts as fit into a batch are as large as the orders that do.
        (CONTACTS / ORDERS) as usize
    }

    fn count(_: StoreSize) -> u64 {
        0
    }

    async fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<OrderNumber>,
    ) -> Result<Vec<Self>, StoreError> {
        list_orders(engine, store, after, ORDERS).await
    }

    async fn replace<E: Engine>(engine: &E, store: StoreId, change: Change<Self>) -> Result<(), StoreError> {
        engine.write(store, ReplaceOrders { remove: change.remove, add: change.add }).await
    }
}

impl Row for StoredCustomer {
    type Id = CustomerId;
    const PHASE: CopyPhase = CopyPhase::Customers;

    fn id(&self) -> CustomerId {
        self.customer.id
    }

    fn weight(&self) -> usize {
        1 + self.contacts.len()
    }

    fn count(size: StoreSize) -> u64 {
        size.customers
    }

    async fn list<E: Engine>(
        engine: &E,
        store: StoreId,
        after: Option<CustomerId>,
    ) -> Result<Vec<Self>, StoreError> {
        list_customers(engine, store, after, CUSTOMERS).await
    }

    async fn replace<E: Engine>(engine: &E, store: StoreId, change: Change<Self>) -> Result<(), StoreError> {
        engine.write(store, ReplaceCustomers { remove: change.remove, add: change.add }).await
    }
}

/// What a batch writes.
pub(super) struct Change<R: Row> {
    remove: Vec<R::Id>,
    add: Vec<R>,
    weight: usize,
}

impl<R: Row> Change<R> {
    fn none() -> Self {
        Self { remove: Vec::new(), add: Vec::new(), weight: 0 }
    }

    fn add(&mut self, row: R) {
        self.weight += row.weight();
        self.add.push(row);
    }

    fn remove(&mut self, id: R::Id) {
        self.weight += 1;
        self.remove.push(id);
    }

    /// Hands out what has to be written and begins anew.
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::none())
    }

    async fn write<E: Engine>(self, engine: &E, store: StoreId) -> Result<(), StoreError> {
        if self.weight == 0 {
            return Ok(());
        }
        R::replace(engine, store, self).await
    }
}

/// The rows of one side, read batch by batch.
struct Rows<R: Row> {
    waiting: VecDeque<R>,
    /// The highest id that was read or needs no reading.
    through: Option<R::Id>,
    at_the_end: bool,
}

impl<R: Row> Rows<R> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), through: None, at_the_end: false }
    }

    fn must_read(&self) -> bool {
        self.waiting.is_empty() && !self.at_the_end
    }

    async fn read<E: Engine>(&mut self, engine: &E, store: StoreId) -> Result<(), StoreError> {
        self.waiting = R::list(engine, store, self.through).await?.into();
        match self.waiting.back() {
            Some(last) => self.through = Some(last.id()),
            None => self.at_the_end = true,
        }
        Ok(())
    }

    /// Notes that rows up to this one need not be read: what lies there was just written.
    fn pass(&mut self, id: R::Id) {
        self.through = self.through.max(Some(id));
    }

    fn next_id(&self) -> Option<R::Id> {
        self.waiting.front().map(Row::id)
    }
}

impl<From: Engine, To: Engine, Observe: FnMut(CopyProgress) -> ControlFlow<()> + Send>
    StoreCopy<'_, From, To, Observe>
{
    /// Makes the rows of a kind in the target those of the source.
    pub(super) async fn copy_rows<R: Row>(&mut self) -> Result<(), CopyError> {
        let (from, to, store) = (self.from, self.to, self.store);
        let size = from.read(store, EstimateSize).await.map_err(CopyError::Source)?;
        let (mut source, mut target) = (Rows::<R>::new(), Rows::<R>::new());
        let mut change = Change::none();
        let mut done = 0;
        loop {
            if source.must_read() {
                self.tell(R::PHASE, done, R::count(size))?;
                // The next batch is read while the last one is written.
                let write = change.take();
                let write = async { write.write(to, store).await.map_err(CopyError::Target) };
                let read = async { source.read(from, store).await.map_err(CopyError::Source) };
                try_join(read, write).await?;
                done += source.waiting.len() as u64;
            }
            if target.must_read() {
                target.read(to, store).await.map_err(CopyError::Target)?;
            }
            let order = match (source.next_id(), target.next_id()) {
                (None, None) => break,
                (Some(here), Some(there)) => here.cmp(&there),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            let here = if order.is_le() { source.waiting.pop_front() } else { None };
            let there = if order.is_ge() { target.waiting.pop_front() } else { None };
            match (here, there) {
                (Some(here), there) if there.as_ref() != Some(&here) => {
                    target.pass(here.id());
                    change.add(here);
                }
                (None, Some(there)) => change.remove(there.id()),
                _ => {}
            }
            if change.weight >= CONTACTS as usize {
                change.take().write(to, store).await.map_err(CopyError::Target)?;
                self.tell(R::PHASE, done, R::count(size))?;
            }
        }
        change.write(to, store).await.map_err(CopyError::Target)
    }
}
