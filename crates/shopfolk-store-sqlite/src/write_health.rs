//! Whether writes are taken: what readiness and the log say of it.

use std::error::Error;
use std::iter::successors;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use shopfolk_store::StoreError;

/// So long the outcome of a commit tells whether the next one would be made.
const FRESH: Duration = Duration::from_secs(2);
/// Writes have to be taken for so long before the log says that they are: a disk with little room takes some and not others.
const QUIET: Duration = Duration::from_secs(5);

/// The outcome of the last commit, and the trouble there is. The writer tells, and readiness asks.
#[derive(Debug, Default)]
pub(crate) struct WriteHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Last>,
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    taken: bool,
}

/// A time in which writes are refused.
#[derive(Debug)]
struct Trouble {
    began: Instant,
    last_refusal: Instant,
    refused: usize,
}

impl WriteHealth {
    /// A commit that wrote was made.
    pub(crate) fn taken(&self, now: Instant) {
        let mut state = self.0.lock();
        state.last = Some(Last { at: now, taken: true });
        if let Some(over) = state.trouble.take_if(|trouble| now >= trouble.last_refusal + QUIET) {
            let seconds = over.last_refusal.duration_since(over.began).as_secs();
            tracing::warn!(refused = over.refused, seconds, "writes are taken again");
        }
    }

    /// A commit was not made, and with it so many writes.
    pub(crate) fn refused(&self, error: &StoreError, writes: usize, now: Instant) {
        let mut state = self.0.lock();
        state.last = Some(Last { at: now, taken: false });
        let trouble = state.trouble.get_or_insert_with(|| {
            tracing::error!(cause = causes(error), "writes are refused: {error}");
            Trouble { began: now, last_refusal: now, refused: 0 }
        });
        trouble.last_refusal = now;
        trouble.refused += writes;
    }

    /// Whether a write was taken so lately that the next one would be.
    pub(crate) fn is_known_to_take(&self, now: Instant) -> bool {
        let last = self.0.lock().last;
        last.is_some_and(|last| last.taken && now < last.at + FRESH)
    }

    /// Whether writes are refused, or were until a moment ago.
    pub(crate) fn is_in_trouble(&self) -> bool {
        self.0.lock().trouble.is_some()
    }
}

/// Why an error came about, for the log.
pub(crate) fn causes(error: &dyn Error) -> String {
    let causes = successors(error.source(), |&cause| cause.source()).map(ToString::to_string);
    causes.collect::<Vec<_>>().join(": ")
}
