//! Who was let in lately, so that most requests need not ask the database.
//!
//! A token that was found is remembered, with its store and its rate limiter, and looked up again after two seconds: one
//! request does so while the others go on with what is known, but nothing older than four seconds is ever believed. So
//! a revoked token or a suspended store is seen within five seconds. A token that was not found is never remembered:
//! it works as soon as it is there, and nobody can fill the memory with made-up tokens.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use governor::DefaultDirectRateLimiter;
use governor::clock::{Clock as _, DefaultClock};
use shopfolk_model::{Day, StoreId, Timestamp, TokenHash, TokenRecord};
use shopfolk_store::StoreAccess;

use crate::settings::RateLimit;

/// After so many seconds a token is looked up again.
const FRESH: i64 = 2;
/// After so many seconds nothing is believed any more.
const USABLE: i64 = 4;
/// How many tokens are remembered; one more, and all are forgotten.
const CAPACITY: usize = 10_000;

/// A store and a token that belong together.
pub(crate) struct Entry {
    pub(crate) token: TokenRecord,
    pub(crate) suspended: bool,
    seen: Timestamp,
    refreshing: AtomicBool,
    forgotten: AtomicBool,
    last_used: AtomicI64,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Entry {
    /// Whether this use is the first of the token on this day; says so once.
    pub(crate) fn is_first_use_on(&self, day: Day) -> bool {
        let day = day.number();
        self.last_used.load(Ordering::Relaxed) < day && self.last_used.fetch_max(day, Ordering::Relaxed) < day
    }

    /// Counts a request, or says after how many seconds there is room for one.
    pub(crate) fn count_request(&self) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check().map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
        })
    }
}

/// What the cache knows of a token.
pub(crate) enum Known {
    /// This, and it can be believed.
    Entry(Arc<Entry>),
    /// Nothing that can be believed: ask the database and tell.
    AskAgain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    store: StoreId,
    token: TokenHash,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A hash of a token is as random as it gets, and only tokens that exist come here: a part of it will do.
        let part = self.token.as_bytes().first_chunk().copied().unwrap_or_default();
        state.write_u64(u64::from_ne_bytes(part));
    }
}

/// Takes the number it is given.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Entries = HashMap<Key, Arc<Entry>, BuildHasherDefault<Identity>>;

/// The tokens that were let in lately.
pub(crate) struct AccessCache {
    rate_limit: Option<RateLimit>,
    entries: RwLock<Entries>,
}

impl AccessCache {
    pub(crate) fn new(rate_limit: Option<RateLimit>) -> Self {
        Self { rate_limit, entries: RwLock::default() }
    }

    /// Looks a token up.
    pub(crate) fn find(&self, store: StoreId, token: TokenHash, now: Timestamp) -> Known {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get(&Key { store, token }) else { return Known::AskAgain };
        let age = now.unix_seconds() - entry.seen.unix_seconds();
        let usable = !entry.forgotten.load(Ordering::Relaxed)
            && match age {
                0..FRESH => true,
                // The first one to come asks; if it never gets an answer, the others ask when the entry is too old.
                FRESH..USABLE => entry.refreshing.swap(true, Ordering::Relaxed),
                // Too old, or the clock was set back.
                _ => false,
            };
        if usable { Known::Entry(Arc::clone(entry)) } else { Known::AskAgain }
    }

