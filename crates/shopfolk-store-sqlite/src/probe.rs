//! A write that changes nothing, to see whether writes are taken.

use shopfolk_store::StoreError;
use tokio::sync::oneshot;

use crate::writer::{Ran, WriteJob, WriterState};

/// The probe, with the one who asked.
pub(crate) struct Probe {
    outcome: Result<(), StoreError>,
    caller: oneshot::Sender<Result<(), StoreError>>,
}

impl Probe {
    /// A probe, and where its answer comes.
    pub(crate) fn new() -> (Self, oneshot::Receiver<Result<(), StoreError>>) {
        let (caller, answer) = oneshot::channel();
        (Self { outcome: Ok(()), caller }, answer)
    }
}

impl WriteJob for Probe {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn run(&mut self, state: &mut WriterState) -> Ran {
        self.outcome = state.write_nothing();
        if self.outcome.is_ok() { Ran::Cleanly } else { Ran::Halfway }
    }

    fn answer(self: Box<Self>) {
        let _ = self.caller.send(self.outcome);
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.caller.send(Err(error));
    }

    fn is_asked_for(&self) -> bool {
        false
    }
}
