//! How often somebody may get something wrong in a minute, and how long they have to wait then.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

/// In how much time, and how long is waited afterwards.
const PERIOD: Duration = Duration::from_mins(1);
/// How many are remembered at the most. The one that comes least makes room.
const CAPACITY: usize = 10_000;

/// Those who got something wrong.
pub(crate) struct Tries<K> {
    counts: Cache<K, Arc<Mutex<Count>>>,
    limit: u32,
}

/// How often one of them did.
#[derive(Debug, Default)]
struct Count {
    /// When it was counted first, or came to the limit.
    since: Duration,
    times: u32,
}

impl<K: Hash + Eq + Clone> Tries<K> {
    /// So many in a minute.
    pub(crate) fn new(limit: u32) -> Self {
        Self { counts: Cache::new(CAPACITY), limit }
    }

    /// For how many seconds this one has to wait, 0 when not.
    pub(crate) fn seconds_left(&self, who: &K, now: Duration) -> u64 {
        let count = self.counts.get(who);
        let left = count.map_or(Duration::ZERO, |count| count.lock().left(self.limit, now));
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    }

    /// Counts one that was wrong.
    pub(crate) fn count(&self, who: &K, now: Duration) {
        let Ok(count) = self.counts.get_or_insert_with(who, || Ok::<_, Infallible>(Arc::default()));
        count.lock().add(self.limit, now);
    }
}

impl Count {
    fn left(&self, limit: u32, now: Duration) -> Duration {
        if self.times < limit { Duration::ZERO } else { (self.since + PERIOD).saturating_sub(now) }
    }

    fn add(&mut self, limit: u32, now: Duration) {
        if self.times == 0 || now >= self.since + PERIOD {
            *self = Self { since: now, times: 0 };
        }
        self.times = self.times.saturating_add(1);
        if self.times == limit {
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

    fn counted(times: impl IntoIterator<Item = u64>) -> Tries<u8> {
        let tries = Tries::new(20);
        times.into_iter().for_each(|now| tries.count(&1, at(now)));
        tries
    }

    #[test]
    fn as_many_as_the_limit_in_a_minute_wait_for_a_minute_from_the_last_one() {
        assert_eq!(counted(0..19).seconds_left(&1, at(19)), 0);
        let tries = counted(0..20);
        assert_eq!(tries.seconds_left(&1, at(19)), 60);
        assert_eq!(tries.seconds_left(&1, at(78)), 1);
        assert_eq!(tries.seconds_left(&1, at(79)), 0);
        assert_eq!(tries.seconds_left(&2, at(19)), 0, "others do not wait");
    }

    #[test]
    fn those_of_the_minute_before_do_not_count() {
        assert_eq!(counted((0..19).chain([60])).seconds_left(&1, at(60)), 0);
        let tries = counted(0..20);
        tries.count(&1, at(79));
        assert_eq!(tries.seconds_left(&1, at(79)), 0);
    }
}
