//! What happened in a store, recorded with the change itself.

use std::future::Future;

use shopfolk_model::Event;

use crate::StoreError;

/// Writing events.
pub trait WriteEvents {
    /// Records an event behind all others of the store.
    ///
    /// # Errors
    /// When the database fails.
    fn append_event(&mut self, event: &Event) -> impl Future<Output = Result<(), StoreError>> + Send;
}
