//! What waits for the writer: operations, with their callers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use shopfolk_model::{Actor, StoreId};
use shopfolk_store::{CopyOperation, StoreError, Turn, WriteOperation};
use tokio::sync::oneshot;

use super::state::WriterState;
use crate::reader::finished;
use crate::tx::SqliteWriteTx;

/// What became of an operation in its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It succeeded, or failed before it changed anything.
    Cleanly,
    /// It failed after it had changed something, which must be undone.
    Halfway,
}

/// An operation that waits for the writer, with its caller.
pub(crate) trait WriteJob: Send {
    /// On whose account a portion of a walk is done; `None` for any other write, which goes with the next commit.
    fn turn(&self) -> Option<Turn> {
        None
    }
    /// Whether its caller still waits.
    fn is_wanted(&self) -> bool;
    /// Runs the operation and keeps its answer.
    fn run(&mut self, state: &mut WriterState) -> Ran;
    /// Is told how long the writer was busy with its commit, if it was alone in it and wrote.
    fn worked(&mut self, _: Duration) {}
    /// Gives the kept answer, once it is durable or changed nothing.
    fn answer(self: Box<Self>);
    /// Answers that the commit failed.
    fn fail(self: Box<Self>, error: StoreError);
    /// Whether somebody asked for it, who is refused something when it fails.
    fn is_asked_for(&self) -> bool {
        true
    }
}

/// What a transaction runs: an operation, or what a copy writes.
pub(crate) trait Runs: Send + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Why it changes nothing.
    type Error: From<StoreError> + Send + 'static;

    /// Runs it.
    fn run(
        &self,
        tx: &mut SqliteWriteTx<'_>,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// An operation.
pub(crate) struct Operates<O>(pub O);

impl<O: WriteOperation> Runs for Operates<O> {
    type Output = O::Output;
    type Error = O::Error;

    async fn run(&self, tx: &mut SqliteWriteTx<'_>) -> Result<O::Output, O::Error> {
        self.0.run(tx).await
    }
}

/// What a copy writes.
pub(crate) struct Copies<O>(pub O);

impl<O: CopyOperation> Runs for Copies<O> {
    type Output = O::Output;
    type Error = StoreError;

    async fn run(&self, tx: &mut SqliteWriteTx<'_>) -> Result<O::Output, StoreError> {
        tx.mode.backlog.forget_fresh();
        self.0.run(tx).await
    }
}

/// Something to write on a store, with its caller.
pub(crate) struct Write<R: Runs> {
    store: StoreId,
    author: Actor,
    operation: R,
    outcome: Option<Outcome<R>>,
    caller: oneshot::Sender<Outcome<R>>,
}

/// What came of something to write.
pub(crate) type Outcome<R> = Result<<R as Runs>::Output, <R as Runs>::Error>;

impl<R: Runs> Write<R> {
    /// Something to write, and where its answer comes.
    pub(crate) fn new(store: StoreId, author: Actor, operation: R) -> (Self, oneshot::Receiver<Outcome<R>>) {
        let (caller, answer) = oneshot::channel();
        (Self { store, author, operation, outcome: None, caller }, answer)
    }
}

impl<R: Runs> WriteJob for Write<R> {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn run(&mut self, state: &mut WriterState) -> Ran {
        if let Err(error) = state.catch_up(self.store) {
            self.outcome = Some(Err(error.into()));
            return Ran::Cleanly;
        }
        let mut tx = state.begin_operation(self.store, self.author);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.operation.run(&mut tx).now_or_never()));
        let wrote = tx.mode.wrote || outcome.is_err();
        let outcome = finished(outcome);
        let ran = if wrote && outcome.is_err() { Ran::Halfway } else { Ran::Cleanly };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // A caller that has gone away does not wait for an answer.
            let _ = self.caller.send(outcome);
        }
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.caller.send(Err(error.into()));
    }
}
