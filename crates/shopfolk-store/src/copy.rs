//! A store as it is, for copying it from one database to another.
//!
//! A copy writes what it read, with ids, times and places as they are, and what stands in its way goes. Nothing else may
//! do that: [`CopyTx`] is handed to a [`CopyOperation`] alone. The store in the target is suspended meanwhile.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;

use shopfolk_model::{
    App, AppId, Batch, BatchId, CustomerGroup, CustomerId, ExtraField, ExtraFieldId, GroupId, Installation,
    Order, OrderNumber, Owner, OwnerId, TokenId,
};

use crate::batches::{insert_batches, list_stored_batches};
use crate::{
    CustomerRow, Dialect, NextIds, NumberedId, Portion, Query, ReadTx, Record, StoreError, StoredBatch,
    StoredBatchAnswer, StoredBatchRequest, StoredCustomer, StoredEvent, StoredExtraFieldValue,
    StoredOrderProduct, StoredToken, Table, UnfinishedBatch, Value, WalkPosition, Which, WriteTx, customers,
    orders,
};

/// About how many rows a store has, to tell how far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreSize {
    /// Customers.
    pub customers: u64,
    /// Events.
    pub events: u64,
}

/// Reading what a copy has to know of a store besides its rows.
pub trait ReadCopy {
    /// About how many rows the store has.
    ///
    /// # Errors
    /// When the database fails.
    fn estimate_size(&mut self) -> impl Future<Output = Result<StoreSize, StoreError>> + Send;

    /// The ids that come next.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_next_ids(&mut self) -> impl Future<Output = Result<NextIds, StoreError>> + Send;
}

/// What a copy may do in one transaction on one store of the target.
pub trait CopyTx: WriteTx {
    /// Makes sure that no id below these is ever given; none of them is lowered.
    ///
    /// # Errors
    /// [`StoreError::OutOfIds`] when one is above the last id of its kind; otherwise when the database fails.
    fn raise_next_ids(&mut self, next: &NextIds) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The place of the store's last event, 0 where it has none; `None` while an event has no place yet. Nobody gives places
    /// until the end of this transaction.
    ///
    /// # Errors
    /// When the database fails.
    fn lock_last_place(&mut self) -> impl Future<Output = Result<Option<i64>, StoreError>> + Send;

