//! What is sent because somebody wants it: events once more, and events that may never have happened. It is sent once, waits
//! for nothing, and counts for nothing.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use shopfolk_model::{
    Actor, AppId, ClientId, CustomerId, DeliveredEvent, DeliveryQueue, Installation, StoreId, Timestamp,
    WebhookAttempt, WebhookAttemptId, WebhookDelivery, WebhookEvent, WebhookEventId, WebhookName,
};
use shopfolk_store::{
    Engine, Query, ReadOperation, Record, RecordKey, StoreError, Which, WriteOperation, WriteTx,
};

use super::attempts::PORTION;
use super::{AttemptFilter, GetEmails, ListAttempts};
use crate::{GetApp, OperationError, StopReason};

/// The address of a customer who is made up.
const MADE_UP_EMAIL: &str = "made.up@example.com";

/// Has events sent again that attempts were made for, once each: with the same ids, signed with the secret of
/// the moment at which they are sent. It counts for
/// nothing. Answers how many there are.
#[derive(Debug, Clone)]
pub struct ReplayAttempts {
    /// The attempts.
    pub attempts: Vec<WebhookAttemptId>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ReplayAttempts {
    type Output = usize;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<usize, StoreError> {
        let keys: Vec<_> = self.attempts.iter().map(|&id| (id,)).collect();
        let attempts: Vec<WebhookAttempt> = tx.all(Query::keys::<WebhookAttempt>(&keys)).await?;
        let wanted: Vec<WebhookDelivery> = attempts
            .into_iter()
            .map(|attempt| on_request(attempt.webhook, attempt.event, attempt.id.get(), self.now))
            .collect();
        // One that is wanted twice before it was sent is sent once.
        let keys = wanted.iter().map(|delivery| {
            let WebhookDelivery { webhook, queue, place, event, .. } = delivery;
            (webhook.app, webhook.number, *queue, event.entity, *place).values()
        });
        let query = Query { table: WebhookDelivery::TABLE, which: Which::Keys(keys.collect()) };
        let there: HashSet<i64> = tx
            .list::<WebhookDelivery>(query)
            .await?
            .items
            .into_iter()
            .map(|delivery| delivery.place)
            .collect();
        let new: Vec<_> =
            wanted.iter().filter(|delivery| !there.contains(&delivery.place)).cloned().collect();
        tx.insert(&new).await?;
        Ok(wanted.len())
    }
}

/// Has an app told of an event, once, whether it happened or not. It is told no more than it may be: the app is let into the
/// store, with the scope of the event.
#[derive(Debug, Clone)]
pub struct TriggerEvent {
    /// The store; the same as that of the transaction.
    pub store: StoreId,
    /// The app.
    pub app: AppId,
    /// Its webhooks that are told of such events ([`webhooks_for`]).
    pub webhooks: Vec<WebhookName>,
    /// By which id receivers are to know it.
    pub id: WebhookEventId,
    /// What is said to have happened.
    pub event_type: WebhookEvent,
    /// To which customer, group or order, real or made up; events of the store and of the app are about these.
    pub entity: i64,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for TriggerEvent {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let Self { store, app, id, event_type, now, .. } = *self;
        let client = ClientId(app);
        let installation: Option<Installation> = tx.get((app,)).await?;
        let installation = installation.ok_or(OperationError::AppNotInstalled { id: client })?;
        if let Some(scope) = event_type.scope()
            && !installation.scopes.contains(scope.name())
        {
            return Err(OperationError::AppLacksScope { id: client, scope });
        }
        let (entity, customer_email) = match DeliveryQueue::of(event_type) {
            DeliveryQueue::Customer => (self.entity, Some(email(tx, self.entity).await?)),
            DeliveryQueue::Profile | DeliveryQueue::Application => (store.get(), None),
            DeliveryQueue::Group | DeliveryQueue::Order | DeliveryQueue::OnRequest => (self.entity, None),
        };
        let event = DeliveredEvent { id, event_type, entity, created: now, customer_email };
        let places = tx.take_ids::<WebhookAttemptId>(self.webhooks.len()).await?;
        let deliveries: Vec<_> = self
            .webhooks
            .iter()
            .zip(places)
            .map(|(&webhook, place)| on_request(webhook, event.clone(), place.get(), now))
            .collect();
        Ok(tx.insert(&deliveries).await?)
    }
}

/// The address of a customer, or one that is made up where there is no such customer or it has none.
async fn email<T: WriteTx>(tx: &mut T, customer: i64) -> Result<String, StoreError> {
    let customers: Vec<CustomerId> = CustomerId::new(customer).into_iter().collect();
    let found = GetEmails { customers }.run(tx).await?;
    Ok(found.into_values().next().unwrap_or_else(|| MADE_UP_EMAIL.to_owned()))
}

fn on_request(webhook: WebhookName, event: DeliveredEvent, place: i64, now: Timestamp) -> WebhookDelivery {
    WebhookDelivery {
        webhook,
        queue: DeliveryQueue::OnRequest,
        place,
        event,
        due: Some(now),
        first_tried: None,
        tries: 0,
    }
}

/// The webhooks of an app that are told of an event.
///
/// # Errors
/// When there is no such app, or the database fails.
pub async fn webhooks_for<E: Engine>(
    engine: &E,
    app: AppId,
    event: WebhookEvent,
) -> Result<Vec<WebhookName>, OperationError> {
    let app = engine.read(StoreId::PLATFORM, GetApp { app }).await?;
    Ok(app.webhooks_for(event).collect())
}

/// Has every event sent again of which the last attempt of a span failed, and says how many. It is safe to repeat.
///
/// # Errors
/// When it is stopped or the database fails; what was found until then is sent.
pub async fn replay_failed<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    filter: &AttemptFilter,
    now: impl Fn() -> Result<Timestamp, StopReason> + Send + Sync,
) -> Result<usize, OperationError> {
    let filter = AttemptFilter { delivered: None, ..filter.clone() };
    // What is kept of each is a number, so that a million attempts take little memory.
    let (hasher, mut seen) = (RandomState::new(), HashSet::new());
    let (mut before, mut replayed) = (None, 0);
    loop {
        let now = now().map_err(|reason| OperationError::ReplayStopped { reason, replayed })?;
        let limit = usize::try_from(PORTION).unwrap_or(usize::MAX);
        let listed =
            engine.read_for(store, by, ListAttempts { filter: filter.clone(), before, limit }).await?;
        let mut is_last =
            |attempt: &WebhookAttempt| seen.insert(hasher.hash_one((attempt.webhook, attempt.event.id)));
        let attempts: Vec<_> = listed
            .attempts
            .iter()
            .filter(|attempt| is_last(attempt) && !attempt.is_delivered())
            .map(|attempt| attempt.id)
            .collect();
        if !attempts.is_empty() {
            replayed += engine.write(store, by, ReplayAttempts { attempts, now }).await?;
        }
        match listed.next {
            Some(next) => before = Some(next),
            None => return Ok(replayed),
        }
    }
}
