//! Places for what takes long: half as many as there are connections, so that everything short finds one.

use shopfolk_store::{Place, Places, StoreError, Turn};
use tokio::time::{Instant, timeout_at};

use crate::tx::TOO_SLOW;

/// Places beside so many connections, for which so many may wait.
pub(crate) fn long_places(connections: usize, most_waiting: usize) -> Places {
    Places::new(connections / 2, most_waiting)
}

/// Waits for a place until `deadline`.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is none in time, or others have to go first and too many wait.
pub(crate) async fn take_place(places: &Places, turn: Turn, deadline: Instant) -> Result<Place, StoreError> {
    match timeout_at(deadline, places.take(turn)).await {
        Ok(place) => place.ok_or(StoreError::NO_ROOM),
        Err(_) => Err(TOO_SLOW),
    }
}
