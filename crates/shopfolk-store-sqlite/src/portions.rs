//! Portions of walks that write: each waits for its turn, by store and then by caller, and is a commit of its own. So no other
//! write waits for more than the one that has begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shopfolk_store::{StoreError, Turn};

use crate::writer::{Ran, Runs, Write, WriteJob, WriterState};

/// A portion of a walk, with its caller.
pub(crate) struct PortionWrite<R: Runs> {
    turn: Turn,
    write: Write<R>,
    worked: Worked,
}

/// How long the writer was busy with a portion: what others waited for it, its commit included. Nothing where it wrote nothing,
/// which says nothing of how long one takes that does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Worked(Arc<AtomicU64>);

impl Worked {
    pub(crate) fn get(&self) -> Option<Duration> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&time| time > 0).map(Duration::from_nanos)
    }

    fn set(&self, time: Duration) {
        self.0.store(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl<R: Runs> PortionWrite<R> {
    pub(crate) fn new(turn: Turn, write: Write<R>) -> (Self, Worked) {
        let worked = Worked::default();
        (Self { turn, write, worked: worked.clone() }, worked)
    }
}

impl<R: Runs> WriteJob for PortionWrite<R> {
    fn turn(&self) -> Option<Turn> {
        Some(self.turn)
    }

    fn is_wanted(&self) -> bool {
        self.write.is_wanted()
    }

    fn run(&mut self, state: &mut WriterState) -> Ran {
        self.write.run(state)
    }

    fn worked(&mut self, time: Duration) {
        self.worked.set(time);
    }

    fn answer(self: Box<Self>) {
        Box::new(self.write).answer();
    }

    fn fail(self: Box<Self>, error: StoreError) {
        Box::new(self.write).fail(error);
    }
}
