//! A batch that runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use shopfolk_model::{Actor, BatchRequest, MAXIMUM_PARALLEL_REQUESTS, StoreId};
use shopfolk_operations::{
    BatchEntry, BatchWork, ClaimedBatch, FinishBatch, OperationError, ReadBatchWork, RenewClaim,
};
use shopfolk_store::{Engine, Turn};
use tokio::time::sleep;

use super::answered::Answered;
use super::{BatchRunner, LOOK, within_claim};

/// How often a server says that it goes on with a batch.
const RENEW: Duration = Duration::from_secs(1);
/// How often a request is tried again.
const TRIES_AGAIN: u32 = 5;
/// How long is waited before that.
const PAUSE: Duration = Duration::from_secs(3);

/// How it goes on with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// With the next request; nothing has failed.
    Continue,
    /// With the next request, unless the batch stops at a failure.
    Failed,
    /// Nothing more is to run, because the token is gone.
    Complete,
    /// It is not this server's any more, or nobody's.
    Leave,
    /// Later, by whoever comes first: the store is suspended, the server ends, or the database fails.
    Release,
}

/// A batch that this server runs.
pub(super) struct RunningBatch<E> {
    pub(super) runner: BatchRunner<E>,
    pub(super) store: StoreId,
    pub(super) batch: ClaimedBatch,
    /// How many bytes its answers have so far.
    pub(super) answer_bytes: AtomicU64,
    /// Whether no further request is to begin.
    stops: AtomicBool,
}

impl<E: Engine> RunningBatch<E> {
    pub(super) const fn new(runner: BatchRunner<E>, store: StoreId, batch: ClaimedBatch) -> Self {
        let (answer_bytes, stops) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { runner, store, batch, answer_bytes, stops }
    }

    /// Runs what is left of it.
    pub(super) async fn run(self) {
        let next = tokio::select! {
            next = self.requests() => next,
            () = self.keep_claim() => Next::Leave,
        };
        let ended = match next {
            Next::Leave => return,
            Next::Release => self.release().await,
            Next::Continue | Next::Failed | Next::Complete => self.complete().await,
        };
        if let Err(error) = ended {
            // The claim ends by itself, and whoever takes the batch over finds nothing left to do.
            self.log(&error, "a batch could not be ended");
        }
    }

    /// Says again and again that this server goes on, until the batch is not its own any more.
    async fn keep_claim(&self) {
        loop {
            sleep(RENEW).await;
            let until = Some(self.runner.claim().until);
            let renew = RenewClaim { batch: self.batch.batch, by: self.runner.by, until };
            let renewed = within_claim(self.runner.app.engine.write(self.store, Actor::Unknown, renew)).await;
            match renewed {
                Some(Ok(false)) => return,
                Some(Ok(true)) | None => {}
                Some(Err(error)) => self.log(&error, "a batch could not be kept"),
            }
        }
    }

    /// Leaves it to anybody, after a moment: what was in the way may still be.
    async fn release(&self) -> Result<(), OperationError> {
        tokio::select! {
            () = self.runner.app.settings.shutting_down.announced() => {}
            () = sleep(LOOK) => {}
        }
        let release = RenewClaim { batch: self.batch.batch, by: self.runner.by, until: None };
        self.runner.app.engine.write(self.store, Actor::Unknown, release).await.map(drop)
    }

    async fn complete(&self) -> Result<(), OperationError> {
        let finish = FinishBatch { batch: self.batch.batch, now: self.runner.app.now() };
        self.runner.app.engine.write(self.store, Actor::Unknown, finish).await
    }

    /// Runs the requests that were not answered, as many at once as its mode says.
    async fn requests(&self) -> Next {
        let work = ReadBatchWork { batch: self.batch.batch };
        let BatchWork { requests, has_failed, answer_bytes } =
            match self.runner.app.engine.read(self.store, work).await {
                Ok(work) => work,
                Err(error) => {
                    self.log(&error, "a batch could not be read");
                    return Next::Release;
                }
            };
        let mode = self.batch.mode;
        if has_failed && mode.stop_on_first_failure {
            return Next::Complete;
        }
        self.answer_bytes.store(answer_bytes, Ordering::Relaxed);
        let at_once = if mode.parallel { MAXIMUM_PARALLEL_REQUESTS } else { 1 };
        let begun = requests.into_iter().take_while(|_| self.goes_on());
        let mut running =
            iter(begun.map(|(number, request)| self.request(number, request))).buffer_unordered(at_once);
        let mut outcome = Next::Continue;
        while let Some(next) = running.next().await {
            let stops = match next {
                Next::Continue => false,
                Next::Failed => mode.stop_on_first_failure,
                Next::Complete | Next::Leave | Next::Release => true,
            };
            // Those that have begun are finished, and the first one that stops says why.
            if stops && !self.stops.swap(true, Ordering::Relaxed) {
                outcome = next;
            }
        }
        if outcome == Next::Continue && self.runner.app.settings.shutting_down.is_announced() {
            return Next::Release;
        }
        outcome
    }

    /// Whether a further request may begin.
    fn goes_on(&self) -> bool {
        !self.stops.load(Ordering::Relaxed) && !self.runner.app.settings.shutting_down.is_announced()
    }

    /// Runs a request until it has an answer.
    async fn request(&self, number: u32, request: BatchRequest) -> Next {
        let entry = BatchEntry { batch: self.batch.batch, number };
        let turn = Turn { store: self.store, by: Actor::Token(self.batch.token) };
        let mut tries = 0;
        loop {
            let place = self.runner.places.take(turn).await;
            if !self.goes_on() {
                return Next::Release;
            }
            let answered = self.answer(entry, &request, tries < TRIES_AGAIN).await;
            drop(place);
            let pause = match answered {
                Ok(Answered::Success) => return Next::Continue,
                Ok(Answered::Failure) => return Next::Failed,
                Ok(Answered::NoToken) => return Next::Complete,
                Ok(Answered::Suspended | Answered::ServerEnds) => return Next::Release,
                Ok(Answered::Limited(pause)) => pause,
                Ok(Answered::TryAgain) => {
                    tries += 1;
                    PAUSE
                }
                Err(OperationError::BatchIsOver) => return Next::Leave,
                Err(error) => {
                    self.log(&error, "the answer to a request of a batch could not be kept");
                    return Next::Release;
                }
            };
            if !self.runner.goes_on_after(pause).await {
                return Next::Release;
            }
        }
    }

    fn log(&self, error: &OperationError, what: &'static str) {
        tracing::warn!(store = self.store.get(), batch = self.batch.batch.get(), %error, "{what}");
    }
}
