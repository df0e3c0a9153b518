//! Creating, suspending and resuming a store.

use shopfolk_model::{Event, Happening, Store, StoreId, StoreName, Timestamp};
use shopfolk_store::{ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};

use crate::OperationError;

/// Finds the store of the transaction; `None` when it does not exist.
#[derive(Debug, Clone, Copy)]
pub struct GetStore;

impl ReadOperation for GetStore {
    type Output = Option<Store>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.lookup_store().await
    }
}

/// Creates a store.
#[derive(Debug, Clone)]
pub struct CreateStore {
    /// Its id; the same as that of the transaction.
    pub id: StoreId,
    /// Its name.
    pub name: StoreName,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateStore {
    type Output = Store;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.lookup_store().await?.is_some() {
            return Err(OperationError::StoreExists { id: self.id });
        }
        let store = Store { id: self.id, name: self.name.clone(), suspended: false, created: self.now };
        tx.add_store(&store).await?;
        tx.append_event(&Event { happening: Happening::StoreCreated(self.id), created: self.now }).await?;
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
        if !tx.set_suspended(self.suspended).await? {
            return Err(OperationError::StoreNotFound { id: self.id });
        }
        let happening = if self.suspended {
            Happening::StoreSuspended(self.id)
        } else {
            Happening::StoreResumed(self.id)
        };
        Ok(tx.append_event(&Event { happening, created: self.now }).await?)
    }
}
