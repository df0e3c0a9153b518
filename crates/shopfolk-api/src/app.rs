//! What every handler has at hand.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use shopfolk_model::Timestamp;
use shopfolk_store::Engine;
use tokio::sync::Notify;

use crate::api_delay::ApiDelays;
use crate::clock::Clock;
use crate::long_work::LongWork;
use crate::oauth::SignInTries;
use crate::settings::ApiSettings;
use crate::token_cache::TokenCache;
use crate::unknown_tokens::UnknownTokens;

/// The engine, the clock, the settings and the tokens that were let in lately.
pub(crate) struct App<E> {
    pub(crate) engine: E,
    pub(crate) settings: ApiSettings,
    pub(crate) tokens: TokenCache,
    /// Where long JSON is read and written.
    pub(crate) long_work: LongWork,
    pub(crate) unknown_tokens: UnknownTokens,
    /// By how much the calls of apps are answered late.
    pub(crate) api_delays: ApiDelays,
    /// Told when a batch was sent.
    pub(crate) batch_sent: Notify,
    pub(crate) sign_in_tries: SignInTries,
    /// The text of the OpenAPI document, once somebody asked for it.
    pub(crate) document: OnceLock<Bytes>,
    clock: Arc<dyn Clock>,
}

impl<E: Engine> App<E> {
    pub(crate) fn new(engine: E, settings: ApiSettings, clock: Arc<dyn Clock>) -> Self {
        let tokens = TokenCache::new(settings.rate_limit);
        let unknown_tokens = UnknownTokens::new(settings.rate_limit.is_some());
        let (long_work, document) = (LongWork::new(), OnceLock::new());
        let (batch_sent, sign_in_tries) = (Notify::new(), SignInTries::new());
        Self {
            engine,
            settings,
            tokens,
            long_work,
            unknown_tokens,
            api_delays: ApiDelays::new(),
            batch_sent,
            sign_in_tries,
            document,
            clock,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn steady(&self) -> Duration {
        self.clock.steady()
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        self.clock.sleep(time).await;
    }
}
