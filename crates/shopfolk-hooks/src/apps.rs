//! Apps as they were a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shopfolk_model::{Actor, App, AppId, StoreId, Timestamp};
use shopfolk_operations::{GetApps, NoteAttempt};
use shopfolk_store::{Engine, StoreError};
use tokio::time::Instant;

/// How long what was read of an app or of a store's apps is believed.
pub const BELIEVED: Duration = Duration::from_secs(2);

/// An app, where there is one, and since when that is known.
type KnownApp = (Instant, Option<Arc<App>>);

/// What is known of apps.
#[derive(Default)]
pub(crate) struct Apps(Mutex<HashMap<AppId, KnownApp>>);

impl Apps {
    /// The apps with these numbers, as far as they are there.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn get_all<E: Engine>(
        &self,
        engine: &E,
        apps: &[AppId],
    ) -> Result<Vec<Arc<App>>, StoreError> {
        let known = |app: &AppId| {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(app).filter(|(since, _)| since.elapsed() < BELIEVED).map(|(_, app)| app.clone())
        };
        let mut found = Vec::with_capacity(apps.len());
        let mut unknown = Vec::new();
        for app in apps {
            match known(app) {
                Some(app) => found.extend(app),
                None => unknown.push(*app),
            }
        }
        for portion in unknown.chunks(shopfolk_store::PORTION) {
            let read = engine.read(StoreId::PLATFORM, GetApps { apps: portion.to_vec() }).await?;
            let now = Instant::now();
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(portion.iter().map(|&app| (app, (now, None))));
            for app in read {
                let app = Arc::new(app);
                all.insert(app.id, (now, Some(Arc::clone(&app))));
                found.push(app);
            }
        }
        Ok(found)
    }

    /// The app with this number; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn get<E: Engine>(
        &self,
        engine: &E,
        app: AppId,
    ) -> Result<Option<Arc<App>>, StoreError> {
        Ok(self.get_all(engine, &[app]).await?.pop())
    }

    /// Notes whether webhooks of an app succeed, where that was otherwise before, and says so when they are switched off.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn note_attempt<E: Engine>(
        &self,
        engine: &E,
        app: &App,
        delivered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let after = app.clone().after_attempt(delivered, now);
        if after == *app {
            return Ok(());
        }
        let note = NoteAttempt { app: app.id, delivered, now };
        let after = engine.write(NoteAttempt::STORE, Actor::Unknown, note).await?;
        if let Some(after) = &after
            && after.webhooks_off_since.is_some()
        {
            tracing::warn!(app = %after.client_id(), "the webhooks of an app are switched off: nothing but failures came of \
                                                      them for two weeks");
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(app.id, (Instant::now(), after.map(Arc::new)));
        Ok(())
    }

    /// Forgets what is not believed any more.
    pub(crate) fn forget_old(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (since, _)| since.elapsed() < BELIEVED);
    }
}
