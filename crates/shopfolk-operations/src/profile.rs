//! What a store says of itself, and when what it has changed last.

use shopfolk_model::{
    Customer, CustomerSearch, CustomerSort, Happening, SortField, Store, StoreName, StoreProfile, Timestamp,
};
use shopfolk_store::{Length, PageRequest, ReadOperation, ReadTx, WriteOperation, WriteTx, get_customer};

use crate::OperationError;

/// Changes the profile of the store of the transaction.
#[derive(Debug, Clone)]
pub struct ChangeProfile {
    /// The name of the store, where it changes.
    pub name: Option<StoreName>,
    /// What else changes: see [`StoreProfile::changed`].
    pub change: StoreProfile,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeProfile {
    /// Whether anything changed.
    type Output = bool;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<bool, OperationError> {
        let store: Option<Store> = tx.get(()).await?;
        let store = store.ok_or(OperationError::StoreIsGone)?;
        let profile = store.profile.changed(&self.change)?;
        let name = self.name.clone().unwrap_or_else(|| store.name.clone());
        if name == store.name && profile == store.profile {
            return Ok(false);
        }
        let id = store.id;
        tx.update(&[Store { name, profile, ..store }]).await?;
        tx.append(Happening::ProfileUpdated(id), self.now).await?;
        Ok(true)
    }
}

/// Finds when what a store has changed last.
#[derive(Debug, Clone, Copy)]
pub struct FindLatestChanges;

/// When what a store has changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestChanges {
    /// When the store was created.
    pub created: Timestamp,
    /// When an order was recorded, changed or deleted; the creation of the store where none was.
    pub orders: Timestamp,
    /// When the profile changed; likewise.
    pub profile: Timestamp,
    /// When a customer or one of its contacts was created, changed or deleted; likewise.
    pub customers: Timestamp,
}

impl ReadOperation for FindLatestChanges {
    type Output = LatestChanges;
    type Error = OperationError;

    fn length(&self) -> Length {
        // The customers are sorted.
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<LatestChanges, OperationError> {
        let store: Option<Store> = tx.get(()).await?;
        let created = store.ok_or(OperationError::StoreIsGone)?.created;
        let latest = tx.latest_events().await?;
        let updated = last_updated(tx).await?.map(|customer| customer.updated);
        let or_created = |time: Option<Timestamp>| time.unwrap_or(created);
        Ok(LatestChanges {
            created,
            orders: or_created(latest.order),
            profile: or_created(latest.profile),
            customers: or_created(updated.max(latest.deleted_customer)),
        })
    }
}

/// The customer who was updated last.
async fn last_updated<T: ReadTx>(tx: &mut T) -> Result<Option<Customer>, OperationError> {
    let latest_first = CustomerSort { field: SortField::Updated, descending: true };
    let search = CustomerSearch::default();
    let found = tx.search_customers(&search, Some(latest_first), &PageRequest::at(0, 1)).await?;
    match found.items.first() {
        Some(&id) => Ok(get_customer(tx, id).await?),
        None => Ok(None),
    }
}
