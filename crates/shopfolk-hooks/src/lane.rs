//! The deliveries of a store to one webhook.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use shopfolk_model::{
    App, DeliveryQueue, LabSignature, StoreId, Timestamp, Webhook, WebhookAttempt, WebhookDelivery,
    WebhookName,
};
use shopfolk_operations::{DueDeliveries, SettleTries, SettledTry};
use shopfolk_store::{Engine, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use crate::attempt::Written;
use crate::claim::{StoreClaim, renewing};
use crate::shared::Shared;
use crate::store_clock::StoreClock;

/// How many deliveries are in memory at once.
const PORTION: u32 = 64;
/// How many are, where many wait and the receiver takes them all: each portion costs a look and two commits at the least.
const LARGE_PORTION: u32 = 512;

/// So long after a try has ended others may end that are noted with it.
const COLLECTED_FOR: Duration = Duration::from_millis(20);

/// The deliveries of a store to one webhook.
pub(crate) struct Lane<E> {
    pub(crate) shared: Arc<Shared<E>>,
    pub(crate) store: StoreId,
    pub(crate) webhook: WebhookName,
    pub(crate) claim: Arc<StoreClaim<E>>,
    pub(crate) clock: Arc<StoreClock>,
}

/// Why no more deliveries are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaneEnd {
    /// None is due.
    Done,
    /// The receiver fails: others have their turn before it is tried further.
    Failing,
    /// Another node brings them.
    Lost,
    /// This node stops.
    Stopping,
}