    /// Appends events at the places that they have; `false` when those are not the next ones, and then nothing is done.
    ///
    /// # Errors
    /// When the database fails.
    fn append_stored_events(
        &mut self,
        events: &[StoredEvent],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Something that a copy writes, in one transaction on one store. It may run more than once; only the last run counts.
pub trait CopyOperation: Send + Sync + 'static {
    /// What it answers once the change is durable.
    type Output: Send + 'static;

    /// Writes.
    fn run<T: CopyTx>(&self, tx: &mut T) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

/// One row of an aggregate, with its table.
pub type StoredRow<'a> = (&'static Table, Vec<Value<'a>>);

/// Rows that belong together and are copied as one: a row with an id, and what hangs on it.
pub trait Aggregate: Clone + Eq + fmt::Debug + Send + Sync + 'static {
    /// The id.
    type Id: NumberedId;
    /// The row with the id, on which all others hang.
    type Row: Record<Key = (Self::Id,)>;
    /// How much a portion has at the most, in [`Self::weight`].
    const PORTION: usize = crate::PORTION;

    /// The id.
    fn id(&self) -> Self::Id;

    /// How much of a portion it takes.
    fn weight(&self) -> usize {
        1
    }

    /// All its rows, as this database keeps them.
    fn rows(&self, dialect: Dialect) -> Vec<StoredRow<'_>>;

    /// The next portion of a walk through all of them; `None` when none is left.
    fn list<T: ReadTx>(
        tx: &mut T,
        after: Option<WalkPosition>,
    ) -> impl Future<Output = Result<Option<Portion<Self>>, StoreError>> + Send;

    /// Keeps new ones.
    fn insert<T: WriteTx>(tx: &mut T, new: &[Self]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes some, as far as they are there.
    fn delete<T: WriteTx>(
        tx: &mut T,
        ids: &[Self::Id],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move { tx.delete_if_there::<Self::Row>(&ids.iter().map(|&id| (id,)).collect::<Vec<_>>()).await }
    }
}

/// Names every [`Aggregate`], in the order in which they are copied: customers before orders, because one that is removed
/// leaves its orders. Sessions and authorization codes are over soon, and are not copied; what is on its way to apps stays with
/// the database that sends it.
#[macro_export]
macro_rules! for_every_aggregate {
    ($do:ident) => {
        $do! {
            shopfolk_model::App,
            shopfolk_model::Installation,
            $crate::StoredToken,
            shopfolk_model::Owner,
            shopfolk_model::CustomerGroup,
            shopfolk_model::ExtraField,
            $crate::StoredCustomer,
            shopfolk_model::Order,
            $crate::StoredBatch
        }
    };
}

/// Removes some, and adds others, as they are. What has the id of one that is added, or what may be there only once, goes
/// too.
///
/// # Errors
/// When the database fails.
pub async fn replace<A: Aggregate, T: CopyTx>(
    tx: &mut T,
    remove: &[A::Id],
    add: &[A],
) -> Result<(), StoreError> {
    let mut gone: BTreeSet<A::Id> = remove.iter().copied().collect();
    gone.extend(add.iter().map(A::id));
    let dialect = tx.dialect();
    let rows: Vec<StoredRow<'_>> = add.iter().flat_map(|aggregate| aggregate.rows(dialect)).collect();
    let mut queries = Vec::new();
    for table in std::iter::once(A::Row::TABLE).chain(A::Row::TABLE.hanging()) {
        for unique in table.unique {
            let place = |name| table.place_in(dialect, name);
            let Some(places) = unique.columns.iter().map(|name| place(name)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let of_table = rows.iter().filter(|(of, _)| of.name == table.name);
            let values: Vec<Vec<Value<'_>>> = of_table
                .map(|(_, row)| places.iter().map(|&place| row[place].clone()).collect::<Vec<_>>())
                .filter(|values| !values.contains(&Value::Null))
                .collect();
            // What hangs on a row goes with that row in any case.
            let is_within = table.owner.is_some_and(|owner| unique.columns.contains(&owner.column));
            if !is_within && !values.is_empty() {
                queries.push(Query { table, which: Which::Unique(unique, values) });
            }
        }
    }
    tx.read(&queries, &mut |_, row| {
        // The first column is the id, or that of what the row hangs on.
        let id = row.columns.value(0).ok().and_then(|value| value.as_integer());
        gone.extend(id.and_then(|id| A::Id::from_number(id).ok()));
    })
    .await?;
    A::delete(tx, &gone.into_iter().collect::<Vec<_>>()).await?;
    A::insert(tx, add).await
}

/// Aggregates that are one row.
macro_rules! single_rows {
    ($($record:ty: $id:ty, |$one:ident| $get:expr $(, without $remove:path)?;)+) => {
        $(impl Aggregate for $record {
            type Id = $id;
            type Row = Self;

            fn id(&self) -> $id {
                let $one = self;
                $get
            }

            fn rows(&self, dialect: Dialect) -> Vec<StoredRow<'_>> {
                vec![(Self::TABLE, self.encode(dialect))]
            }

            async fn list<T: ReadTx>(
                tx: &mut T,
                after: Option<WalkPosition>,
            ) -> Result<Option<Portion<Self>>, StoreError> {
                tx.list_after(after, u32::try_from(Self::PORTION).unwrap_or(u32::MAX)).await
            }

            async fn insert<T: WriteTx>(tx: &mut T, new: &[Self]) -> Result<(), StoreError> {
                tx.insert(new).await
            }

            $(async fn delete<T: WriteTx>(tx: &mut T, ids: &[$id]) -> Result<(), StoreError> {
                for &id in ids {
                    $remove(tx, id).await?;
                }
                tx.delete_if_there::<Self>(&ids.iter().map(|&id| (id,)).collect::<Vec<_>>()).await
            })?
        })+
    };
}

single_rows! {
    App: AppId, |app| app.id;
    Installation: AppId, |installation| installation.app;
    StoredToken: TokenId, |token| token.record.id;
    Owner: OwnerId, |owner| owner.id;
    CustomerGroup: GroupId, |group| group.id;
    ExtraField: ExtraFieldId, |field| field.id, without remove_values;
}

/// Removes the values of an extra field.
async fn remove_values<T: WriteTx>(tx: &mut T, field: ExtraFieldId) -> Result<(), StoreError> {
    loop {
        let customers = tx.customers_with_extra_field(field, crate::PORTION).await?;
        let keys: Vec<_> = customers.iter().map(|&customer| (customer, field)).collect();
        tx.delete_if_there::<StoredExtraFieldValue>(&keys).await?;
        if customers.len() < crate::PORTION {
            return Ok(());
        }
    }
}

impl Aggregate for Order {
    type Id = OrderNumber;
    type Row = Self;
    // Bodies of calls are bounded, so these are some 100 MB at the worst.
    const PORTION: usize = 100;

    fn id(&self) -> OrderNumber {
        self.number
    }

    fn rows(&self, dialect: Dialect) -> Vec<StoredRow<'_>> {
        let product = |product| {
            let row = StoredOrderProduct { order: self.number, product, customer: self.customer };
            (StoredOrderProduct::TABLE, row.encode(dialect).into_iter().map(Value::into_owned).collect())
        };
        std::iter::once((Self::TABLE, self.encode(dialect)))
            .chain(self.products.iter().cloned().map(product))
            .collect()
    }

    async fn list<T: ReadTx>(
        tx: &mut T,
        after: Option<WalkPosition>,
    ) -> Result<Option<Portion<Self>>, StoreError> {
        orders::list_orders(tx, after, u32::try_from(Self::PORTION).unwrap_or(u32::MAX)).await
    }

    async fn insert<T: WriteTx>(tx: &mut T, new: &[Self]) -> Result<(), StoreError> {
        orders::insert_orders(tx, new).await
    }
}

impl Aggregate for StoredBatch {
    type Id = BatchId;
    type Row = Batch;
    // One can have some 65 MB.
    const PORTION: usize = 64;

