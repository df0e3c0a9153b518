//! Answering the calls of an app late, because it is tried with that.

use std::time::Duration;

use quick_cache::sync::Cache;
use shopfolk_model::{ApiDelay, AppId, StoreId};
use shopfolk_operations::GetApps;
use shopfolk_store::{Engine, StoreError};

/// After this time it is looked again by how much the calls of an app are answered late.
const BELIEVED: Duration = Duration::from_secs(2);
/// Of so many apps it is remembered.
const REMEMBERED: usize = 10_000;

/// The delays of apps, and when they were looked up.
pub(crate) struct ApiDelays(Cache<AppId, (Duration, ApiDelay)>);

impl ApiDelays {
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// By how much the calls of an app are answered late; `now` is a time of the steady clock.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn of<E: Engine>(
        &self,
        engine: &E,
        app: AppId,
        now: Duration,
    ) -> Result<ApiDelay, StoreError> {
        let known = self.0.get(&app);
        if let Some((since, delay)) = known
            && now.saturating_sub(since) < BELIEVED
        {
            return Ok(delay);
        }
        if let Some((_, delay)) = known {
            // One asks, and the others go on with what is known.
            self.0.insert(app, (now, delay));
        }
        let apps = engine.read(StoreId::PLATFORM, GetApps { apps: vec![app] }).await?;
        let delay = apps.first().and_then(|app| app.lab).map_or_else(ApiDelay::default, |lab| lab.api_delay);
        self.0.insert(app, (now, delay));
        Ok(delay)
    }
}
