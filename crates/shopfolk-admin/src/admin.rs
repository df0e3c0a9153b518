//! What every page has at hand.

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::ApiError;
use shopfolk_api::owners::Owners;
use shopfolk_model::{SessionKey, StoreId};

/// The owners of stores, and the store that everybody on this machine may see.
pub(crate) struct Admin<E> {
    pub(crate) owners: Owners<E>,
    pub(crate) demo: Option<Demo>,
}

/// The demo store, which needs no password.
pub(crate) struct Demo {
    pub(crate) store: StoreId,
    /// Shows of a form that it is one of ours, as the key of a session does.
    pub(crate) key: SessionKey,
}

impl Demo {
    /// One with a new key.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn new(store: StoreId) -> Result<Self, ApiError> {
        let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
        Ok(Self { store, key: SessionKey::generate(&mut random) })
    }
}
