//! What webhooks need to know of their surroundings.

use std::fmt;
use std::sync::Arc;

use shopfolk_model::{AddressPolicy, App, ClientSecret, Timestamp};

use crate::SenderLimits;

/// Opens the secret of an app; `None` when it cannot be opened.
pub type OpenSecret = Arc<dyn Fn(&App) -> Option<ClientSecret> + Send + Sync>;

/// What webhooks need to know of their surroundings.
#[derive(Clone)]
pub struct WebhookSettings {
    /// To which addresses they are sent.
    pub addresses: AddressPolicy,
    /// How long receivers may take.
    pub limits: SenderLimits,
    /// What time it is.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Opens the secrets of apps.
    pub open_secret: OpenSecret,
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addresses, limits, now: _, open_secret: _ } = self;
        formatter
            .debug_struct("WebhookSettings")
            .field("addresses", addresses)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}
