//! What every page has at hand.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::ApiError;
use shopfolk_api::owners::{Owners, Pages};
use shopfolk_model::{SessionKey, StoreId};
use shopfolk_store::Engine;

use crate::paths::Home;
use crate::routes;

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
    fn new(store: StoreId) -> Result<Self, ApiError> {
        let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
        Ok(Self { store, key: SessionKey::generate(&mut random) })
    }
}

/// The pages. Of a demo store, everybody on this machine is the owner.
///
/// # Errors
/// When there is no randomness.
pub fn pages<E: Engine>(demo: Option<StoreId>) -> Result<impl FnOnce(Owners<E>) -> Pages, ApiError> {
    let demo = demo.map(Demo::new).transpose()?;
    Ok(move |owners| Pages {
        router: routes::router(Arc::new(Admin { owners, demo })),
        templates: crate::paths::TEMPLATES.to_vec(),
        home: Home::TEMPLATE,
    })
}
