//! What the work on all stores has in common.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use shopfolk_model::StoreId;
use shopfolk_operations::Claim;
use shopfolk_store::Engine;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::apps::Apps;
use crate::give_way::Writes;
use crate::lab_turns::LabTurns;
use crate::listeners::ListenersOfStores;
use crate::turns::SendTurns;
use crate::waiting::Waiting;
use crate::{Sender, WebhookSettings};

/// How many listening stores a node remembers: the events of others are read when it looks.
pub(crate) const REMEMBERED_STORES: usize = 1_000_000;

/// How many large portions of deliveries are in memory at once.
const LARGE_PORTIONS: usize = 16;

/// What runs share.
pub(crate) struct Shared<E> {
    pub(crate) engine: E,
    pub(crate) settings: WebhookSettings,
    pub(crate) sender: Sender,
    pub(crate) apps: Apps,
    pub(crate) listeners: ListenersOfStores,
    pub(crate) turns: SendTurns,
    pub(crate) lab_turns: LabTurns,
    /// Who may have a large portion of deliveries in memory.
    pub(crate) large_portions: Semaphore,
    /// The number by which this node claims stores.
    pub(crate) node: u64,
    /// Who brings the deliveries of stores in the place of this node, since when nothing was heard of them.
    pub(crate) others: Mutex<HashMap<StoreId, (Claim, Instant)>>,
    pub(crate) waiting: Waiting,
    pub(crate) writes: Writes,
    /// Says that nothing more is to be begun.
    pub(crate) stopping: CancellationToken,
    /// Stores that listen.
    listening: RwLock<HashSet<StoreId>>,
}

impl<E: Engine> Shared<E> {
    pub(crate) fn new(engine: E, settings: WebhookSettings, sender: Sender) -> Self {
        Self {
            sender,
            settings,
            apps: Apps::default(),
            listeners: ListenersOfStores::default(),
            turns: SendTurns::default(),
            lab_turns: LabTurns::default(),
            large_portions: Semaphore::new(LARGE_PORTIONS),
            // As large as databases keep numbers, and not 0, which is nobody.
            node: rand::random::<u64>() >> 1 | 1,
            others: Mutex::default(),
            waiting: Waiting::default(),
            writes: Writes::default(),
            stopping: CancellationToken::new(),
            listening: RwLock::default(),
            engine,
        }
    }

    /// Something was written in a store.
    pub(crate) fn wrote(&self, store: StoreId) {
        self.writes.note();
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

    /// These stores listen, and no others.
    pub(crate) fn all_that_listen(&self, stores: HashSet<StoreId>) {
        *self.listening.write().unwrap_or_else(PoisonError::into_inner) = stores;
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
