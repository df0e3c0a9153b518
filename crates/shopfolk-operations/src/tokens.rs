//! Making, listing and revoking tokens.

use shopfolk_model::{
    Day, Happening, ScopeSet, Store, StoreId, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord,
};
use shopfolk_store::{
    Length, PORTION, Portion, ReadOperation, ReadTx, StoreError, StoredToken, WalkPosition, WriteOperation,
    WriteTx, find_access,
};

use crate::OperationError;

/// Lists the tokens of a store.
#[derive(Debug, Clone, Copy)]
pub struct ListTokens {
    /// The store's id; the same as that of the transaction.
    pub store: StoreId,
    /// Those behind this position.
    pub after: Option<WalkPosition>,
}

impl ReadOperation for ListTokens {
    /// Some of them, by id; `None` when there are no more.
    type Output = Option<Portion<TokenRecord>>;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.get::<Store>(()).await?.is_none() {
            return Err(OperationError::StoreNotFound { id: self.store });
        }
        let limit = u32::try_from(PORTION).unwrap_or(u32::MAX);
        let portion = tx.list_after::<StoredToken>(self.after, limit).await?;
        Ok(portion.map(|portion| portion.map(|token| token.record)))
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
        match find_access(tx, Some(self.hash)).await? {
            None => return Err(OperationError::StoreNotFound { id: self.store }),
            Some(access) if access.token.is_some() => return Err(OperationError::TokenExists),
            Some(_) => {}
        }
        let id = tx.take_id().await?;
        let Self { kind, scopes, now, .. } = *self;
        let record = TokenRecord { id, kind, scopes, app: None, created: now, last_used: None };
        tx.insert(&[StoredToken { record, hash: self.hash }]).await?;
        tx.append(Happening::TokenCreated(id), self.now).await?;
        Ok(record)
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
        let token: Option<StoredToken> = tx.get((self.id,)).await?;
        if token.is_none() {
            return Err(OperationError::TokenNotFound { id: self.id });
        }
        tx.delete::<StoredToken>(&[(self.id,)]).await?;
        Ok(tx.append(Happening::TokenRevoked(self.id), self.now).await?)
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
        let token: Option<StoredToken> = tx.get((self.id,)).await?;
        if let Some(mut token) = token.filter(|token| token.record.last_used < Some(self.day)) {
            token.record.last_used = Some(self.day);
            tx.update(&[token]).await?;
        }
        Ok(())
    }
}
