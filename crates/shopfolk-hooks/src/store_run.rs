//! The work on one store: events are read and deliveries brought, until there is nothing to do.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use shopfolk_model::{Actor, StoreId, WebhookName};
use shopfolk_operations::{Claim, GetReader, MoveClock, NextWebhook, ReleaseDeliveries};
use shopfolk_store::{Engine, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use crate::claim::StoreClaim;
use crate::event_reader::{EventReader, Read};
use crate::lane::{Lane, LaneEnd};
use crate::shared::Shared;
use crate::store_clock::StoreClock;
use crate::waiting::Woken;

/// When it is looked again whether another node brings the deliveries.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// After a portion of events it is rested for so many times as long as that took, while webhooks are brought.
const RESTS_FOR_LANES: u32 = 2;

/// A lane, and why it ended.
type EndedLane = (WebhookName, Result<LaneEnd, StoreError>);

/// The work on a store.
pub(crate) struct StoreRun<E> {
    shared: Arc<Shared<E>>,
    store: StoreId,
    woken: Arc<Woken>,
    claim: Arc<StoreClaim<E>>,
    clock: Arc<StoreClock>,
    lanes: JoinSet<EndedLane>,
    running: HashSet<WebhookName>,
    /// Webhooks that got deliveries while theirs were brought.
    again: HashSet<WebhookName>,
}

impl<E: Engine> StoreRun<E> {
    pub(crate) fn new(shared: Arc<Shared<E>>, store: StoreId, woken: Arc<Woken>) -> Self {
        let claim = StoreClaim::new(Arc::clone(&shared), store);
        let clock = Arc::new(StoreClock::new(shared.settings.clone()));
        Self {
            shared,
            store,
            woken,
            claim: Arc::new(claim),
            clock,
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
            // What a node left behind may be its claim alone: then no delivery takes it over, and events are only read by who
            // has it.
            if self.claim.given_up(Some(seen)).is_none() || !self.claim.ensure().await? {
                self.shared.later(self.store, LOOK_AGAIN);
                return Ok(());
            }
        } else {
            self.shared.others.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.store);
        }
        self.clock.set(reader.clock);
        self.start_all().await?;
        let (shared, clock) = (Arc::clone(&self.shared), Arc::clone(&self.clock));
        let mut events = EventReader { shared, clock, store: record, noted: reader.position };
        let mut listening = reader.listening;
        loop {
            if self.shared.stopping.is_cancelled() {
                return self.stop().await;
            }
            self.woken.take();
            let began = Instant::now();
            let portion = self.shared.writes.begin_portion();
            let read = if listening { events.read().await? } else { Read::Nothing };
            match read {
                Read::Some(webhooks) => {
                    if !webhooks.is_empty() {
                        self.claim.renewed(began);
                    }
                    for webhook in webhooks {
                        self.start(webhook);
                    }
                    self.shared.writes.end_portion(portion).await;
                    self.let_lanes_go_first(began.elapsed()).await?;
                    continue;
                }
                Read::Moved => {
                    let Some((_, reader)) = self.shared.engine.read(self.store, GetReader).await? else {
                        return Ok(());
                    };
                    (events.noted, listening) = (reader.position, reader.listening);
                    self.clock.set(reader.clock);
                    continue;
                }
                Read::Held => self.claim.lose(),
                Read::Nothing => {}
            }
            if !self.wait().await? && !self.move_clock().await? {
                return self.end().await;
            }
        }
    }

    /// Rests after a portion of events that took so long, while webhooks are brought: what is read ahead of them waits in the
    /// database, and reading it takes from the time of bringing it.
    async fn let_lanes_go_first(&mut self, worked: Duration) -> Result<(), StoreError> {
        let mut rest = pin!(sleep(worked.saturating_mul(RESTS_FOR_LANES)));
        let stopping = self.shared.stopping.clone();
        loop {
            tokio::select! {
                () = rest.as_mut() => return Ok(()),
                () = stopping.cancelled() => return Ok(()),
                ended = self.lanes.join_next() => match ended {
                    Some(ended) => self.lane_ended(ended)?,
                    None => return Ok(()),
                },
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
            clock: Arc::clone(&self.clock),
        };
        self.lanes.spawn(async move { (webhook, lane.go().await) });
    }

    /// Waits until something came or deliveries were brought; `false` when there is nothing left to wait for.
    async fn wait(&mut self) -> Result<bool, StoreError> {
        loop {
            if self.woken.take() {
                return Ok(true);
            }
            let (woken, stopping) = (Arc::clone(&self.woken), self.shared.stopping.clone());
            tokio::select! {
                () = woken.wait() => return Ok(true),
                () = stopping.cancelled() => return Ok(true),
                ended = self.lanes.join_next() => {
                    let Some(ended) = ended else { return Ok(false) };
                    self.lane_ended(ended)?;
                }
            }
        }
    }

    /// Begins a lane again that ended, where deliveries came meanwhile.
    fn lane_ended(&mut self, ended: Result<EndedLane, JoinError>) -> Result<(), StoreError> {
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
        Ok(())
    }

    /// Has a clock that is to go on do so, when all was tried that is due by it; `false` when it stays.
    async fn move_clock(&mut self) -> Result<bool, StoreError> {
        if self.clock.stands() || self.claim.is_lost() {
            return Ok(false);
        }
        let shared = Arc::clone(&self.shared);
        let (began, step) = (Instant::now(), MoveClock { node: shared.node, now: self.clock.system() });
        let Some(clock) = shared.engine.write(self.store, Actor::Unknown, step).await? else {
            return Ok(false);
        };
        self.claim.renewed(began);
        self.clock.set(clock);
        self.start_all().await?;
        Ok(true)
    }

    /// Finishes what is on its way.
    async fn stop(mut self) -> Result<(), StoreError> {
        while let Some(ended) = self.lanes.join_next().await {
            self.lane_ended(ended)?;
        }
        self.end().await
    }

    /// Lets others bring what comes.
    async fn end(self) -> Result<(), StoreError> {
        if self.claim.is_lost() {
            self.shared.later(self.store, LOOK_AGAIN);
        } else if self.claim.is_held() {
            let release = ReleaseDeliveries { node: self.shared.node };
            self.shared.engine.write(self.store, Actor::Unknown, release).await?;
        }
        Ok(())
    }
}
