//! The transactions that a copy is made of: each reads a batch or writes one.

use shopfolk_model::{
    CustomerGroup, CustomerId, Event, ExtraField, ExtraFieldId, GroupId, Order, OrderNumber, Store, StoreId,
    TokenId,
};
use shopfolk_store::{
    CustomerLimit, Engine, EventPlace, NextIds, ReadOperation, ReadTx, StoreError, StoreSize, StoredCustomer,
    StoredEvent, StoredToken, WriteOperation, WriteTx,
};

/// How many tokens a batch has at the most.
pub(super) const TOKENS: u32 = 500;
/// How many customers a batch has at the most.
pub(super) const CUSTOMERS: u32 = 500;
/// How many contacts a batch has at the most, unless one customer alone has more: with the longest texts there can be,
/// some 50 MB.
pub(super) const CONTACTS: u32 = 2_000;
/// How many orders a batch has at the most: bodies of calls are bounded, so these are some 100 MB at the worst.
pub(super) const ORDERS: u32 = 100;
/// How many events a batch has at the most.
pub(super) const EVENTS: u32 = 5_000;

/// Reads about how many rows the store has.
pub(super) struct EstimateSize;

impl ReadOperation for EstimateSize {
    type Output = StoreSize;
    type Error = StoreError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<StoreSize, StoreError> {
        tx.estimate_size().await
    }
}

/// Reads the ids that come next.
pub(super) struct LookupNextIds;

impl ReadOperation for LookupNextIds {
    type Output = NextIds;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<NextIds, StoreError> {
        tx.lookup_next_ids().await
    }
}

struct ListTokens {
    after: Option<TokenId>,
    limit: u32,
}

impl ReadOperation for ListTokens {
    type Output = Vec<StoredToken>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_stored_tokens(self.after, self.limit).await
    }
}

/// The next tokens of a store.
pub(super) async fn list_tokens<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<TokenId>,
    limit: u32,
) -> Result<Vec<StoredToken>, StoreError> {
    engine.read(store, ListTokens { after, limit }).await
}

struct ListCustomers {
    after: Option<CustomerId>,
    limit: CustomerLimit,
}

impl ReadOperation for ListCustomers {
    type Output = Vec<StoredCustomer>;
    type Error = StoreError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_stored_customers(self.after, self.limit).await
    }
}

/// The next customers of a store, as many as fit into a batch.
pub(super) async fn list_customers<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<StoredCustomer>, StoreError> {
    let limit = CustomerLimit { customers: limit, contacts: CONTACTS };
    engine.read(store, ListCustomers { after, limit }).await
}

struct ListEvents {
    after: Option<EventPlace>,
    limit: u32,
}

impl ReadOperation for ListEvents {
    type Output = Vec<StoredEvent>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_stored_events(self.after, self.limit).await
    }
}

/// The next events of a store.
pub(super) async fn list_events<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<EventPlace>,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    engine.read(store, ListEvents { after, limit }).await
}

/// Writes the store's own row and raises its next ids.
pub(super) struct PutStore {
    pub store: Store,
    pub next: NextIds,
}

impl WriteOperation for PutStore {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.put_store(&self.store).await?;
        tx.raise_next_ids(self.next).await
    }
}

/// Removes tokens and adds others.
pub(super) struct ReplaceTokens {
    pub remove: Vec<TokenId>,
    pub add: Vec<StoredToken>,
}

impl WriteOperation for ReplaceTokens {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.replace_stored_tokens(&self.remove, &self.add).await
    }
}

struct ListGroups;

impl ReadOperation for ListGroups {
    type Output = Vec<CustomerGroup>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_groups().await
    }
}

/// The customer groups of a store behind this one; they are few.
pub(super) async fn list_groups<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<GroupId>,
) -> Result<Vec<CustomerGroup>, StoreError> {
    let mut groups = engine.read(store, ListGroups).await?;
    groups.retain(|group| Some(group.id) > after);
    Ok(groups)
}

struct ListExtraFields;

impl ReadOperation for ListExtraFields {
    type Output = Vec<ExtraField>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_extra_fields().await
    }
}

/// The extra fields of a store behind this one; they are few.
pub(super) async fn list_extra_fields<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<ExtraFieldId>,
) -> Result<Vec<ExtraField>, StoreError> {
    let mut fields = engine.read(store, ListExtraFields).await?;
    fields.retain(|field| Some(field.id) > after);
    Ok(fields)
}

/// Removes customer groups and adds others.
pub(super) struct ReplaceGroups {
    pub remove: Vec<GroupId>,
    pub add: Vec<CustomerGroup>,
}

impl WriteOperation for ReplaceGroups {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.replace_stored_groups(&self.remove, &self.add).await
    }
}

/// Removes extra fields and adds others.
pub(super) struct ReplaceExtraFields {
    pub remove: Vec<ExtraFieldId>,
    pub add: Vec<ExtraField>,
}

impl WriteOperation for ReplaceExtraFields {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.replace_stored_extra_fields(&self.remove, &self.add).await
    }
}

struct ListOrders {
    after: Option<OrderNumber>,
    limit: u32,
}

impl ReadOperation for ListOrders {
    type Output = Vec<Order>;
    type Error = StoreError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_stored_orders(self.after, self.limit).await
    }
}

/// The next orders of a store.
pub(super) async fn list_orders<E: Engine>(
    engine: &E,
    store: StoreId,
    after: Option<OrderNumber>,
    limit: u32,
) -> Result<Vec<Order>, StoreError> {
    engine.read(store, ListOrders { after, limit }).await
}

/// Removes orders and adds others.
pub(super) struct ReplaceOrders {
    pub remove: Vec<OrderNumber>,
    pub add: Vec<Order>,
}

impl WriteOperation for ReplaceOrders {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.replace_stored_orders(&self.remove, &self.add).await
    }
}

/// Removes customers and adds others.
pub(super) struct ReplaceCustomers {
    pub remove: Vec<CustomerId>,
    pub add: Vec<StoredCustomer>,
}

impl WriteOperation for ReplaceCustomers {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.replace_stored_customers(&self.remove, &self.add).await
    }
}

/// Writes events behind a place, provided that the last one is still where it was; `None` when it is not.
pub(super) struct ReplaceEvents {
    pub after: Option<EventPlace>,
    pub last: Option<EventPlace>,
    pub events: Vec<Event>,
}

impl WriteOperation for ReplaceEvents {
    type Output = Option<EventPlace>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.replace_stored_events(self.after, self.last, &self.events).await
    }
}
