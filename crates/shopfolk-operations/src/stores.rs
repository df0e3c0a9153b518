//! Creating, suspending and resuming a store.

use shopfolk_model::{Happening, Store, StoreId, StoreKey, StoreName, StoreProfile, Timestamp};
use shopfolk_store::{Length, ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};

use crate::OperationError;

/// Finds the store of the transaction; `None` when it does not exist.
#[derive(Debug, Clone, Copy)]
pub struct GetStore;

impl ReadOperation for GetStore {
    type Output = Option<Store>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.get(()).await
    }
}

/// Creates a store.
#[derive(Debug, Clone)]
pub struct CreateStore {
    /// Its id; the same as that of the transaction.
    pub id: StoreId,
    /// Its name.
    pub name: StoreName,
    /// A key that was drawn at random.
    pub key: StoreKey,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateStore {
    type Output = Store;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.get::<Store>(()).await?.is_some() {
            return Err(OperationError::StoreExists { id: self.id });
        }
        let Self { id, key, now, .. } = *self;
        let (name, profile) = (self.name.clone(), StoreProfile::default());
        let store = Store { id, name, suspended: false, created: now, key: Some(key), profile };
        tx.insert(std::slice::from_ref(&store)).await?;
        tx.append(Happening::StoreCreated(self.id), self.now).await?;
        Ok(store)
    }
}

/// Suspends a store, so that its calls are refused, or resumes it.
#[derive(Debug, Clone, Copy)]
pub struct SetStoreSuspended {
    /// Its id; the same as that of the transaction.
    pub id: StoreId,
    /// Whether it shall be suspended.
    pub suspended: bool,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for SetStoreSuspended {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let store: Option<Store> = tx.get(()).await?;
        let store = store.ok_or(OperationError::StoreNotFound { id: self.id })?;
        tx.update(&[Store { suspended: self.suspended, ..store }]).await?;
        let happening = if self.suspended {
            Happening::StoreSuspended(self.id)
        } else {
            Happening::StoreResumed(self.id)
        };
        Ok(tx.append(happening, self.now).await?)
    }
}
