//! How often somebody may try to sign in: from one address, and as one owner.

use std::time::Duration;

use shopfolk_model::{EmailAddress, StoreId};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ErrorCode};
use crate::peer::PeerNetwork;
use crate::tries::Tries;

/// How many passwords are compared at once: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;
/// How many times in a minute an address may get a password wrong.
const OF_NETWORK: u32 = 20;
/// How many times in a minute the password of an owner may be got wrong, from wherever.
const OF_OWNER: u32 = 10;

/// The tries to sign in.
pub(crate) struct SignInTries {
    networks: Tries<PeerNetwork>,
    owners: Tries<(StoreId, String)>,
    /// Held while a password is compared.
    pub(super) comparing: Semaphore,
}

impl SignInTries {
    pub(crate) fn new() -> Self {
        Self {
            networks: Tries::new(OF_NETWORK),
            owners: Tries::new(OF_OWNER),
            comparing: Semaphore::new(AT_ONCE),
        }
    }

    /// Whether a password may be tried.
    ///
    /// # Errors
    /// When too many were wrong.
    pub(super) fn check(
        &self,
        network: Option<PeerNetwork>,
        store: StoreId,
        email: &EmailAddress,
        now: Duration,
    ) -> Result<(), ApiError> {
        let of_network = network.map_or(0, |network| self.networks.seconds_left(&network, now));
        let seconds = of_network.max(self.owners.seconds_left(&(store, email.key()), now));
        if seconds == 0 {
            return Ok(());
        }
        let message = format!("Too many wrong passwords: try again in {seconds} seconds");
        Err(ApiError::new(ErrorCode::RateLimited, message).retry_after(seconds))
    }

    /// Counts a password that was wrong.
    pub(super) fn count(
        &self,
        network: Option<PeerNetwork>,
        store: StoreId,
        email: &EmailAddress,
        now: Duration,
    ) {
        if let Some(network) = network {
            self.networks.count(&network, now);
        }
        self.owners.count(&(store, email.key()), now);
    }
}
