//! Telling whoever reads events that something was written.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use shopfolk_model::{Actor, StoreId};

type Wrote = dyn Fn(StoreId) + Send + Sync;

/// Whom an engine tells of its writes.
#[derive(Default, Clone)]
pub struct WriteListener(Arc<RwLock<Option<Arc<Wrote>>>>);

impl WriteListener {
    /// Tells this one from now on.
    pub fn tell(&self, wrote: impl Fn(StoreId) + Send + Sync + 'static) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(wrote));
    }

    /// Tells of what somebody had written. What is written for nobody in particular is the work of readers themselves.
    pub fn wrote(&self, store: StoreId, by: Actor) {
        if by != Actor::Unknown
            && let Some(wrote) = &*self.0.read().unwrap_or_else(PoisonError::into_inner)
        {
            wrote(store);
        }
    }
}

impl fmt::Debug for WriteListener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WriteListener")
    }
}
