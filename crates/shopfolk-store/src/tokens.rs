//! The tokens of a store.

use std::future::Future;

use shopfolk_model::{Day, TokenHash, TokenId, TokenRecord};

use crate::{Page, PageRequest, StoreError};

/// Reading tokens.
pub trait ReadTokens {
    /// The tokens of the store, by id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_tokens(
        &mut self,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<TokenRecord>, StoreError>> + Send;
}

/// Writing tokens.
pub trait WriteTokens {
    /// An id for a new token.
    ///
    /// # Errors
    /// When the database fails.
    fn next_token_id(&mut self) -> impl Future<Output = Result<TokenId, StoreError>> + Send;

    /// Keeps a new token.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has a token with that hash; otherwise when the database fails.
    fn add_token(
        &mut self,
        hash: TokenHash,
        token: &TokenRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a token; `false` when the store has none with that id.
    ///
    /// # Errors
    /// When the database fails.
    fn remove_token(&mut self, id: TokenId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Records that a token was used on this day, if it was not used later already.
    ///
    /// # Errors
    /// When the database fails.
    fn note_token_use(
        &mut self,
        id: TokenId,
        day: Day,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
