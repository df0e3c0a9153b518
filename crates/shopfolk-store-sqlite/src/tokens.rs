//! Tokens, known by their hash alone.

use rusqlite::{Row, params};
use shopfolk_model::{Day, ScopeSet, StoreId, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord};
use shopfolk_store::{Page, PageRequest, ReadTokens, StoreError, WriteTokens};

use crate::row::Place;
use crate::stores::offset;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `token_id, public, scopes, created, last_used_day`, in this order.
pub(crate) struct TokenRow {
    id: i64,
    public: bool,
    scopes: String,
    created: i64,
    last_used: Option<i64>,
}

impl TokenRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            public: row.get(1)?,
            scopes: row.get(2)?,
            created: row.get(3)?,
            last_used: row.get(4)?,
        })
    }

    pub(crate) fn token(self, store: StoreId) -> Result<TokenRecord, StoreError> {
        let place = Place { table: "tokens", row: format!("store {store}, token {}", self.id) };
        Ok(TokenRecord {
            id: place.value("token_id", TokenId::new(self.id))?,
            kind: if self.public { TokenKind::Public } else { TokenKind::Secret },
            scopes: place.value("scopes", self.scopes.parse::<ScopeSet>())?,
            created: place.value("created", Timestamp::from_unix_seconds(self.created))?,
            last_used: place.value("last_used_day", self.last_used.map(Day::from_number).transpose())?,
        })
    }
}

impl<A: Access> ReadTokens for SqliteTx<'_, A> {
    async fn list_tokens(&mut self, page: PageRequest) -> Result<Page<TokenRecord>, StoreError> {
        let total: Option<i64> = self.find(
            "count the tokens",
            "SELECT count(*) FROM tokens WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let rows = self.list(
            "list the tokens",
            "SELECT token_id, public, scopes, created, last_used_day
               FROM tokens
              WHERE store_id = ?1
              ORDER BY token_id
              LIMIT ?2 OFFSET ?3",
            (self.store.get(), page.limit, offset(page)),
            TokenRow::read,
        )?;
        let items = rows.into_iter().map(|row| row.token(self.store)).collect::<Result<_, _>>()?;
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items })
    }
}

impl WriteTokens for SqliteWriteTx<'_> {
    async fn next_token_id(&mut self) -> Result<TokenId, StoreError> {
        self.counters()?.next_token()
    }

    async fn add_token(&mut self, hash: TokenHash, token: &TokenRecord) -> Result<(), StoreError> {
        self.change(
            "add a token",
            "INSERT INTO tokens (store_id, token_id, hash, public, scopes, created, last_used_day)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.store.get(),
                token.id.get(),
                hash.as_bytes().as_slice(),
                token.kind == TokenKind::Public,
                token.scopes.to_string(),
                token.created.unix_seconds(),
                token.last_used.map(Day::number),
            ],
        )?;
        Ok(())
    }

    async fn remove_token(&mut self, id: TokenId) -> Result<bool, StoreError> {
        let changed = self.change(
            "remove a token",
            "DELETE FROM tokens WHERE store_id = ?1 AND token_id = ?2",
            (self.store.get(), id.get()),
        )?;
        Ok(changed == 1)
    }

    async fn note_token_use(&mut self, id: TokenId, day: Day) -> Result<(), StoreError> {
        self.change(
            "note the use of a token",
            "UPDATE tokens
                SET last_used_day = ?3
              WHERE store_id = ?1 AND token_id = ?2 AND coalesce(last_used_day, -1) < ?3",
            (self.store.get(), id.get(), day.number()),
        )?;
        Ok(())
    }
}
