//! The store of the transaction itself, and who may enter it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use shopfolk_model::{Store, StoreKey, StoreName, StoreProfile, Timestamp, TokenHash};

use crate::value::Made;
use crate::{
    ColumnType, Damage, Guard, Query, ReadRows, Record, StoreError, Stored, StoredToken, TOKENS_BY_HASH,
    Value, Which, record,
};

/// What is locked while a store or its tokens change: a token must not come to a store that is just being changed.
pub(crate) const STORE_GUARD: Guard = Guard::Table("store");

record! {
    stores: "store" is Store, by ();
    |store, dialect| {
        Value name: StoreName = &store.name;
        Value suspended: bool = &store.suspended;
        Value created: Timestamp = &store.created;
        Value store_key: Option<StoreKey> = &store.key;
        Value profile: Option<StoreProfile> = Made(Some(store.profile.clone()).filter(|it| !it.is_empty()));
    }
    |id, reader| Self { id, name, suspended, created, key: store_key, profile: profile.unwrap_or_default() };
    guard: STORE_GUARD;
}

impl Stored for StoreProfile {
    const TYPE: ColumnType = ColumnType::Text;

    #[expect(clippy::expect_used, reason = "JSON under names that are texts is always JSON")]
    fn store(&self) -> Value<'_> {
        let raw = |json: &String| RawValue::from_string(json.clone()).expect("it is JSON");
        let sections: BTreeMap<&str, BTreeMap<&str, Box<RawValue>>> = self
            .sections()
            .map(|(section, fields)| {
                (section, fields.iter().map(|(name, json)| (name.as_str(), raw(json))).collect())
            })
            .collect();
        serde_json::to_string(&sections).expect("it is JSON").into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        let text = String::load(value)?;
        let sections: BTreeMap<String, BTreeMap<String, Box<RawValue>>> =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let fields = |fields: BTreeMap<String, Box<RawValue>>| {
            fields.into_iter().map(|(name, json)| (name, json.get().to_owned())).collect()
        };
        Ok(Self::new(sections.into_iter().map(|(section, inner)| (section, fields(inner)))))
    }
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
        which: Which::Unique(&TOKENS_BY_HASH, vec![vec![Stored::store(hash)]]),
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
