//! The clock of a store, as the one who works on the store knows it.

use std::sync::{PoisonError, RwLock};

use shopfolk_model::{TestClock, Timestamp};

use crate::WebhookSettings;

/// The clock by which the deliveries of a store are tried.
pub(crate) struct StoreClock {
    settings: WebhookSettings,
    clock: RwLock<TestClock>,
}

impl StoreClock {
    /// The system's, as long as nothing else is known.
    pub(crate) fn new(settings: WebhookSettings) -> Self {
        Self { settings, clock: RwLock::default() }
    }

    /// The clock is so in the database.
    pub(crate) fn set(&self, clock: TestClock) {
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    fn known(&self) -> TestClock {
        *self.clock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is where it is to be.
    pub(crate) fn stands(&self) -> bool {
        self.known().stands()
    }

    /// What time it is by it.
    pub(crate) fn now(&self) -> Timestamp {
        self.known().time(self.system())
    }

    /// What time it is by the system's.
    pub(crate) fn system(&self) -> Timestamp {
        (self.settings.now)()
    }
}
