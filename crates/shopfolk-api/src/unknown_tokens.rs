//! How often an address may come without a token that opens something. Each time costs a look into the database, so that
//! is counted, and an address that has done it too often is refused before the next look (contract: *Unknown tokens*).
//!
//! Tokens that are known go on working meanwhile, from the same address too. One that the server has not let in since it
//! started has to wait, because nobody can tell it from a guess without looking.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use crate::error::{ApiError, ErrorCode};
use crate::peer::PeerNetwork;

/// How many times an address may.
const LIMIT: u32 = 20;
/// In how much time, and how long it is refused afterwards.
const PERIOD: Duration = Duration::from_mins(1);
/// How many addresses are remembered at the most. The one that comes least makes room.
const CAPACITY: usize = 10_000;

/// The addresses that came without a token that opens something.
pub(crate) struct UnknownTokens {
    /// `None` where nothing is limited.
    networks: Option<Cache<PeerNetwork, Arc<Mutex<Count>>>>,
}

/// How often one of them did.
#[derive(Debug, Default)]
struct Count {
    /// When it was counted first, or came to the limit.
    since: Duration,
    times: u32,
}

impl UnknownTokens {
    pub(crate) fn new(limited: bool) -> Self {
        Self { networks: limited.then(|| Cache::new(CAPACITY)) }
    }

    /// Whether the database may be asked for a token that is not known.
    ///
    /// # Errors
    /// When the address has shown too many that open nothing.
    pub(crate) fn check(&self, network: Option<PeerNetwork>, now: Duration) -> Result<(), ApiError> {
        let count =
            self.networks.as_ref().zip(network).and_then(|(networks, network)| networks.get(&network));
        let left = count.map_or(Duration::ZERO, |count| count.lock().left(now));
        if left.is_zero() {
            return Ok(());
        }
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let message = format!(
            "Too many requests from this address with tokens that open nothing: try again in {seconds} seconds"
        );
        Err(ApiError::new(ErrorCode::RateLimited, message).retry_after(seconds))
    }

    /// Counts a request whose token opened nothing.
    pub(crate) fn count(&self, network: Option<PeerNetwork>, now: Duration) {
        let Some((networks, network)) = self.networks.as_ref().zip(network) else { return };
        let Ok(count) = networks.get_or_insert_with(&network, || Ok::<_, Infallible>(Arc::default()));
        count.lock().add(now);
    }
}

impl Count {
    /// For how long the address is refused.
    fn left(&self, now: Duration) -> Duration {
        if self.times < LIMIT { Duration::ZERO } else { (self.since + PERIOD).saturating_sub(now) }
    }

    fn add(&mut self, now: Duration) {
        if self.times == 0 || now >= self.since + PERIOD {
            *self = Self { since: now, times: 0 };
        }
        self.times = self.times.saturating_add(1);
        if self.times == LIMIT {
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn counted(times: impl IntoIterator<Item = u64>) -> Count {
        let mut count = Count::default();
        times.into_iter().for_each(|now| count.add(at(now)));
        count
    }

    #[test]
    fn twenty_in_a_minute_are_refused_for_a_minute_from_the_last_one() {
        assert_eq!(counted(0..19).left(at(19)), Duration::ZERO);
        let count = counted(0..20);
        assert_eq!(count.left(at(19)), PERIOD);
        assert_eq!(count.left(at(78)), at(1));
        assert_eq!(count.left(at(79)), Duration::ZERO);
    }

    #[test]
    fn those_of_the_minute_before_do_not_count() {
        assert_eq!(counted((0..19).chain([60])).left(at(60)), Duration::ZERO);
        let mut count = counted(0..20);
        count.add(at(79));
        assert_eq!(count.left(at(79)), Duration::ZERO);
    }
}
