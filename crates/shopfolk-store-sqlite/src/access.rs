//! The store and the token of a request, in one statement each.

use rusqlite::OptionalExtension;
use shopfolk_model::TokenHash;
use shopfolk_store::{ReadAccess, ReadStores, StoreAccess, StoreError};

use crate::connection::doing;
use crate::tokens::TokenRow;
use crate::tx::{Access, SqliteTx};

impl<A: Access> ReadAccess for SqliteTx<'_, A> {
    async fn find_access(&mut self, token: Option<TokenHash>) -> Result<Option<StoreAccess>, StoreError> {
        let Some(store) = self.lookup_store().await? else { return Ok(None) };
        let Some(hash) = token else { return Ok(Some(StoreAccess { store, token: None })) };
        let row = self
            .connection
            .prepare_cached(
                "SELECT token_id, public, scopes, created, last_used_day
                   FROM tokens
                  WHERE store_id = ?1 AND hash = ?2",
            )
            .and_then(|mut statement| {
                statement.query_row((self.store.get(), hash.as_bytes().as_slice()), TokenRow::read).optional()
            })
            .map_err(doing("find a token"))?;
        let token = row.map(|row| row.token(self.store)).transpose()?;
        Ok(Some(StoreAccess { store, token }))
    }
}
