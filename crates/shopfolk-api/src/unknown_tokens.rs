//! How often an address may come without a token that opens something. Each time costs a look into the database, so that
//! is counted, and an address that has done it too often is refused before the next look (contract: *Unknown tokens*).
//!
//! Tokens that are known go on working meanwhile, from the same address too. One that the server has not let in since it
//! started has to wait, because nobody can tell it from a guess without looking.

use std::time::Duration;

use crate::error::{ApiError, ErrorCode};
use crate::peer::PeerNetwork;
use crate::tries::Tries;

/// How many times in a minute an address may.
const LIMIT: u32 = 20;

/// The addresses that came without a token that opens something.
pub(crate) struct UnknownTokens {
    /// `None` where nothing is limited.
    networks: Option<Tries<PeerNetwork>>,
}

impl UnknownTokens {
    pub(crate) fn new(limited: bool) -> Self {
        Self { networks: limited.then(|| Tries::new(LIMIT)) }
    }

    /// Whether the database may be asked for a token that is not known.
    ///
    /// # Errors
    /// When the address has shown too many that open nothing.
    pub(crate) fn check(&self, network: Option<PeerNetwork>, now: Duration) -> Result<(), ApiError> {
        let Some((networks, network)) = self.networks.as_ref().zip(network) else { return Ok(()) };
        let seconds = networks.seconds_left(&network, now);
        if seconds == 0 {
            return Ok(());
        }
        let message = format!(
            "Too many requests from this address with tokens that open nothing: try again in {seconds} seconds"
        );
        Err(ApiError::new(ErrorCode::RateLimited, message).retry_after(seconds))
    }

    /// Counts a request whose token opened nothing.
    pub(crate) fn count(&self, network: Option<PeerNetwork>, now: Duration) {
        if let Some((networks, network)) = self.networks.as_ref().zip(network) {
            networks.count(&network, now);
        }
    }
}