    fn id(&self) -> BatchId {
        self.batch.id
    }

    /// In units of 128 KiB, so that a portion has 8 MiB or one batch.
    fn weight(&self) -> usize {
        let bytes = |body: Option<&String>| body.map_or(0, String::len);
        let requests = self.requests.iter().map(|stored| bytes(stored.request.body.as_ref()));
        let answers = self.answers.iter().map(|stored| stored.answer.body.len());
        1 + requests.chain(answers).sum::<usize>() / (128 << 10)
    }

    fn rows(&self, dialect: Dialect) -> Vec<StoredRow<'_>> {
        let unfinished = self.unfinished().map(|unfinished| {
            let row = unfinished.encode(dialect).into_iter().map(Value::into_owned).collect();
            (UnfinishedBatch::TABLE, row)
        });
        let requests = self.requests.iter().map(|one| (StoredBatchRequest::TABLE, one.encode(dialect)));
        let answers = self.answers.iter().map(|one| (StoredBatchAnswer::TABLE, one.encode(dialect)));
        std::iter::once((Batch::TABLE, self.batch.encode(dialect)))
            .chain(unfinished)
            .chain(requests)
            .chain(answers)
            .collect()
    }

    async fn list<T: ReadTx>(
        tx: &mut T,
        after: Option<WalkPosition>,
    ) -> Result<Option<Portion<Self>>, StoreError> {
        list_stored_batches(tx, after).await
    }

    async fn insert<T: WriteTx>(tx: &mut T, new: &[Self]) -> Result<(), StoreError> {
        insert_batches(tx, new).await
    }
}

impl Aggregate for StoredCustomer {
    type Id = CustomerId;
    type Row = CustomerRow;
    const PORTION: usize = customers::MOST_CONTACTS;

    fn id(&self) -> CustomerId {
        self.customer.id
    }

    fn weight(&self) -> usize {
        1 + self.contacts.len()
    }

    fn rows(&self, dialect: Dialect) -> Vec<StoredRow<'_>> {
        self.stored_rows(dialect)
    }

    async fn list<T: ReadTx>(
        tx: &mut T,
        after: Option<WalkPosition>,
    ) -> Result<Option<Portion<Self>>, StoreError> {
        customers::list_stored_customers(tx, after).await
    }

    async fn insert<T: WriteTx>(tx: &mut T, new: &[Self]) -> Result<(), StoreError> {
        customers::insert_customers(tx, new).await
    }

    async fn delete<T: WriteTx>(tx: &mut T, ids: &[CustomerId]) -> Result<(), StoreError> {
        customers::delete_customers(tx, ids).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TABLES;

    #[test]
    fn every_table_is_copied() {
        // The store itself and its events are copied on their own.
        let mut copied = vec![shopfolk_model::Store::TABLE.name, StoredEvent::TABLE.name];
        macro_rules! add {
            ($($aggregate:ty),+) => {
                $(let row = <$aggregate as Aggregate>::Row::TABLE;
                copied.extend(std::iter::once(row).chain(row.hanging()).map(|table| table.name));)+
            };
        }
        for_every_aggregate!(add);
        // What is on its way to apps stays with the database that sends it.
        copied.extend(["webhook_readers", "webhook_deliveries", "webhook_attempts"]);
        let left: Vec<_> = TABLES.iter().filter(|table| !copied.contains(&table.name)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
