//! The webhooks of all stores: which of them have something to do, and what runs beside requests for that.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use shopfolk_model::{Actor, StoreId};
use shopfolk_operations::ForgetAttempts;
use shopfolk_store::{BackgroundTask, Engine, ListeningStores, Pace, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::shared::{REMEMBERED_STORES, Shared};
use crate::store_run::StoreRun;
use crate::waiting::Running;
use crate::{Sender, SystemResolver, WebhookSettings};

/// How often it is looked which stores have something to do that nobody here told of: retries, and what other nodes wrote.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How often it is looked which stores listen at all.
const LISTENING_INTERVAL: Duration = Duration::from_mins(1);
/// How many stores are asked for at once.
const STORES: u32 = 500;
/// How many stores are worked on at the same time.
const RUNS: usize = 1_024;
/// Attempts are kept so long.
const ATTEMPTS_KEPT: Duration = Duration::from_hours(30 * 24);
/// And so many of a store.
const MOST_ATTEMPTS: i64 = 1_000_000;
/// How often they are forgotten.
const FORGET_INTERVAL: Duration = Duration::from_hours(1);

/// The webhooks of all stores. Clones are of the same.
#[derive(Clone)]
pub struct Webhooks<E: Engine>(pub(crate) Arc<Shared<E>>);

impl<E: Engine> Webhooks<E> {
    /// Those of an engine, which is served by this process.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(engine: E, settings: WebhookSettings) -> Result<Self, rustls::Error> {
        let sender = Sender::new(
            settings.addresses,
            Arc::new(SystemResolver),
            RootCertStore::empty(),
            settings.limits,
        )?;
        crate::measures::describe();
        let webhooks = Self(Arc::new(Shared::new(engine, settings, sender)));
        let told = Arc::downgrade(&webhooks.0);
        webhooks.0.engine.on_write(move |store| {
            if let Some(shared) = told.upgrade() {
                shared.wrote(store);
            }
        });
        Ok(webhooks)
    }

    /// What has to run beside requests.
    pub fn background(&self) -> Vec<BackgroundTask> {
        let (deliver, forget) = (self.clone(), self.clone());
        vec![
            BackgroundTask::until_stopped("webhooks", move || {
                let webhooks = deliver.clone();
                async move { webhooks.deliver().await }
            }),
            BackgroundTask::every(FORGET_INTERVAL, "forgetting webhook attempts", move || {
                let webhooks = forget.clone();
                async move {
                    if let Err(error) = webhooks.forget().await {
                        tracing::warn!(%error, "webhook attempts could not be forgotten");
                    }
                }
            }),
        ]
    }

    /// Works on the stores that have something to do, on and on.
    async fn deliver(&self) {
        let places = Arc::new(Semaphore::new(RUNS));
        let mut runs = JoinSet::new();
        let mut looks = JoinSet::new();
        let looking = self.clone();
        looks.spawn(async move { looking.look_again_and_again().await });
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let (store, woken) = tokio::select! {
                // First, so that no work begins that `stop` does not see.
                biased;
                () = self.0.stopping.cancelled() => break,
                // Looking never ends: then there is a fault, which begins all of this anew.
                _ = looks.join_next() => return,
                next = self.0.waiting.next() => next,
            };
            while runs.try_join_next().is_some() {}
            let webhooks = self.clone();
            runs.spawn(async move {
                let _place = place;
                let _running = Running(&webhooks.0.waiting, store);
                let run = StoreRun::new(Arc::clone(&webhooks.0), store, woken);
                match run.go().await {
                    Ok(()) => {}
                    Err(error) => tracing::warn!(%store, %error, "webhooks wait, because the database fails"),
                }
            });
        }
        while runs.join_next().await.is_some() {}
        // Whoever told this to stop ends it.
        std::future::pending::<()>().await;
    }

    /// Begins nothing more, and waits until what was begun is noted and other nodes may have the stores of this one. Cut off, it
    /// leaves stores that others have once they have given this node up, and webhooks on their way are sent again.
    pub async fn stop(&self) {
        self.0.stopping.cancel();
        self.0.waiting.none_is_worked_on().await;
    }

    async fn look_again_and_again(&self) {
        let mut listening_known: Option<Instant> = None;
        loop {
            if listening_known.is_none_or(|known| known.elapsed() >= LISTENING_INTERVAL) {
                match self.learn_who_listens().await {
                    Ok(()) => listening_known = Some(Instant::now()),
                    Err(error) => tracing::debug!(%error, "it could not be seen which stores listen"),
                }
            }
            if let Err(error) = self.look().await {
                tracing::debug!(%error, "it could not be seen which stores have webhooks to send");
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// Looks which stores have something to do, and has them worked on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(&self) -> Result<(), StoreError> {
        self.0.listeners.forget_old();
        self.0.apps.forget_old();
        let now = (self.0.settings.now)();
        self.walk(ListeningStores::WithWork(now), |store| self.0.waiting.add(store)).await
    }

    async fn learn_who_listens(&self) -> Result<(), StoreError> {
        let mut found = HashSet::new();
        self.walk(ListeningStores::All, |store| {
            if found.len() < REMEMBERED_STORES {
                found.insert(store);
            }
        })
        .await?;
        self.0.all_that_listen(found);
        Ok(())
    }

    async fn walk(&self, which: ListeningStores, mut found: impl FnMut(StoreId)) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let stores = self.0.engine.list_listening_stores(which, after, STORES).await?;
            after = stores.last().copied();
            let is_all = stores.len() < STORES as usize;
            stores.into_iter().for_each(&mut found);
            if is_all {
                return Ok(());
            }
        }
    }

    /// Forgets attempts that are too old or too many.
    async fn forget(&self) -> Result<(), StoreError> {
        let mut stores = Vec::new();
        self.walk(ListeningStores::All, |store| stores.push(store)).await?;
        let before = (self.0.settings.now)().before(ATTEMPTS_KEPT);
        for store in stores {
            let mut pace = Pace::default();
            let forget = ForgetAttempts { before, most: MOST_ATTEMPTS };
            while self.0.engine.write_portion(store, Actor::Unknown, forget, &mut pace).await? {}
        }
        Ok(())
    }
}
