//! Reading the events of a store behind those that were read, and making deliveries of them.

use std::collections::HashMap;
use std::sync::Arc;

use shopfolk_model::{
    Actor, App, CustomerId, EventPosition, Happening, Store, Timestamp, WebhookDelivery, WebhookName,
};
use shopfolk_operations::{EventsTaken, GetEmails, StopListening, TakeEvents};
use shopfolk_store::{Engine, StoreError, StoredEvent};

use crate::listeners::{Listeners, ToldEvent, kept_email};
use crate::shared::Shared;
use crate::store_clock::StoreClock;

/// How many events are read at once.
const EVENTS: u32 = 500;

/// How far the events of a store were read, as this node knows it.
pub(crate) struct EventReader<E> {
    pub(crate) shared: Arc<Shared<E>>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<StoreClock>,
    /// As the database has it.
    pub(crate) noted: Option<EventPosition>,
}

/// What came of reading.
pub(crate) enum Read {
    /// There were no events.
    Nothing,
    /// There were some, which may not have been all, and deliveries to these webhooks.
    Some(Vec<WebhookName>),
    /// Somebody else has read them, or nobody is to.
    Moved,
    /// Somebody else brings the deliveries.
    Held,
}

impl<E: Engine> EventReader<E> {
    /// Reads some events.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn read(&mut self) -> Result<Read, StoreError> {
        let Shared { engine, apps, listeners, .. } = &*self.shared;
        let (mut told, after) = if self.noted.is_some() {
            (listeners.of(engine, apps, self.store.id).await?, self.noted)
        } else {
            let told = listeners.anew(engine, apps, self.store.id).await?;
            let beginning = self.beginning(told.since()).await?;
            (told, beginning)
        };
        let events = engine.list_events(self.store.id, after, EVENTS).await?;
        let Some(last) = events.last() else {
            if told.is_nobody() {
                let stop = StopListening { position: self.noted };
                engine.write(self.store.id, Actor::Unknown, stop).await?;
            }
            return Ok(Read::Nothing);
        };
        if events.iter().any(|stored| changes_listeners(stored.event.happening)) {
            told = listeners.anew(engine, apps, self.store.id).await?;
        }
        let through = last.position;
        let deliveries = self.deliveries(&events, &told).await?;
        let mut webhooks: Vec<WebhookName> = deliveries.iter().map(|delivery| delivery.webhook).collect();
        webhooks.sort_unstable();
        webhooks.dedup();
        let take = TakeEvents { from: self.noted, through, node: self.shared.node, deliveries };
        match engine.write(self.store.id, Actor::Unknown, take).await? {
            EventsTaken::Taken(clock) => {
                self.clock.set(clock);
                self.noted = Some(through);
                Ok(Read::Some(webhooks))
            }
            EventsTaken::Moved => Ok(Read::Moved),
            EventsTaken::Held(_) => Ok(Read::Held),
        }
    }

    async fn deliveries(
        &self,
        events: &[StoredEvent],
        listeners: &Listeners,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let shut_out = self.shut_out(events).await?;
        let told: Vec<ToldEvent<'_>> =
            events.iter().filter_map(|stored| ToldEvent::new(stored, listeners, &shut_out)).collect();
        let mut customers: Vec<CustomerId> = told.iter().filter_map(ToldEvent::customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let mut emails: HashMap<CustomerId, String> = if customers.is_empty() {
            HashMap::new()
        } else {
            self.shared.engine.read(self.store.id, GetEmails { customers }).await?
        };
        // Of those who are gone by now, what the event of their end kept, if that is among these.
        for stored in events {
            if let Happening::CustomerDeleted(customer) = stored.event.happening
                && let Some(email) = kept_email(stored)
            {
                emails.entry(customer).or_insert(email);
            }
        }
        let now = self.clock.now();
        let deliveries = told.into_iter().flat_map(|told| {
            let of_customer = |customer| emails.get(&customer).cloned();
            let email = told.kept_email().or_else(|| told.customer().and_then(of_customer));
            told.deliveries(&self.store, email, now)
        });
        Ok(deliveries.collect())
    }

    /// The apps that were shut out.
    async fn shut_out(&self, events: &[StoredEvent]) -> Result<Vec<Arc<App>>, StoreError> {
        let gone: Vec<_> = events
            .iter()
            .filter_map(|stored| match stored.event.happening {
                Happening::ApplicationUninstalled(app) => Some(app),
                _ => None,
            })
            .collect();
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        self.shared.apps.get_all(&self.shared.engine, &gone).await
    }

    /// Behind which place the events begin that anybody can be told of: found by halving, since events come in the order of
    /// time, or nearly so.
    async fn beginning(&self, since: Option<Timestamp>) -> Result<Option<EventPosition>, StoreError> {
        let Some(since) = since.map(|since| since.before(std::time::Duration::from_mins(1))) else {
            return Ok(None);
        };
        let is_earlier = async |place: i64| -> Result<bool, StoreError> {
            let after = EventPosition::new(place).ok();
            let found = self.shared.engine.list_events(self.store.id, after, 1).await?;
            Ok(found.first().is_some_and(|stored| stored.event.created < since))
        };
        let mut step = 1;
        while is_earlier(step).await? {
            step *= 2;
        }
        let (mut low, mut high) = (step / 2, step);
        // What stands right behind `low` is too early, where `low` is not the beginning, and what stands behind `high` is not.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_earlier(middle).await? { low = middle } else { high = middle }
        }
        Ok(if low == 0 { None } else { EventPosition::new(low + 1).ok() })
    }
}

/// Whether an event says that others are to be told from now on.
const fn changes_listeners(happening: Happening) -> bool {
    matches!(
        happening,
        Happening::ApplicationInstalled(_)
            | Happening::ApplicationChanged(_)
            | Happening::ApplicationUninstalled(_)
    )
}
