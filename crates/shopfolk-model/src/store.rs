//! A store: the tenant that owns customers, contacts and tokens.

use crate::{StoreId, StoreName, Timestamp};

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The id, part of every path.
    pub id: StoreId,
    /// The name, as its owner knows it.
    pub name: StoreName,
    /// Whether the store is suspended: its calls are refused until it is resumed.
    pub suspended: bool,
    /// When the store was created.
    pub created: Timestamp,
}
