//! The tokens of a store, known by their hash alone.

use shopfolk_model::{
    AppId, Day, EventType, ScopeSet, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord,
};

use crate::stores::STORE_GUARD;
use crate::value::Made;
use crate::{IdKind, Lifecycle, OnlyRows, Reference, Unique, record};

/// A token with the hash by which it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredToken {
    /// What is known of it.
    pub record: TokenRecord,
    /// Its hash.
    pub hash: TokenHash,
}

/// By the hash of the token.
pub const TOKENS_BY_HASH: Unique = Unique { name: "tokens_by_hash", columns: &["hash"], only: None };

/// By the app that has it: one secret and one public token.
pub const TOKENS_OF_APP: Unique =
    Unique { name: "tokens_of_app", columns: &["app_id", "public"], only: Some(OnlyRows::With("app_id")) };

record! {
    tokens: "token" is StoredToken, by (TokenId,);
    |token, dialect| {
        Key token_id: TokenId = &token.record.id;
        Value hash: TokenHash = &token.hash;
        Value public: TokenKind = &token.record.kind;
        Value scopes: ScopeSet = Made(token.record.scopes);
        Value created: Timestamp = &token.record.created;
        Value last_used_day: Option<Day> = &token.record.last_used;
        Value app_id: Option<AppId> = &token.record.app;
    }
    |store, reader| Self {
        hash,
        record: TokenRecord {
            id: token_id, kind: public, scopes, app: app_id, created, last_used: last_used_day,
        },
    };
    ids: Some((IdKind::Token, "token_id"));
    references: &[Reference { column: "app_id", table: "installations", none: None }];
    unique: &[TOKENS_BY_HASH, TOKENS_OF_APP];
    guard: STORE_GUARD;
    lifecycle: Some(Lifecycle {
        created: EventType::TokenCreated,
        changed: &[],
        deleted: EventType::TokenRevoked,
    });
}