impl<E: Engine> Lane<E> {
    /// Brings what is due.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn go(&self) -> Result<LaneEnd, StoreError> {
        let mut large = None;
        loop {
            if self.shared.stopping.is_cancelled() {
                return Ok(LaneEnd::Stopping);
            }
            let portion = self.shared.writes.begin_portion();
            if !self.claim.ensure().await? {
                return Ok(LaneEnd::Lost);
            }
            let limit = if large.is_some() { LARGE_PORTION } else { PORTION };
            let due = DueDeliveries { webhook: self.webhook, now: self.now(), limit };
            let due = self.shared.engine.read(self.store, due).await?;
            if due.is_empty() {
                return Ok(LaneEnd::Done);
            }
            large = if due.len() < PORTION as usize {
                None
            } else {
                large.or_else(|| self.shared.large_portions.try_acquire().ok())
            };
            let app = self.shared.apps.get(&self.shared.engine, self.webhook.app).await?;
            let webhook =
                app.as_ref().and_then(|app| app.webhooks.get(usize::from(self.webhook.number))).cloned();
            let end = match app.zip(webhook) {
                Some((app, webhook)) => match app.lab {
                    None => self.bring(&app, &webhook, due).await?,
                    Some(lab) => self.bring_in_lab(&app, &webhook, lab, due).await?,
                },
                // There is nobody to bring them to.
                None => self.settle(due.into_iter().map(dropped).collect()).await?,
            };
            if let Some(end) = end {
                return Ok(end);
            }
            self.shared.writes.end_portion(portion).await;
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Brings these; answers why no more are brought, where that is so.
    async fn bring(
        &self,
        app: &Arc<App>,
        webhook: &Webhook,
        due: Vec<WebhookDelivery>,
    ) -> Result<Option<LaneEnd>, StoreError> {
        let mut tries = JoinSet::new();
        for delivery in due {
            match self.write(app, webhook, &delivery, LabSignature::Valid) {
                Some(written) if !is_off(app, &delivery) => {
                    let (shared, claim) = (Arc::clone(&self.shared), Arc::clone(&self.claim));
                    let clock = Arc::clone(&self.clock);
                    let receiver = webhook.url.as_str().to_owned();
                    tries.spawn(async move {
                        try_once(&shared, &claim, &clock, &receiver, written, delivery).await
                    });
                }
                None => return Ok(Some(LaneEnd::Failing)),
                Some(_) => {
                    tries.spawn(async move { Some(dropped(delivery)) });
                }
            }
        }
        let mut any_delivered = false;
        while let Some(ended) = renewing(&self.claim, next_ended(&mut tries)).await? {
            let settled: Vec<SettledTry> =
                ended.into_iter().filter_map(|ended| ended.ok().flatten()).collect();
            let counting = settled.iter().flat_map(|settled| &settled.attempts);
            let counting: Vec<bool> =
                counting.filter(|attempt| attempt.counts()).map(WebhookAttempt::is_delivered).collect();
            any_delivered |=
                settled.iter().any(|settled| settled.attempts.iter().all(WebhookAttempt::is_delivered));
            if let Some(end) = self.settle(settled).await? {
                return Ok(Some(end));
            }
            if let Some(&last) = counting.last() {
                let delivered = last || counting.contains(&true);
                // Whether webhooks are switched off is for all stores of the app, and for the clock that they share.
                let now = self.clock.system();
                let known = self.shared.apps.get(&self.shared.engine, app.id).await?;
                if let Some(known) = known {
                    self.shared.apps.note_attempt(&self.shared.engine, &known, delivered, now).await?;
                }
            }
        }
        Ok(if any_delivered { None } else { Some(LaneEnd::Failing) })
    }

    /// Writes and signs what is sent of a delivery; `None` when the secret of the app cannot be opened.
    pub(crate) fn write(
        &self,
        app: &App,
        webhook: &Webhook,
        delivery: &WebhookDelivery,
        signature: LabSignature,
    ) -> Option<Written> {
        let (settings, now) = (&self.shared.settings, self.clock.system());
        let written = Written::new(settings, self.store, app, webhook, delivery, now, signature);
        if written.is_none() {
            tracing::error!(app = %app.client_id(), "the secret of an app cannot be opened, and its webhooks are not sent");
        }
        written
    }

    pub(crate) async fn settle(&self, tries: Vec<SettledTry>) -> Result<Option<LaneEnd>, StoreError> {
        if tries.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let settle = SettleTries { node: self.shared.node, tries, now: self.now() };
        let by = shopfolk_model::Actor::Unknown;
        if self.shared.engine.write(self.store, by, settle).await?.is_err() {
            self.claim.lose();
            return Ok(Some(LaneEnd::Lost));
        }
        self.claim.renewed(began);
        Ok(None)
    }
}

/// Waits for tries that have ended: for one, and then for others a little, so that one commit does for all of them. `None` when
/// there are no more.
async fn next_ended<T: 'static>(tries: &mut JoinSet<T>) -> Option<Vec<Result<T, JoinError>>> {
    let mut ended = vec![tries.join_next().await?];
    let mut others = pin!(sleep(COLLECTED_FOR));
    loop {
        tokio::select! {
            next = tries.join_next() => match next {
                Some(next) => ended.push(next),
                None => return Some(ended),
            },
            () = others.as_mut() => return Some(ended),
        }
    }
}

/// Whether nothing is sent, because the webhooks of the app are switched off.
pub(crate) fn is_off(app: &App, delivery: &WebhookDelivery) -> bool {
    app.webhooks_off_since.is_some() && delivery.queue != DeliveryQueue::OnRequest
}

/// A delivery that is over without a try.
pub(crate) const fn dropped(delivery: WebhookDelivery) -> SettledTry {
    SettledTry { delivery, attempts: Vec::new() }
}

/// Tries a delivery when it is its turn; `None` when another node may bring it by then, or is to.
async fn try_once<E: Engine>(
    shared: &Shared<E>,
    claim: &StoreClaim<E>,
    clock: &StoreClock,
    receiver: &str,
    written: Written,
    delivery: WebhookDelivery,
) -> Option<SettledTry> {
    let turn = shared.turns.take(receiver).await?;
    if !claim.is_trusted() || shared.stopping.is_cancelled() {
        return None;
    }
    let attempt = written.send(&shared.sender, &delivery, clock, shared.settings.limits.answer).await;
    shared.turns.note(receiver, !attempt.is_delivered());
    drop(turn);
    Some(SettledTry { delivery, attempts: vec![attempt] })
}
