//! A store: the tenant that owns customers, contacts and tokens.

use std::fmt;

use rand::distr::Alphanumeric;
use rand::{CryptoRng, RngExt};

use crate::{StoreId, StoreName, StoreProfile, Timestamp};

/// The text is no key of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {} letters and digits", StoreKey::LENGTH)]
pub struct InvalidStoreKey;

/// What tells a store from every other one anywhere: 20 letters and digits, given at random when it is created. Ids of stores
/// and of what is in them count from 1 in every database; files say by the key whose ids they have. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreKey([u8; Self::LENGTH]);

impl StoreKey {
    /// How many letters and digits a key has.
    pub const LENGTH: usize = 20;

    /// A new key: one of 62^20, so no two stores have the same.
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        Self(std::array::from_fn(|_| random.sample(Alphanumeric)))
    }

    /// The key in this text.
    ///
    /// # Errors
    /// When the text is not made of 20 letters and digits.
    pub fn new(text: &str) -> Result<Self, InvalidStoreKey> {
        let key: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| InvalidStoreKey)?;
        if key.iter().all(u8::is_ascii_alphanumeric) { Ok(Self(key)) } else { Err(InvalidStoreKey) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        // OK because letters and digits of ASCII are text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

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
    /// What tells it from every other store; `None` where a release that knew of none created it beside this one.
    pub key: Option<StoreKey>,
    /// What its profile says besides its name.
    pub profile: StoreProfile,
}
