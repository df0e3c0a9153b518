//! How many webhooks are on their way at the same time: a few for each receiver, and for those that fail no more than half of
//! all, so that nobody waits for another one's receiver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// To all receivers.
const ALL: usize = 256;
/// To those whose last webhook failed.
const FAILING: usize = ALL / 2;
/// To one.
pub(crate) const EACH: usize = 8;
/// How many receivers are remembered; of others it is not known whether they fail.
const REMEMBERED: usize = 10_000;

/// The turns.
pub(crate) struct SendTurns {
    all: Arc<Semaphore>,
    failing: Arc<Semaphore>,
    receivers: Mutex<HashMap<String, Receiver>>,
}

#[derive(Clone)]
struct Receiver {
    each: Arc<Semaphore>,
    fails: bool,
}

/// A webhook may be on its way as long as this is there.
#[derive(Debug)]
pub(crate) struct SendTurn {
    _each: OwnedSemaphorePermit,
    _failing: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Default for SendTurns {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(ALL)),
            failing: Arc::new(Semaphore::new(FAILING)),
            receivers: Mutex::default(),
        }
    }
}

impl SendTurns {
    /// Waits for its turn with a receiver; `None` when the program ends.
    pub(crate) async fn take(&self, receiver: &str) -> Option<SendTurn> {
        let Receiver { each, fails } = self.of(receiver);
        let each = each.acquire_owned().await.ok()?;
        let failing = if fails { Some(Arc::clone(&self.failing).acquire_owned().await.ok()?) } else { None };
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(SendTurn { _each: each, _failing: failing, _all: all })
    }

    /// Remembers whether a receiver fails.
    pub(crate) fn note(&self, receiver: &str, fails: bool) {
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = receivers.get_mut(receiver) {
            known.fails = fails;
        }
    }

    fn of(&self, receiver: &str) -> Receiver {
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = receivers.get(receiver) {
            return known.clone();
        }
        if receivers.len() >= REMEMBERED {
            // Those with nothing on its way and no failure are as good as unknown.
            receivers.retain(|_, known| known.fails || known.each.available_permits() < EACH);
        }
        let new = Receiver { each: Arc::new(Semaphore::new(EACH)), fails: false };
        if receivers.len() < REMEMBERED * 2 {
            receivers.insert(receiver.to_owned(), new.clone());
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_receiver_has_a_few_turns_and_failing_ones_leave_half_to_others() {
        let turns = SendTurns::default();
        let mut taken = Vec::new();
        for number in 0..=FAILING / EACH {
            let receiver = format!("dead {number}");
            drop(turns.take(&receiver).await);
            turns.note(&receiver, true);
            for _ in 0..EACH {
                let limit = std::time::Duration::from_secs(1);
                taken.extend(tokio::time::timeout(limit, turns.take(&receiver)).await.ok().flatten());
            }
        }
        assert_eq!(taken.len(), FAILING, "failing ones have half");
        for _ in 0..EACH {
            taken.extend(turns.take("alive").await);
        }
        let limit = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(limit, turns.take("alive")).await.is_err(), "a few each");
        assert!(tokio::time::timeout(limit, turns.take("another")).await.is_ok());
    }
}
