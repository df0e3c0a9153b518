//! Deliveries of apps that are tried: one at a time, so that what an app writes meanwhile comes of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shopfolk_model::{AppId, StoreId};
use tokio::sync::OwnedMutexGuard;

/// An app in a store.
type Tried = (StoreId, AppId);

/// Deliveries in the lab, one at a time for each app in a store.
#[derive(Default)]
pub(crate) struct LabTurns(Mutex<HashMap<Tried, Arc<tokio::sync::Mutex<()>>>>);

impl LabTurns {
    /// Waits until no other one of that app is brought.
    pub(crate) async fn take(&self, tried: Tried) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(tried).or_default())
        };
        turn.lock_owned().await
    }
}
