//! What a request has to show before it may enter a store.

use std::future::Future;

use shopfolk_model::{Store, TokenHash, TokenRecord};

use crate::StoreError;

/// A store and the token that a request came with, as far as they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAccess {
    /// The store of the transaction.
    pub store: Store,
    /// The token with that hash, if the store has it.
    pub token: Option<TokenRecord>,
}

/// Reading who may enter.
pub trait ReadAccess {
    /// The store of this transaction with the token of this hash; `None` when there is no such store.
    ///
    /// # Errors
    /// When the database fails.
    fn find_access(
        &mut self,
        token: Option<TokenHash>,
    ) -> impl Future<Output = Result<Option<StoreAccess>, StoreError>> + Send;
}
