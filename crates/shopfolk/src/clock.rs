//! What time it is.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shopfolk_api::Clock;
use shopfolk_model::Timestamp;

/// The clock of the machine. It is the one place where the program asks what time it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    fn now(&self) -> Timestamp {
        // A clock set before 1970 is taken for 1970, and one set after 9999 for the end of it.
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_unix_seconds(seconds).ok())
            .unwrap_or(Timestamp::MAXIMUM)
    }

    fn steady(&self) -> Duration {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGIN.elapsed()
    }
}
