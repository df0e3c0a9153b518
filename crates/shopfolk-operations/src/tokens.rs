//! Making, listing and revoking tokens.

use shopfolk_model::{
    Day, Event, Happening, ScopeSet, StoreId, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord,
};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};

use crate::OperationError;

/// Lists the tokens of a store.
#[derive(Debug, Clone, Copy)]
pub struct ListTokens {
    /// The store's id; the same as that of the transaction.
    pub store: StoreId,
    /// Which part of the list.
    pub page: PageRequest,
}

impl ReadOperation for ListTokens {
    type Output = Page<TokenRecord>;
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.lookup_store().await?.is_none() {
            return Err(OperationError::StoreNotFound { id: self.store });
        }
        Ok(tx.list_tokens(self.page).await?)
    }
}

/// Keeps a token that was made for a store. Only its hash comes here.
#[derive(Debug, Clone, Copy)]
pub struct CreateToken {
    /// The store's id; the same as that of the transaction.
    pub store: StoreId,
    /// The hash of the token.
    pub hash: TokenHash,
    /// Secret or public.
    pub kind: TokenKind,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateToken {
    type Output = TokenRecord;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        match tx.find_access(Some(self.hash)).await? {
            None => return Err(OperationError::StoreNotFound { id: self.store }),
            Some(access) if access.token.is_some() => return Err(OperationError::TokenExists),
            Some(_) => {}
        }
        let id = tx.next_token_id().await?;
        let token =
            TokenRecord { id, kind: self.kind, scopes: self.scopes, created: self.now, last_used: None };
        tx.add_token(self.hash, &token).await?;
        tx.append_event(&Event { happening: Happening::TokenCreated(id), created: self.now }).await?;
        Ok(token)
    }
}

/// Revokes a token: from now on it opens nothing.
#[derive(Debug, Clone, Copy)]
pub struct RevokeToken {
    /// Its id.
    pub id: TokenId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for RevokeToken {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if !tx.remove_token(self.id).await? {
            return Err(OperationError::TokenNotFound { id: self.id });
        }
        let event = Event { happening: Happening::TokenRevoked(self.id), created: self.now };
        Ok(tx.append_event(&event).await?)
    }
}

/// Records the day on which a token was last used.
#[derive(Debug, Clone, Copy)]
pub struct NoteTokenUse {
    /// Its id.
    pub id: TokenId,
    /// Today.
    pub day: Day,
}

impl WriteOperation for NoteTokenUse {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.note_token_use(self.id, self.day).await
    }
}
