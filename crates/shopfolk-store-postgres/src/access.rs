//! The store and the token of a request, in one statement.

use shopfolk_model::TokenHash;
use shopfolk_store::{ReadAccess, StoreAccess, StoreError};

use crate::parameter::parameters_of;
use crate::session::Step;
use crate::stores::{read_store, store_lock};
use crate::tokens::read_token;
use crate::tx::{Access, PostgresTx};

impl<A: Access> ReadAccess for PostgresTx<'_, A> {
    async fn find_access(&mut self, token: Option<TokenHash>) -> Result<Option<StoreAccess>, StoreError> {
        let lock = self.access.lock(self.store, store_lock(self.store));
        // No hash is empty: without a token, none is found.
        let hash = token.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
        let find = Step::Run {
            what: "find a store and a token",
            sql: "SELECT stores.store_id, stores.name, stores.suspended, stores.created, tokens.token_id,
                         tokens.public, tokens.scopes, tokens.created AS token_created, tokens.last_used_day
                    FROM stores
                    LEFT JOIN tokens ON tokens.store_id = stores.store_id AND tokens.hash = $2
                   WHERE stores.store_id = $1",
            parameters: parameters_of![self.store.get(), hash],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        let Some(row) = found.rows.first() else { return Ok(None) };
        Ok(Some(StoreAccess { store: read_store(row)?, token: read_token(row, self.store)? }))
    }
}
