//! Who may enter a store.

use shopfolk_model::TokenHash;
use shopfolk_store::{Length, ReadOperation, ReadTx, StoreAccess, StoreError, find_access};

/// Finds the store and the token that a request came with; `None` when there is no such store.
#[derive(Debug, Clone, Copy)]
pub struct FindAccess {
    /// The hash of the token that was shown, if one was.
    pub token: Option<TokenHash>,
}

impl ReadOperation for FindAccess {
    type Output = Option<StoreAccess>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        find_access(tx, self.token).await
    }
}
