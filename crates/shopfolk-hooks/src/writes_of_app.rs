//! What an app writes in a store while it is told of something.

use shopfolk_model::{
    AppId, DeliveryQueue, EventPosition, TokenId, WebhookDelivery, WebhookEvent, WritesOfApp,
};
use shopfolk_operations::{GetReader, ListTokensOfApp};
use shopfolk_store::{Engine, StoreError, StoredEvent};

/// How many events are read at once.
const EVENTS: u32 = 500;

/// Watches what an app writes in a store, from one moment to the next.
pub(crate) struct WritesWatched<'a, E> {
    engine: &'a E,
    store: shopfolk_model::StoreId,
    tokens: Vec<TokenId>,
    /// Up to this place events were looked at; `None` where nothing is watched.
    seen: Option<EventPosition>,
}

impl<'a, E: Engine> WritesWatched<'a, E> {
    /// Begins to watch. An app whose tokens change nothing is not watched.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn begin(
        engine: &'a E,
        store: shopfolk_model::StoreId,
        app: AppId,
    ) -> Result<Self, StoreError> {
        let tokens = engine.read(store, ListTokensOfApp { app }).await?;
        let writing = tokens.iter().filter(|token| token.scopes.iter().any(|scope| !scope.only_reads()));
        let tokens: Vec<TokenId> = writing.map(|token| token.id).collect();
        let mut watched = Self { engine, store, tokens, seen: None };
        if watched.is_watching() {
            watched.seen = engine.read(store, GetReader).await?.and_then(|(_, reader)| reader.position);
            watched.walk(|_| ()).await?;
        }
        Ok(watched)
    }

    /// Whether there is anything to watch.
    pub(crate) const fn is_watching(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// What the app wrote since it was asked last.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn since(&mut self, told: &WebhookDelivery) -> Result<WritesOfApp, StoreError> {
        let tokens = self.tokens.clone();
        let mut writes = WritesOfApp::default();
        self.walk(|stored| {
            let by_app = stored.event.by.token().is_some_and(|token| tokens.contains(&token));
            writes.any |= by_app;
            writes.of_the_same |= by_app && is_of_the_same(stored, told);
        })
        .await?;
        Ok(writes)
    }

    async fn walk(&mut self, mut each: impl FnMut(&StoredEvent)) -> Result<(), StoreError> {
        if !self.is_watching() {
            return Ok(());
        }
        loop {
            let events = self.engine.list_events(self.store, self.seen, EVENTS).await?;
            let Some(last) = events.last() else { return Ok(()) };
            self.seen = Some(last.position);
            events.iter().for_each(&mut each);
        }
    }
}

/// Whether an event happened to what an app is told of.
fn is_of_the_same(stored: &StoredEvent, told: &WebhookDelivery) -> bool {
    let happening = stored.event.happening;
    WebhookEvent::of(happening.event_type()).is_some_and(|event| {
        DeliveryQueue::of(event) == DeliveryQueue::of(told.event.event_type)
            && happening.entity_id() == told.event.entity
    })
}
