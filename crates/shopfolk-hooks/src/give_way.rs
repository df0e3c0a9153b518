//! Giving way: while much is written, webhooks take a part of the time and no more, so that they come later and writes do not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// From so many writes in a millisecond on, webhooks give way.
const BUSY: u128 = 1;
/// Then they rest for so many times as long as they worked.
const RESTS: u32 = 6;
/// But no longer than this at once.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// How often somebody had something written here, other than the work on webhooks.
#[derive(Debug, Default)]
pub(crate) struct Writes(AtomicU64);

impl Writes {
    /// Somebody had something written.
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Begins a portion of work on webhooks.
    pub(crate) fn begin_portion(&self) -> Portion {
        Portion { began: Instant::now(), writes_before: self.count() }
    }

    /// Ends it, and rests where much was written meanwhile.
    pub(crate) async fn end_portion(&self, portion: Portion) {
        let written = self.count().saturating_sub(portion.writes_before);
        let rest = rest_after(portion.began.elapsed(), written);
        if !rest.is_zero() {
            sleep(rest).await;
        }
    }
}

/// A portion of work.
pub(crate) struct Portion {
    began: Instant,
    writes_before: u64,
}

fn rest_after(worked: Duration, written: u64) -> Duration {
    if u128::from(written) < BUSY.saturating_mul(worked.as_millis()).max(BUSY) {
        return Duration::ZERO;
    }
    worked.saturating_mul(RESTS).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_while_little_is_written_does_not_rest() {
        assert_eq!(rest_after(Duration::from_millis(10), 9), Duration::ZERO);
        assert_eq!(rest_after(Duration::from_micros(300), 0), Duration::ZERO);
    }

    #[test]
    fn who_works_while_much_is_written_rests_for_longer_than_it_worked() {
        assert_eq!(rest_after(Duration::from_millis(10), 10), Duration::from_millis(60));
        assert_eq!(rest_after(Duration::from_secs(10), 100_000), LONGEST_REST);
    }
}
