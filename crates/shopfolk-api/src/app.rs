//! What every handler has at hand.

use std::sync::Arc;

use shopfolk_model::Timestamp;
use shopfolk_store::{Engine, ReadOperation, WriteOperation};

use crate::access::Access;
use crate::access_cache::AccessCache;
use crate::{ApiError, ApiSettings, Clock};

/// The engine, the clock, the settings and who was let in lately.
pub(crate) struct App<E> {
    pub(crate) engine: E,
    pub(crate) settings: ApiSettings,
    pub(crate) access: AccessCache,
    clock: Arc<dyn Clock>,
}

impl<E: Engine> App<E> {
    pub(crate) fn new(engine: E, settings: ApiSettings, clock: Arc<dyn Clock>) -> Self {
        let access = AccessCache::new(settings.rate_limit);
        Self { engine, settings, access, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads in the store that was opened.
    pub(crate) async fn read<S, O>(&self, access: &Access<S>, operation: O) -> Result<O::Output, ApiError>
    where
        S: Sync,
        O: ReadOperation,
        ApiError: From<O::Error>,
    {
        Ok(self.engine.read(access.store(), operation).await?)
    }

    /// Writes in the store that was opened.
    pub(crate) async fn write<S, O>(&self, access: &Access<S>, operation: O) -> Result<O::Output, ApiError>
    where
        S: Sync,
        O: WriteOperation,
        ApiError: From<O::Error>,
    {
        Ok(self.engine.write(access.store(), operation).await?)
    }
}