    /// Believes nothing any more of the tokens of a store, or of any store, until they are looked up again. What they
    /// have used of their rate limits stays.
    pub(crate) fn forget(&self, store: Option<StoreId>) {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        for (key, entry) in entries.iter() {
            if store.is_none_or(|store| store == key.store) {
                entry.forgotten.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Remembers what the database said of a token at `now`; `None` when the token opens nothing.
    pub(crate) fn tell(
        &self,
        store: StoreId,
        token: TokenHash,
        found: Option<&StoreAccess>,
        now: Timestamp,
    ) -> Option<Arc<Entry>> {
        let key = Key { store, token };
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let known = found.and_then(|access| access.token.map(|token| (token, access.store.suspended)));
        let Some((token, suspended)) = known else {
            entries.remove(&key);
            return None;
        };
        let before = entries.get(&key);
        let last_used = token.last_used.map_or(-1, Day::number);
        let noted = before.map_or(-1, |before| before.last_used.load(Ordering::Relaxed));
        let limiter = match before {
            // The limiter stays, or looking a token up again would give it its requests back.
            Some(before) => before.limiter.clone(),
            None => self
                .rate_limit
                .and_then(RateLimit::quota)
                .map(|quota| Arc::new(DefaultDirectRateLimiter::direct(quota))),
        };
        let entry = Arc::new(Entry {
            token,
            suspended,
            seen: now,
            refreshing: AtomicBool::new(false),
            forgotten: AtomicBool::new(false),
            last_used: AtomicI64::new(last_used.max(noted)),
            limiter,
        });
        if entries.len() >= CAPACITY && before.is_none() {
            entries.clear();
        }
        entries.insert(key, Arc::clone(&entry));
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{ScopeSet, Store, StoreName, TokenId, TokenKind};

    use super::*;

    const STORE: i64 = 1003;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    fn store() -> StoreId {
        StoreId::new(STORE).unwrap()
    }

    fn access() -> StoreAccess {
        StoreAccess {
            store: Store {
                id: store(),
                name: StoreName::new("A shop").unwrap(),
                suspended: false,
                created: at(1),
            },
            token: Some(TokenRecord {
                id: TokenId::new(1).unwrap(),
                kind: TokenKind::Secret,
                scopes: ScopeSet::ALL,
                created: at(1),
                last_used: None,
            }),
        }
    }

    fn is_known(cache: &AccessCache, token: TokenHash, now: i64) -> bool {
        matches!(cache.find(store(), token, at(now)), Known::Entry(_))
    }

    #[test]
    fn a_token_is_believed_for_two_seconds_then_one_request_asks_again() {
        let cache = AccessCache::new(None);
        let token = TokenHash::of("secret_token");
        assert!(!is_known(&cache, token, 10));
        cache.tell(store(), token, Some(&access()), at(10));
        assert!(is_known(&cache, token, 11));
        assert!(!is_known(&cache, token, 12));
        assert!(is_known(&cache, token, 13));
        assert!(!is_known(&cache, token, 14));
        assert!(!is_known(&cache, token, 9));
    }

    #[test]
    fn a_token_that_is_gone_is_forgotten() {
        let cache = AccessCache::new(None);
        let token = TokenHash::of("secret_token");
        cache.tell(store(), token, Some(&access()), at(10));
        assert!(cache.tell(store(), token, Some(&StoreAccess { token: None, ..access() }), at(10)).is_none());
        assert!(!is_known(&cache, token, 10));
    }

    #[test]
    fn a_store_whose_access_changed_is_looked_up_again() {
        let cache = AccessCache::new("2/hour".parse().ok());
        let token = TokenHash::of("secret_token");
        let before = cache.tell(store(), token, Some(&access()), at(10)).unwrap();
        before.count_request().unwrap();
        cache.forget(StoreId::new(1004).ok());
        assert!(is_known(&cache, token, 10));
        for forgotten in [Some(store()), None] {
            cache.forget(forgotten);
            assert!(!is_known(&cache, token, 10));
            cache.tell(store(), token, Some(&access()), at(10));
            assert!(is_known(&cache, token, 10));
        }
        let after = cache.tell(store(), token, Some(&access()), at(10)).unwrap();
        assert!(after.count_request().is_ok() && after.count_request().is_err(), "the limit was not kept");
    }

    #[test]
    fn a_token_belongs_to_one_store() {
        let cache = AccessCache::new(None);
        let token = TokenHash::of("secret_token");
        cache.tell(store(), token, Some(&access()), at(10));
        assert!(matches!(cache.find(StoreId::new(1004).unwrap(), token, at(10)), Known::AskAgain));
    }

    #[test]
    fn looking_up_again_gives_no_requests_back() {
        let cache = AccessCache::new("2/hour".parse().ok());
        let token = TokenHash::of("secret_token");
        for (now, room) in [(10, true), (20, true), (30, false)] {
            let entry = cache.tell(store(), token, Some(&access()), at(now)).unwrap();
            assert_eq!(entry.count_request().is_ok(), room, "{now}");
        }
        let wait = cache.tell(store(), token, Some(&access()), at(40)).unwrap().count_request().unwrap_err();
        assert!((1_790..=1_800).contains(&wait), "{wait}");
    }

    #[test]
    fn the_first_use_on_a_day_is_told_once() {
        let cache = AccessCache::new(None);
        let token = TokenHash::of("secret_token");
        let today = at(100_000).day();
        let entry = cache.tell(store(), token, Some(&access()), at(100_000)).unwrap();
        assert!(entry.is_first_use_on(today));
        assert!(!entry.is_first_use_on(today));
        let entry = cache.tell(store(), token, Some(&access()), at(100_010)).unwrap();
        assert!(!entry.is_first_use_on(today));
        assert!(entry.is_first_use_on(at(200_000).day()));
    }

    #[test]
    fn memory_is_bounded() {
        let cache = AccessCache::new(None);
        for number in 0..=CAPACITY {
            cache.tell(store(), TokenHash::of(&number.to_string()), Some(&access()), at(10));
        }
        assert!(cache.entries.read().unwrap().len() <= CAPACITY);
        assert!(is_known(&cache, TokenHash::of(&CAPACITY.to_string()), 10));
    }
}
