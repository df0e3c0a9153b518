//! The store of the transaction itself.

use std::future::Future;

use shopfolk_model::Store;

use crate::StoreError;

/// Reading the store's own row.
pub trait ReadStores {
    /// The store of this transaction, if it exists.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_store(&mut self) -> impl Future<Output = Result<Option<Store>, StoreError>> + Send;
}

/// Writing the store's own row.
pub trait WriteStores {
    /// Creates the store of this transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it exists; otherwise when the database fails.
    fn add_store(&mut self, store: &Store) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Suspends or resumes the store; `false` when it does not exist.
    ///
    /// # Errors
    /// When the database fails.
    fn set_suspended(&mut self, suspended: bool) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
