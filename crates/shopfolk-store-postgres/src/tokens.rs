//! Tokens, known by their hash alone.

use shopfolk_model::{Day, ScopeSet, StoreId, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord};
use shopfolk_store::{Page, PageRequest, ReadTokens, StoreError, WriteTokens};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::parameter::parameters_of;
use crate::row::{Place, count};
use crate::session::Step;
use crate::stores::{offset, store_lock};
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Reads `token_id, public, scopes, token_created, last_used_day`; `None` when there is no id.
pub(crate) fn read_token(row: &Row, store: StoreId) -> Result<Option<TokenRecord>, StoreError> {
    let id: Option<i64> = row.try_get("token_id").unwrap_or_default();
    let Some(id) = id else { return Ok(None) };
    let place = Place { row, table: "tokens", key: format!("store {store}, token {id}") };
    Ok(Some(TokenRecord {
        id: place.read("token_id", TokenId::new)?,
        kind: if place.get("public")? { TokenKind::Public } else { TokenKind::Secret },
        scopes: place.read("scopes", str::parse::<ScopeSet>)?,
        created: place.read("token_created", Timestamp::from_unix_seconds)?,
        last_used: place.read("last_used_day", |day: Option<i64>| day.map(Day::from_number).transpose())?,
    }))
}

impl<A: Access> ReadTokens for PostgresTx<'_, A> {
    async fn list_tokens(&mut self, page: PageRequest) -> Result<Page<TokenRecord>, StoreError> {
        let total = Step::Run {
            what: "count the tokens",
            sql: "SELECT count(*) FROM tokens WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let list = Step::Run {
            what: "list the tokens",
            sql: "SELECT token_id, public, scopes, created AS token_created, last_used_day
                    FROM tokens
                   WHERE store_id = $1
                   ORDER BY token_id
                   LIMIT $2 OFFSET $3",
            parameters: parameters_of![self.store.get(), i64::from(page.limit), offset(page)],
            touches: None,
        };
        let [total, list] = self.run([Some(total), Some(list)]).await?;
        let items = list.rows.iter().filter_map(|row| read_token(row, self.store).transpose());
        Ok(Page { total: count(total.rows.first()), items: items.collect::<Result<_, _>>()? })
    }
}

impl WriteTokens for PostgresWriteTx<'_> {
    async fn next_token_id(&mut self) -> Result<TokenId, StoreError> {
        let taken = self.take_id(Kind::Token).await?;
        TokenId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "token" })
    }

    async fn add_token(&mut self, hash: TokenHash, token: &TokenRecord) -> Result<(), StoreError> {
        self.write(
            "add a token",
            "INSERT INTO tokens (store_id, token_id, hash, public, scopes, created, last_used_day)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            parameters_of![
                self.store.get(),
                token.id.get(),
                hash.as_bytes().to_vec(),
                token.kind == TokenKind::Public,
                token.scopes.to_string(),
                token.created.unix_seconds(),
                token.last_used.map(Day::number),
            ],
        );
        Ok(())
    }

    async fn remove_token(&mut self, id: TokenId) -> Result<bool, StoreError> {
        let lock = self.access.lock(self.store, store_lock(self.store));
        let remove = Step::Run {
            what: "remove a token",
            sql: "DELETE FROM tokens WHERE store_id = $1 AND token_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let [_, removed] = self.run([lock, Some(remove)]).await?;
        self.tell_access_changed();
        Ok(removed.touched == 1)
    }

    async fn note_token_use(&mut self, id: TokenId, day: Day) -> Result<(), StoreError> {
        self.write(
            "note the use of a token",
            "UPDATE tokens
                SET last_used_day = $3
              WHERE store_id = $1 AND token_id = $2 AND coalesce(last_used_day, -1) < $3",
            parameters_of![self.store.get(), id.get(), day.number()],
        );
        Ok(())
    }
}
