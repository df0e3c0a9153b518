//! Running batches, beside the requests of those who sent them.
//!
//! A server claims the batches whose turn it is, store by store, and says every second that it goes on; what it does not
//! finish another one takes over after some seconds, or it itself when it is started again. Nothing is done twice by that
//! ([`shopfolk_operations::answered`]). Each request goes through the router as if the token had sent it (`batched.rs`).
//!
//! What batches take is bounded: so many requests of all batches are under way at once, by turns of stores and tokens, and the
//! answers that are held until they are kept have a budget of their own.

mod answered;
mod answering;
mod running;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use shopfolk_model::{Actor, StoreId, Timestamp};
use shopfolk_operations::{ClaimBatches, forget_batches};
use shopfolk_store::{BackgroundTask, BatchClaim, Engine, Places, StoresWith};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::app::App;
use crate::byte_budget::ByteBudget;
use running::RunningBatch;

/// How many requests of batches a server has under way at once, so that those of others find room beside them.
const REQUESTS_AT_ONCE: usize = 8;
/// How many batches a server runs at once.
const BATCHES_AT_ONCE: usize = 64;
/// How many bytes of long answers are held at once until they are kept: 8 MiB.
const HELD_ANSWERS: u32 = 8 << 20;
/// How often a server looks for batches that others have left, or that were sent to others.
const LOOK: Duration = Duration::from_secs(1);
/// How often old batches are forgotten.
const FORGET: Duration = Duration::from_mins(10);
/// For so many seconds a batch is a server's that has said nothing more of it.
const CLAIM_SECONDS: i64 = 4;

/// What has to run beside requests for batches.
pub(crate) fn background<E: Engine>(app: &Arc<App<E>>, router: &Router) -> Vec<BackgroundTask> {
    let runner = BatchRunner {
        app: Arc::clone(app),
        router: router.clone(),
        places: Places::new(REQUESTS_AT_ONCE, usize::MAX),
        answers: ByteBudget::of(HELD_ANSWERS),
        by: rand::random(),
    };
    let forgetful = Arc::clone(app);
    vec![
        // A run lasts until the server is about to end, so that what has begun is finished.
        BackgroundTask::every(LOOK, "batches", move || runner.clone().run()),
        BackgroundTask::every(FORGET, "forget batches", move || forget(Arc::clone(&forgetful))),
    ]
}

/// Forgets old batches of all stores.
async fn forget<E: Engine>(app: Arc<App<E>>) {
    let mut after = None;
    while let Some(store) = next_store(&app, StoresWith::Batches, after).await {
        after = Some(store);
        match forget_batches(&app.engine, store, app.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(store = store.get(), count, "forgot batches"),
            Err(error) => tracing::warn!(store = store.get(), %error, "batches could not be forgotten"),
        }
    }
}

/// The next store that has batches; none where the database fails, which is logged.
async fn next_store<E: Engine>(app: &App<E>, what: StoresWith, after: Option<StoreId>) -> Option<StoreId> {
    app.engine.next_store_with(what, after).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "batches could not be looked for");
        None
    })
}

/// Runs the batches that come to this server.
struct BatchRunner<E> {
    app: Arc<App<E>>,
    router: Router,
    places: Places,
    answers: ByteBudget,
    /// By which the server's claims are known.
    by: i64,
}

impl<E> Clone for BatchRunner<E> {
    fn clone(&self) -> Self {
        Self {
            app: Arc::clone(&self.app),
            router: self.router.clone(),
            places: self.places.clone(),
            answers: self.answers.clone(),
            by: self.by,
        }
    }
}

impl<E: Engine> BatchRunner<E> {
    /// Runs batches until the server is about to end.
    async fn run(self) {
        let shutting_down = self.app.settings.shutting_down.clone();
        let mut running = JoinSet::new();
        let mut last = None;
        while !shutting_down.is_announced() {
            last = self.begin(&mut running, last).await;
            tokio::select! {
                () = shutting_down.announced() => {}
                () = self.app.batch_sent.notified() => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = sleep(LOOK) => {}
            }
        }
        running.join_all().await;
    }

    /// Begins as many batches as there is room for, of the stores behind this one first. Answers the last store that was looked at.
    async fn begin(&self, running: &mut JoinSet<()>, behind: Option<StoreId>) -> Option<StoreId> {
        let (mut last, mut is_round) = (behind, behind.is_none());
        while running.len() < BATCHES_AT_ONCE {
            let Some(store) = next_store(&self.app, StoresWith::UnfinishedBatches, last).await else {
                if is_round {
                    return None;
                }
                (last, is_round) = (None, true);
                continue;
            };
            if is_round && behind.is_some_and(|behind| store > behind) {
                return last;
            }
            last = Some(store);
            let most = BATCHES_AT_ONCE - running.len();
            let claim = ClaimBatches { claim: self.claim(), most, now: self.app.now() };
            match self.app.engine.write(store, Actor::Unknown, claim).await {
                Ok(claimed) => {
                    for batch in claimed {
                        running.spawn(RunningBatch::new(self.clone(), store, batch).run());
                    }
                }
                Err(error) => tracing::warn!(store = store.get(), %error, "batches could not be claimed"),
            }
        }
        last
    }

    /// A claim that begins now.
    fn claim(&self) -> BatchClaim {
        let until = self.app.now().unix_seconds() + CLAIM_SECONDS;
        let until = Timestamp::from_unix_seconds(until).unwrap_or(Timestamp::MAXIMUM);
        BatchClaim { by: self.by, until }
    }

    /// Waits, by the clock that tests hold; answers early, and with no, when the server is about to end.
    async fn goes_on_after(&self, pause: Duration) -> bool {
        tokio::select! {
            () = self.app.settings.shutting_down.announced() => false,
            () = self.app.sleep(pause) => true,
        }
    }
}

/// Does this, but not for longer than a claim lasts.
async fn within_claim<T>(work: impl Future<Output = T>) -> Option<T> {
    timeout(Duration::from_secs(CLAIM_SECONDS.unsigned_abs()), work).await.ok()
}
