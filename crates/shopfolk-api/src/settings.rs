//! How the API is set up.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::Quota;
use metrics_exporter_prometheus::PrometheusHandle;
use shopfolk_operations::SecretKeys;
use tokio::sync::Notify;

use crate::byte_budget::ByteBudget;

/// How many bytes of bodies are held at once: those of 16 of the largest.
const BODIES: u32 = 16 << 20;
/// How many bytes of answers are held at once.
const ANSWERS: u32 = 32 << 20;

/// The settings of the API.
#[derive(Clone)]
pub struct ApiSettings {
    /// How many requests a token may make; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// Whether a token may come as `?token=`, as older clients send it.
    pub allow_query_token: bool,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// How many bytes of bodies are held at once, over all requests, from the first byte to the answer. A body of more than
    /// 16 KiB for which there is no room is refused with 503.
    pub bodies: ByteBudget,
    /// How many bytes of answers are held at once, until the callers have taken them. An answer of more than 16 KiB for which
    /// there is no room becomes a 503; one that is streamed waits before its next portion.
    pub answers: ByteBudget,
    /// What `/metrics` shows; `None` switches it off. The maker of the handle calls its `run_upkeep` from time to
    /// time, which keeps the memory of the histograms small.
    pub metrics: Option<PrometheusHandle>,
    /// Where the key is under which client secrets are kept.
    pub secret_keys: SecretKeys,
    /// Set when the program is about to end.
    pub shutting_down: ShuttingDown,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            rate_limit: Some(RateLimit::default()),
            allow_query_token: false,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            bodies: ByteBudget::of(BODIES),
            answers: ByteBudget::of(ANSWERS),
            metrics: None,
            secret_keys: SecretKeys::default(),
            shutting_down: ShuttingDown::default(),
        }
    }
}

/// How far the program is on its way to its end. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ShuttingDown(Arc<Stages>);

#[derive(Debug, Default)]
struct Stages {
    announced: AtomicBool,
    turning_away: AtomicBool,
    told: Notify,
}

impl ShuttingDown {
    /// Makes `/readyz` say 503, so that load balancers send no new requests; those that come are served.
    pub fn announce(&self) {
        self.0.announced.store(true, Ordering::SeqCst);
        self.0.told.notify_waiters();
    }

    /// Waits until it is announced.
    pub async fn announced(&self) {
        // Made before it is asked, so that nothing is missed in between.
        let told = self.0.told.notified();
        if !self.is_announced() {
            told.await;
        }
    }

    /// From now on new requests get `503 UNAVAILABLE` with `Retry-After`, while requests under way are finished.
    pub fn turn_away(&self) {
        self.announce();
        self.0.turning_away.store(true, Ordering::Relaxed);
    }

    /// Whether it was announced.
    pub fn is_announced(&self) -> bool {
        self.0.announced.load(Ordering::SeqCst)
    }

    /// Whether new requests are turned away.
    pub fn turns_away(&self) -> bool {
        self.0.turning_away.load(Ordering::Relaxed)
    }
}

/// So many requests in so much time, written as `600/min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests, which may also come all at once.
    pub requests: NonZeroU32,
    /// In how much time.
    pub per: Duration,
}

impl Default for RateLimit {
    /// 600 a minute.
    fn default() -> Self {
        const REQUESTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(599);
        Self { requests: REQUESTS, per: MINUTE }
    }
}

impl RateLimit {
    /// The quota of the rate limiter; `None` when the time is too short for one request, which is no limit.
    pub(crate) fn quota(self) -> Option<Quota> {
        let interval = self.per / self.requests.get();
        Quota::with_period(interval).map(|quota| quota.allow_burst(self.requests))
    }
}

/// The text is no rate limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of requests in a second, minute or hour, such as 10/s, 600/min or 1000/hour")]
pub struct InvalidRateLimit;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        let (requests, per) = text.split_once('/').ok_or(InvalidRateLimit)?;
        let requests = requests.trim().parse().map_err(|_| InvalidRateLimit)?;
        let per = match per.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => SECOND,
            "m" | "min" | "minute" => MINUTE,
            "h" | "hour" => HOUR,
            _ => return Err(InvalidRateLimit),
        };
        Ok(Self { requests, per })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/", self.requests)?;
        match self.per {
            SECOND => formatter.write_str("s"),
            MINUTE => formatter.write_str("min"),
            HOUR => formatter.write_str("hour"),
            other => write!(formatter, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_written_and_read() {
        for text in ["600/min", "10/s", "1000/hour"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
        assert_eq!("600/min".parse(), Ok(RateLimit::default()));
        assert_eq!(" 5 / Second ".parse::<RateLimit>().unwrap().to_string(), "5/s");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "600", "0/min", "-1/min", "600/", "600/day", "1.5/s", "99999999999/s", "off"] {
            assert_eq!(text.parse::<RateLimit>(), Err(InvalidRateLimit), "{text}");
        }
    }
}
