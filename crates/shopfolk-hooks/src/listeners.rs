//! Who is to be told what happens in a store, and the deliveries that events make.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shopfolk_model::StoreId;
use shopfolk_model::{
    App, AppId, CustomerId, DeliveredEvent, DeliveryQueue, Happening, Installation, Store, Timestamp,
    WebhookDelivery, WebhookEvent, WebhookEventId, WebhookName,
};
use shopfolk_operations::ListInstallations;
use shopfolk_store::{Engine, StoreError, StoredEvent};
use tokio::time::Instant;

use crate::apps::{Apps, BELIEVED};

/// The apps that a store let in and that want to be told.
pub(crate) struct Listeners {
    apps: Vec<(Installation, Arc<App>)>,
    /// How many apps are let in, whether they listen or not.
    installed: usize,
    /// The first moment at which one was let in.
    since: Option<Timestamp>,
}

impl Listeners {
    async fn read<E: Engine>(engine: &E, apps: &Apps, store: StoreId) -> Result<Self, StoreError> {
        let (mut installations, mut after) = (Vec::new(), None);
        while let Some(portion) = engine.read(store, ListInstallations { after }).await? {
            after = Some(portion.through);
            installations.extend(portion.listed.items);
        }
        let ids: Vec<AppId> = installations.iter().map(|installation| installation.app).collect();
        let found = apps.get_all(engine, &ids).await?;
        let mut by_id: HashMap<AppId, Arc<App>> = found.into_iter().map(|app| (app.id, app)).collect();
        let (installed, since) =
            (installations.len(), installations.iter().map(|installation| installation.installed).min());
        let listens = |app: &Arc<App>| app.webhooks_off_since.is_none() && !app.webhooks.is_empty();
        let apps = installations
            .into_iter()
            .filter_map(|installation| Some((by_id.remove(&installation.app).filter(listens)?, installation)))
            .map(|(app, installation)| (installation, app))
            .collect();
        Ok(Self { apps, installed, since })
    }

    /// Whether no app is let in.
    pub(crate) const fn is_nobody(&self) -> bool {
        self.installed == 0
    }

    /// The first moment at which an app was let in that still is.
    pub(crate) const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Who is told of an event: everybody who wants to know, may, and was there.
    fn told<'a>(
        &'a self,
        event: WebhookEvent,
        stored: &'a StoredEvent,
    ) -> impl Iterator<Item = WebhookName> + 'a {
        let of_app = match stored.event.happening {
            Happening::ApplicationInstalled(app) | Happening::ApplicationUninstalled(app) => Some(app),
            _ => None,
        };
        self.apps
            .iter()
            .filter(move |(installation, _)| {
                of_app.is_none_or(|app| app == installation.app)
                    && installation.installed <= stored.event.created
                    && event.scope().is_none_or(|scope| installation.scopes.contains(scope.name()))
            })
            .flat_map(move |(_, app)| app.webhooks_for(event))
    }
}

/// The listeners of stores, as they were a moment ago.
#[derive(Default)]
pub(crate) struct ListenersOfStores(Mutex<HashMap<StoreId, (Instant, Arc<Listeners>)>>);

impl ListenersOfStores {
    /// Those of a store.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn of<E: Engine>(
        &self,
        engine: &E,
        apps: &Apps,
        store: StoreId,
    ) -> Result<Arc<Listeners>, StoreError> {
        let known = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&store)
                .filter(|(since, _)| since.elapsed() < BELIEVED)
                .map(|(_, known)| Arc::clone(known))
        };
        match known {
            Some(known) => Ok(known),
            None => self.anew(engine, apps, store).await,
        }
    }

    /// Those of a store as they are now.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn anew<E: Engine>(
        &self,
        engine: &E,
        apps: &Apps,
        store: StoreId,
    ) -> Result<Arc<Listeners>, StoreError> {
        let read = Arc::new(Listeners::read(engine, apps, store).await?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(store, (Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// Forgets what is not believed any more.
    pub(crate) fn forget_old(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (since, _)| since.elapsed() < BELIEVED);
    }
}

/// An event that somebody is told of.
pub(crate) struct ToldEvent<'a> {
    stored: &'a StoredEvent,
    event: WebhookEvent,
    webhooks: Vec<WebhookName>,
}

impl<'a> ToldEvent<'a> {
    /// An event, where somebody is told of it. An app that is shut out is told so itself, though it is not there any more.
    pub(crate) fn new(stored: &'a StoredEvent, listeners: &Listeners, shut_out: &[Arc<App>]) -> Option<Self> {
        let event = WebhookEvent::of(stored.event.happening.event_type())?;
        let mut webhooks: Vec<WebhookName> = match stored.event.happening {
            Happening::ApplicationUninstalled(gone) => shut_out
                .iter()
                .filter(|app| app.id == gone && app.webhooks_off_since.is_none())
                .flat_map(|app| app.webhooks_for(event))
                .collect(),
            _ => listeners.told(event, stored).collect(),
        };
        webhooks.sort_unstable();
        if webhooks.is_empty() { None } else { Some(Self { stored, event, webhooks }) }
    }

    /// The customer that it is about, if it is about one.
    pub(crate) fn customer(&self) -> Option<CustomerId> {
        match DeliveryQueue::of(self.event) {
            DeliveryQueue::Customer => CustomerId::new(self.stored.event.happening.entity_id()).ok(),
            _ => None,
        }
    }

    /// The address that the customer had, where the event kept it because the customer is gone.
    pub(crate) fn kept_email(&self) -> Option<String> {
        kept_email(self.stored)
    }

    /// Its deliveries.
    pub(crate) fn deliveries(
        self,
        store: &Store,
        email: Option<String>,
        now: Timestamp,
    ) -> impl Iterator<Item = WebhookDelivery> {
        let Self { stored, event, webhooks } = self;
        let entity = match stored.event.happening {
            Happening::ApplicationInstalled(_) | Happening::ApplicationUninstalled(_) => store.id.get(),
            happening => happening.entity_id(),
        };
        let told = DeliveredEvent {
            id: WebhookEventId::of(store.id, store.key, stored.position),
            event_type: event,
            entity,
            created: stored.event.created,
            customer_email: email,
        };
        let place = stored.position.get();
        webhooks.into_iter().map(move |webhook| WebhookDelivery {
            webhook,
            queue: DeliveryQueue::of(event),
            place,
            event: told.clone(),
            due: Some(now),
            first_tried: None,
            tries: 0,
        })
    }
}

/// The address of a customer who was deleted, as the event kept it.
pub(crate) fn kept_email(stored: &StoredEvent) -> Option<String> {
    if !matches!(stored.event.happening, Happening::CustomerDeleted(_)) {
        return None;
    }
    let before: serde_json::Value = serde_json::from_str(stored.event.before.as_deref()?).ok()?;
    before.get("email")?.as_str().map(str::to_owned)
}
