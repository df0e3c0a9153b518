//! The work on one store: events are read and deliveries brought, until there is nothing to do.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shopfolk_model::{Actor, StoreId, WebhookName};
use shopfolk_operations::{Claim, ClaimDeliveries, GetReader, NextWebhook, ReleaseDeliveries};
use shopfolk_store::{Engine, StoreError};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::event_reader::{EventReader, Read};
use crate::lane::{Lane, LaneEnd};
use crate::webhooks::{Shared, Woken};

/// A claim is renewed after so long.
const RENEWED_AFTER: Duration = Duration::from_secs(2);
/// A node whose claim was renewed so long ago begins to send nothing more.
const TRUSTED_FOR: Duration = Duration::from_secs(5);
/// A node that was not heard of for so long has no request on its way any more: what it began when its claim was trusted
/// has ended by then.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(20);
/// When it is looked again whether another node brings the deliveries.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The claim of this node on a store.
pub(crate) struct StoreClaim<E> {
    shared: Arc<Shared<E>>,
    store: StoreId,
    state: Mutex<ClaimState>,
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct ClaimState {
    renewed: Option<Instant>,
    lost: bool,
}

impl<E: Engine> StoreClaim<E> {
    fn state(&self) -> std::sync::MutexGuard<'_, ClaimState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claim was written by something that began then.
    pub(crate) fn renewed(&self, began: Instant) {
        self.state().renewed = Some(began);
    }

    /// Somebody else has it.
    pub(crate) fn lose(&self) {
        self.state().lost = true;
    }

    /// Whether it holds long enough to begin to send.
    pub(crate) fn is_trusted(&self) -> bool {
        let state = self.state();
        !state.lost && state.renewed.is_some_and(|renewed| renewed.elapsed() < TRUSTED_FOR)
    }

    /// Makes sure of it. Answers whether this node has it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn ensure(&self) -> Result<bool, StoreError> {
        let _one = self.renewing.lock().await;
        let state = *self.state();
        if state.lost {
            return Ok(false);
        }
        if state.renewed.is_some_and(|renewed| renewed.elapsed() < RENEWED_AFTER) {
            return Ok(true);
        }
        let began = Instant::now();
        let claim = ClaimDeliveries { node: self.shared.node, instead_of: self.given_up(None) };
        let has_it = self.shared.engine.write(self.store, Actor::Unknown, claim).await?.is_ok();
        if has_it {
            self.renewed(began);
        } else {
            self.lose();
        }
        Ok(has_it)
    }

    /// Remembers who has the store, and says who is given up.
    fn given_up(&self, seen: Option<Claim>) -> Option<Claim> {
        let mut others = self.shared.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen
            && others.get(&self.store).is_none_or(|(known, _)| *known != seen)
        {
            others.insert(self.store, (seen, Instant::now()));
        }
        others
            .get(&self.store)
            .filter(|(_, since)| since.elapsed() >= GIVEN_UP_AFTER)
            .map(|(claim, _)| *claim)
    }
}

/// The work on a store.
pub(crate) struct StoreRun<E> {
    shared: Arc<Shared<E>>,
    store: StoreId,
    woken: Arc<Woken>,
    claim: Arc<StoreClaim<E>>,
    lanes: JoinSet<(WebhookName, Result<LaneEnd, StoreError>)>,
    running: HashSet<WebhookName>,
    /// Webhooks that got deliveries while theirs were brought.
    again: HashSet<WebhookName>,
}

impl<E: Engine> StoreRun<E> {
    pub(crate) fn new(shared: Arc<Shared<E>>, store: StoreId, woken: Arc<Woken>) -> Self {
        let state = Mutex::new(ClaimState { renewed: None, lost: false });
        let claim =
            StoreClaim { shared: Arc::clone(&shared), store, state, renewing: tokio::sync::Mutex::default() };
        Self {
            shared,
            store,
            woken,
            claim: Arc::new(claim),
            lanes: JoinSet::new(),
            running: HashSet::new(),
            again: HashSet::new(),
        }
    }

