//! The store of the transaction itself, and who may enter it.

use shopfolk_model::{Store, StoreKey, StoreName, Timestamp, TokenHash};

use crate::{Damage, Guard, Query, ReadRows, Record, StoreError, StoredToken, TOKENS_BY_HASH, Which, record};

/// What is locked while a store or its tokens change: a token must not come to a store that is just being changed.
pub(crate) const STORE_GUARD: Guard = Guard::Table("store");

record! {
    stores: "store" is Store, by ();
    |store, dialect| {
        Value name: StoreName = &store.name;
        Value suspended: bool = &store.suspended;
        Value created: Timestamp = &store.created;
        Value store_key: Option<StoreKey> = &store.key;
    }
    |id, reader| Self { id, name, suspended, created, key: store_key };
    guard: STORE_GUARD;
}

/// A store and the token that a request came with, as far as they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAccess {
    /// The store of the transaction.
    pub store: Store,
    /// The token with that hash, if the store has it.
    pub token: Option<StoredToken>,
}

/// The store of this transaction with the token of this hash; `None` when there is no such store.
///
/// # Errors
/// When a row is damaged or the database fails.
pub async fn find_access<T: ReadRows>(
    tx: &mut T,
    token: Option<TokenHash>,
) -> Result<Option<StoreAccess>, StoreError> {
    let mut queries = vec![Query::keys::<Store>(&[()])];
    queries.extend(token.as_ref().map(|hash| Query {
        table: StoredToken::TABLE,
        which: Which::Unique(&TOKENS_BY_HASH, vec![vec![crate::Stored::store(hash)]]),
    }));
    let mut store: Option<Result<Store, Damage>> = None;
    let mut found: Option<Result<StoredToken, Damage>> = None;
    tx.read(&queries, &mut |number, row| match number {
        0 => store = Some(row.decode()),
        _ => found = Some(row.decode()),
    })
    .await?;
    match store.transpose()? {
        Some(store) => Ok(Some(StoreAccess { store, token: found.transpose()? })),
        None => Ok(None),
    }
}
