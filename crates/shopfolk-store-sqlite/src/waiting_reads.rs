//! Reads that wait for their turn at a thread, by store and then by caller: the long ones at those that search, the short ones at
//! others.

use parking_lot::{Condvar, Mutex};
use shopfolk_model::StoreId;
use shopfolk_store::{StoreError, Turn, Turns};

use crate::measures;
use crate::reader::ReadJob;

/// The reads that wait and run.
pub(crate) struct WaitingReads {
    state: Mutex<State>,
    changed: Condvar,
    /// Is told how many wait.
    waiting: Option<&'static str>,
    /// Whether the end of one may be what another one waits for.
    keeps_places_free: bool,
}

struct State {
    turns: Turns<ReadJob>,
    closed: bool,
}

impl WaitingReads {
    /// Long ones, for so many threads; so many may wait.
    pub(crate) fn long(threads: usize, most_waiting: usize) -> Self {
        Self::of(Turns::new(threads, most_waiting), Some(measures::LONG_READS_WAITING))
    }

    /// Short ones, for so many threads; so many may wait.
    pub(crate) fn short(threads: usize, most_waiting: usize) -> Self {
        Self::of(Turns::of_short_work(threads, most_waiting), None)
    }

    fn of(turns: Turns<ReadJob>, waiting: Option<&'static str>) -> Self {
        let keeps_places_free = turns.keeps_places_free();
        let state = Mutex::new(State { turns, closed: false });
        Self { state, changed: Condvar::new(), waiting, keeps_places_free }
    }

    /// Has a job wait for its turn. Where too many wait, one is dropped without being run.
    ///
    /// # Errors
    /// When no more are taken.
    pub(crate) fn push(&self, turn: Turn, job: ReadJob) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::CLOSED);
        }
        let gives_way = state.turns.push(turn, job);
        self.measure(&state);
        drop(state);
        // Its caller wakes up, for which nobody else has to wait.
        drop(gives_way);
        self.changed.notify_one();
        Ok(())
    }

    /// Runs them, each in this way, until no more are taken.
    pub(crate) fn serve(&self, mut run: impl FnMut(ReadJob)) {
        while self.run_next(&mut run) {}
    }

    fn measure(&self, state: &State) {
        if let Some(waiting) = self.waiting {
            measures::set(waiting, state.turns.waiting());
        }
    }

    /// Runs the next job, as soon as there is one whose turn it is; answers whether there may be more.
    fn run_next(&self, run: &mut impl FnMut(ReadJob)) -> bool {
        let mut state = self.state.lock();
        let (store, job) = loop {
            if let Some(begun) = state.turns.begin() {
                break begun;
            }
            if state.closed && state.turns.waiting() == 0 {
                return false;
            }
            self.changed.wait(&mut state);
        };
        self.measure(&state);
        drop(state);
        let _running = Running { reads: self, store };
        run(job);
        true
    }

    /// Takes no more; those that wait are run.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

/// A read runs until this is dropped.
struct Running<'a> {
    reads: &'a WaitingReads,
    store: StoreId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.reads.state.lock().turns.end(self.store);
        if self.reads.keeps_places_free {
            // More than one may have waited for this: its store, whose turn may be next, and who waits for the end.
            self.reads.changed.notify_all();
        }
    }
}
