//! Long reads: they wait for their turn at a thread that searches, by store and then by caller.

use parking_lot::{Condvar, Mutex};
use shopfolk_model::StoreId;
use shopfolk_store::{StoreError, Turn, Turns};

use crate::measures;
use crate::pause::Searches;
use crate::reader::{ReadJob, Reader};

/// The long reads that wait and run.
pub(crate) struct LongReads {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    turns: Turns<ReadJob>,
    closed: bool,
}

impl LongReads {
    /// For so many threads; so many may wait.
    pub(crate) fn new(threads: usize, most_waiting: usize) -> Self {
        let turns = Turns::new(threads, most_waiting);
        Self { state: Mutex::new(State { turns, closed: false }), changed: Condvar::new() }
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
        measures::set(measures::LONG_READS_WAITING, state.turns.waiting());
        drop(state);
        // Its caller wakes up, for which nobody else has to wait.
        drop(gives_way);
        self.changed.notify_one();
        Ok(())
    }

    /// Runs them with this reader, until no more are taken.
    pub(crate) fn serve(&self, mut reader: Reader, searches: &Searches) {
        while self.run_next(|job| searches.run(|| job(&mut reader))) {}
    }

    /// Runs the next job, as soon as there is one whose turn it is; answers whether there may be more.
    fn run_next(&self, run: impl FnOnce(ReadJob)) -> bool {
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
        measures::set(measures::LONG_READS_WAITING, state.turns.waiting());
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

/// A long read runs until this is dropped.
struct Running<'a> {
    reads: &'a LongReads,
    store: StoreId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.reads.state.lock().turns.end(self.store);
        // More than one may have waited for this: its store, whose turn may be next, and who waits for the end.
        self.reads.changed.notify_all();
    }
}
