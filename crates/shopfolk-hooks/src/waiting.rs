//! The stores that have something to do, in their turn.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopfolk_model::StoreId;
use tokio::sync::Notify;

/// Stores that have something to do.
#[derive(Default)]
pub(crate) struct Waiting {
    stores: Mutex<WaitingStores>,
    changed: Notify,
    ended: Notify,
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
    flag: AtomicBool,
    notify: Notify,
}

impl Woken {
    fn wake(&self) {
        self.flag.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    /// Whether something came since this was asked.
    pub(crate) fn take(&self) -> bool {
        self.flag.swap(false, Ordering::AcqRel)
    }

    /// Waits until something comes.
    pub(crate) async fn wait(&self) {
        self.notify.notified().await;
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, WaitingStores> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a store worked on.
    pub(crate) fn add(&self, store: StoreId) {
        let mut stores = self.lock();
        if let Some(woken) = stores.running.get(&store) {
            woken.wake();
        } else if stores.queued.insert(store) {
            stores.queue.push_back(store);
            self.changed.notify_one();
        }
    }

    /// The store whose turn it is.
    pub(crate) async fn next(&self) -> (StoreId, Arc<Woken>) {
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
        self.ended.notify_waiters();
    }

    /// Waits until no store is worked on.
    pub(crate) async fn none_is_worked_on(&self) {
        loop {
            let ended = self.ended.notified();
            if self.lock().running.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

/// Ends the work on a store, however it ends.
pub(crate) struct Running<'a>(pub(crate) &'a Waiting, pub(crate) StoreId);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}
