//! Places for work, of which there are fewer than those who want one. They are given by turns, by store and then by caller, and
//! one store never has all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopfolk_model::StoreId;
use tokio::sync::oneshot;

use crate::{Turn, Turns};

type Waiting = Turns<oneshot::Sender<Place>>;

/// Some places. Clones share them.
#[derive(Debug, Clone)]
pub struct Places(Arc<Mutex<Waiting>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    store: StoreId,
}

impl Places {
    /// So many places, at least one, for which so many may wait.
    pub fn new(places: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(Turns::new(places, most_waiting))))
    }

    /// Waits for a place. There is none for whoever has to give way because too many wait.
    pub async fn take(&self, turn: Turn) -> Option<Place> {
        let (caller, place) = oneshot::channel();
        let gives_way = self.turns().push(turn, caller);
        drop(gives_way);
        self.give();
        place.await.ok()
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
