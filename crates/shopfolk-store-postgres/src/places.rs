//! Places for what takes long: fewer than there are connections, so that everything short finds one. They are given by turns,
//! by store and then by caller, and one store never has all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopfolk_model::StoreId;
use shopfolk_store::{StoreError, Turn, Turns};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::tx::TOO_SLOW;

type Waiting = Turns<oneshot::Sender<Place>>;

/// The places of a node.
#[derive(Debug, Clone)]
pub(crate) struct LongPlaces(Arc<Mutex<Waiting>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: LongPlaces,
    store: StoreId,
}

impl LongPlaces {
    /// Places beside so many connections, for which so many may wait.
    pub(crate) fn new(connections: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(Turns::new(connections / 2, most_waiting))))
    }

    /// Waits for a place until `deadline`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none in time, or others have to go first and too many wait.
    pub(crate) async fn take(&self, turn: Turn, deadline: Instant) -> Result<Place, StoreError> {
        let (caller, place) = oneshot::channel();
        let gives_way = self.turns().push(turn, caller);
        drop(gives_way);
        self.give();
        match timeout_at(deadline, place).await {
            Ok(place) => place.map_err(|_| StoreError::NO_ROOM),
            Err(_) => Err(TOO_SLOW),
        }
    }

    /// Gives free places to those whose turn it is.
    fn give(&self) {
        while let Some((place, caller)) = self.next() {
            // One who is gone gives it back by dropping it.
            let _ = caller.send(place);
        }
    }

    fn next(&self) -> Option<(Place, oneshot::Sender<Place>)> {
        let mut turns = self.turns();
        loop {
            let (store, caller) = turns.begin()?;
            if !caller.is_closed() {
                return Some((Place { places: self.clone(), store }, caller));
            }
            turns.end(store);
        }
    }

    fn turns(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.turns().end(self.store);
        self.places.give();
    }
}
