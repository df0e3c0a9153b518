//! The webhooks of all stores: which of them have something to do, and what runs beside requests for that.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::RootCertStore;
use shopfolk_model::{Actor, AddressPolicy, App, ClientSecret, StoreId, Timestamp};
use shopfolk_operations::{Claim, ForgetAttempts};
use shopfolk_store::{BackgroundTask, Engine, ListeningStores, Pace, StoreError};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::apps::Apps;
use crate::listeners::ListenersOfStores;
use crate::store_run::StoreRun;
use crate::turns::SendTurns;
use crate::{Sender, SenderLimits, SystemResolver};

/// How often it is looked which stores have something to do that nobody here told of: retries, and what other nodes wrote.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How often it is looked which stores listen at all.
const LISTENING_INTERVAL: Duration = Duration::from_mins(1);
/// How many stores are asked for at once.
const STORES: u32 = 500;
/// How many stores are worked on at the same time.
const RUNS: usize = 1_024;
/// How many listening stores a node remembers: the events of others are read when it looks.
const REMEMBERED_STORES: usize = 1_000_000;
/// Attempts are kept so long.
const ATTEMPTS_KEPT: Duration = Duration::from_hours(30 * 24);
/// And so many of a store.
const MOST_ATTEMPTS: i64 = 1_000_000;
/// How often they are forgotten.
const FORGET_INTERVAL: Duration = Duration::from_hours(1);

/// Opens the secret of an app; `None` when it cannot be opened.
pub type OpenSecret = Arc<dyn Fn(&App) -> Option<ClientSecret> + Send + Sync>;

/// What webhooks need to know of their surroundings.
#[derive(Clone)]
pub struct WebhookSettings {
    /// To which addresses they are sent.
    pub addresses: AddressPolicy,
    /// How long receivers may take.
    pub limits: SenderLimits,
    /// What time it is.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Opens the secrets of apps.
    pub open_secret: OpenSecret,
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addresses, limits, now: _, open_secret: _ } = self;
        formatter
            .debug_struct("WebhookSettings")
            .field("addresses", addresses)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

/// The webhooks of all stores. Clones are of the same.
#[derive(Clone)]
pub struct Webhooks<E: Engine>(pub(crate) Arc<Shared<E>>);

/// What runs share.
pub(crate) struct Shared<E> {
    pub(crate) engine: E,
    pub(crate) settings: WebhookSettings,
    pub(crate) sender: Sender,
    pub(crate) apps: Apps,
    pub(crate) listeners: ListenersOfStores,
    pub(crate) turns: SendTurns,
    /// The number by which this node claims stores.
    pub(crate) node: u64,
    /// Who brings the deliveries of stores in the place of this node, since when nothing was heard of them.
    pub(crate) others: Mutex<HashMap<StoreId, (Claim, Instant)>>,
    waiting: Waiting,
    /// Stores that listen.
    listening: RwLock<HashSet<StoreId>>,
}

/// Stores that have something to do.
#[derive(Default)]
struct Waiting {
    stores: Mutex<WaitingStores>,
    changed: Notify,
}

#[derive(Default)]
struct WaitingStores {
    queue: VecDeque<StoreId>,
    /// Those in the queue.
    queued: HashSet<StoreId>,
    /// Those that are worked on, and whether something came meanwhile.
    running: HashMap<StoreId, Arc<Woken>>,
}

/// Tells a run that something came.
#[derive(Default)]
pub(crate) struct Woken {
    flag: std::sync::atomic::AtomicBool,
    notify: Notify,
}

impl Woken {
    fn wake(&self) {
        self.flag.store(true, std::sync::atomic::Ordering::Release);
        self.notify.notify_one();
    }

    /// Whether something came since this was asked.
    pub(crate) fn take(&self) -> bool {
        self.flag.swap(false, std::sync::atomic::Ordering::AcqRel)
    }

    /// Waits until something comes.
    pub(crate) async fn wait(&self) {
        self.notify.notified().await;
    }
}

impl Waiting {
    fn lock(&self) -> std::sync::MutexGuard<'_, WaitingStores> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a store worked on.
    fn add(&self, store: StoreId) {
        let mut stores = self.lock();
        if let Some(woken) = stores.running.get(&store) {
            woken.wake();
        } else if stores.queued.insert(store) {
            stores.queue.push_back(store);
            self.changed.notify_one();
        }
    }

    /// The store whose turn it is.
    async fn next(&self) -> (StoreId, Arc<Woken>) {
        loop {
            {
                let mut stores = self.lock();
                if let Some(store) = stores.queue.pop_front() {
                    stores.queued.remove(&store);
                    let woken = Arc::new(Woken::default());
                    stores.running.insert(store, Arc::clone(&woken));
                    return (store, woken);
                }
            }
            self.changed.notified().await;
        }
    }

    /// A store is worked on no more; what came at the end of it is done next.
    fn end(&self, store: StoreId) {
        let mut stores = self.lock();
        let came = stores.running.remove(&store).is_some_and(|woken| woken.take());
        drop(stores);
        if came {
            self.add(store);
        }
    }
}

/// Ends the work on a store, however it ends.
struct Running<'a>(&'a Waiting, StoreId);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

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
        let shared = Shared {
            sender,
            settings,
            apps: Apps::default(),
            listeners: ListenersOfStores::default(),
            turns: SendTurns::default(),
            // As large as databases keep numbers, and not 0, which is nobody.
            node: rand::random::<u64>() >> 1 | 1,
            others: Mutex::default(),
            waiting: Waiting::default(),
            listening: RwLock::default(),
            engine,
        };
        let webhooks = Self(Arc::new(shared));
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
                next = self.0.waiting.next() => next,
                // Looking never ends: then there is a fault, which begins all of this anew.
                _ = looks.join_next() => return,
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
        *self.0.listening.write().unwrap_or_else(PoisonError::into_inner) = found;
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

impl<E: Engine> Shared<E> {
    /// Something was written in a store.
    fn wrote(&self, store: StoreId) {
        if self.listening.read().unwrap_or_else(PoisonError::into_inner).contains(&store) {
            self.waiting.add(store);
        }
    }

    /// A store is known to listen, so that its writes are seen at once.
    pub(crate) fn listens(&self, store: StoreId) {
        let known = self.listening.read().unwrap_or_else(PoisonError::into_inner).contains(&store);
        if !known {
            let mut listening = self.listening.write().unwrap_or_else(PoisonError::into_inner);
            if listening.len() < REMEMBERED_STORES {
                listening.insert(store);
            }
        }
    }

    /// Has a store worked on a little later.
    pub(crate) fn later(self: &Arc<Self>, store: StoreId, pause: Duration) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            sleep(pause).await;
            shared.waiting.add(store);
        });
    }
}