    /// Works until there is nothing to do, or somebody else does it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn go(mut self) -> Result<(), StoreError> {
        let Some((record, reader)) = self.shared.engine.read(self.store, GetReader).await? else {
            return Ok(());
        };
        self.shared.listens(self.store);
        if reader.holder != 0 && reader.holder != self.shared.node {
            let seen = Claim::of(&reader);
            if self.claim.given_up(Some(seen)).is_none() {
                self.shared.later(self.store, LOOK_AGAIN);
                return Ok(());
            }
        } else {
            self.shared.others.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.store);
        }
        self.start_all().await?;
        let mut events =
            EventReader { shared: Arc::clone(&self.shared), store: record, noted: reader.position };
        let mut listening = reader.listening;
        loop {
            self.woken.take();
            let began = Instant::now();
            let read = if listening { events.read().await? } else { Read::Nothing };
            match read {
                Read::Some(webhooks) => {
                    if !webhooks.is_empty() {
                        self.claim.renewed(began);
                    }
                    for webhook in webhooks {
                        self.start(webhook);
                    }
                    continue;
                }
                Read::Moved => {
                    let Some((_, reader)) = self.shared.engine.read(self.store, GetReader).await? else {
                        return Ok(());
                    };
                    (events.noted, listening) = (reader.position, reader.listening);
                    continue;
                }
                Read::Held => self.claim.lose(),
                Read::Nothing => {}
            }
            if !self.wait().await? {
                return self.end().await;
            }
        }
    }

    /// Starts bringing whatever waits.
    async fn start_all(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        while let Some(webhook) = self.shared.engine.read(self.store, NextWebhook { after }).await? {
            self.start(webhook);
            after = Some(webhook);
        }
        Ok(())
    }

    fn start(&mut self, webhook: WebhookName) {
        if !self.running.insert(webhook) {
            self.again.insert(webhook);
            return;
        }
        let lane = Lane {
            shared: Arc::clone(&self.shared),
            store: self.store,
            webhook,
            claim: Arc::clone(&self.claim),
        };
        self.lanes.spawn(async move { (webhook, lane.go().await) });
    }

    /// Waits until something came or deliveries were brought; `false` when there is nothing left to wait for.
    async fn wait(&mut self) -> Result<bool, StoreError> {
        loop {
            if self.woken.take() {
                return Ok(true);
            }
            let woken = Arc::clone(&self.woken);
            tokio::select! {
                () = woken.wait() => return Ok(true),
                ended = self.lanes.join_next() => {
                    let Some(ended) = ended else { return Ok(false) };
                    // A fault of one is told like those of the database: all begins anew when it is looked again.
                    let (webhook, end) = ended.map_err(|error| StoreError::Database {
                        doing: "deliver webhooks",
                        source: error.to_string().into(),
                    })?;
                    self.running.remove(&webhook);
                    let end = end?;
                    if self.again.remove(&webhook) && end == LaneEnd::Done {
                        self.start(webhook);
                    }
                }
            }
        }
    }

    /// Lets others bring what comes.
    async fn end(self) -> Result<(), StoreError> {
        let state = *self.claim.state();
        match (state.lost, state.renewed) {
            (true, _) => self.shared.later(self.store, LOOK_AGAIN),
            (false, Some(_)) => {
                let release = ReleaseDeliveries { node: self.shared.node };
                self.shared.engine.write(self.store, Actor::Unknown, release).await?;
            }
            (false, None) => {}
        }
        Ok(())
    }
}

/// Waits for something, but renews the claim meanwhile.
pub(crate) async fn renewing<E: Engine, T>(
    claim: &StoreClaim<E>,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    let mut work = std::pin::pin!(work);
    loop {
        match timeout(RENEWED_AFTER, work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) => {
                claim.ensure().await?;
            }
        }
    }
}
