//! The cache of tokens, which spares most requests a look into the database.
//!
//! A token that was found is remembered, with its store and its rate limiter, and looked up again after two seconds: one
//! request does so while the others go on with what is known, but nothing older than four seconds is ever believed. So
//! a revoked token or a suspended store is seen within five seconds, whatever the clock on the wall does: the seconds are
//! those of [`crate::Clock::steady`]. A token that was not found is never remembered: it works as soon as it exists, and
//! made-up tokens take no memory (how many of them are looked up is bounded by `unknown_tokens.rs`). When the memory is
//! full, the token that is used least makes room, and its rate limiter goes with it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use governor::DefaultDirectRateLimiter;
use governor::clock::{Clock as _, DefaultClock};
use quick_cache::sync::Cache;
use shopfolk_model::{Day, StoreId, TokenHash, TokenRecord};
use shopfolk_store::StoreAccess;

use crate::settings::RateLimit;

/// After this time a token is looked up again.
const FRESH: Duration = Duration::from_secs(2);
/// After this time a token is not used without a look-up.
const USABLE: Duration = Duration::from_secs(4);
/// How many tokens are remembered at the most.
const CAPACITY: usize = 10_000;

/// A store and a token that belong together, as the database knew them at one time.
pub(crate) struct KnownToken {
    pub(crate) token: TokenRecord,
    pub(crate) suspended: bool,
    seen: Duration,
    refreshing: AtomicBool,
    forgotten: AtomicBool,
    usage: Arc<TokenUsage>,
}

/// What a token was used for so far. It stays when the token is looked up again.
struct TokenUsage {
    last_day: AtomicI64,
    limiter: Option<DefaultDirectRateLimiter>,
}

impl KnownToken {
    fn new(token: TokenRecord, suspended: bool, seen: Duration, usage: Arc<TokenUsage>) -> Arc<Self> {
        let (refreshing, forgotten) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { token, suspended, seen, refreshing, forgotten, usage })
    }

    /// Whether this use is the first of the token on this day; says so once.
    pub(crate) fn is_first_use_on(&self, day: Day) -> bool {
        let (day, last) = (day.number(), &self.usage.last_day);
        last.load(Ordering::Relaxed) < day && last.fetch_max(day, Ordering::Relaxed) < day
    }

    /// Counts a request, or says after how many seconds there is room for one.
    pub(crate) fn count_request(&self) -> Result<(), u64> {
        let Some(limiter) = &self.usage.limiter else { return Ok(()) };
        limiter.check().map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
        })
    }

    /// Whether it can be believed at `now`.
    fn is_usable(&self, now: Duration) -> bool {
        // One that was seen since this request began is as fresh as can be.
        let age = now.saturating_sub(self.seen);
        // The first one to come asks; if it never gets an answer, the others ask when the entry is too old.
        !self.forgotten.load(Ordering::Relaxed)
            && (age < FRESH || age < USABLE && self.refreshing.swap(true, Ordering::Relaxed))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TokenOfStore {
    store: StoreId,
    token: TokenHash,
}

/// The tokens that were let in lately.
pub(crate) struct TokenCache {
    rate_limit: Option<RateLimit>,
    tokens: Cache<TokenOfStore, Arc<KnownToken>>,
}

impl TokenCache {
    pub(crate) fn new(rate_limit: Option<RateLimit>) -> Self {
        Self { rate_limit, tokens: Cache::new(CAPACITY) }
    }

    /// What is known of a token and can be believed; `None` when the database has to be asked.
    pub(crate) fn find(&self, store: StoreId, token: TokenHash, now: Duration) -> Option<Arc<KnownToken>> {
        self.tokens.get(&TokenOfStore { store, token }).filter(|known| known.is_usable(now))
    }

    /// Whether a token was let in when it was looked up last, however long ago that is.
    pub(crate) fn remembers(&self, store: StoreId, token: TokenHash) -> bool {
        self.tokens.peek(&TokenOfStore { store, token }).is_some()
    }

    /// Makes the tokens of a store, or of all stores, be looked up again before their next use. What they have used of
    /// their rate limits stays.
    pub(crate) fn forget(&self, store: Option<StoreId>) {
        for (key, known) in self.tokens.iter() {
            if store.is_none_or(|store| store == key.store) {
                known.forgotten.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Remembers what the database said of a token at `now`; `None` when the token opens nothing.
    pub(crate) fn remember(
        &self,
        store: StoreId,
        token: TokenHash,
        found: Option<&StoreAccess>,
        now: Duration,
    ) -> Option<Arc<KnownToken>> {
        let key = TokenOfStore { store, token };
        let Some((token, suspended)) =
            found.and_then(|access| access.token.map(|token| (token.record, access.store.suspended)))
        else {
            self.tokens.remove(&key);
            return None;
        };
        let first = || Ok::<_, Infallible>(KnownToken::new(token, suspended, now, self.unused()));
        let Ok(before) = self.tokens.get_or_insert_with(&key, first);
        // The limiter stays, or looking a token up again would give it its requests back.
        let usage = Arc::clone(&before.usage);
        usage.last_day.fetch_max(token.last_used.map_or(-1, Day::number), Ordering::Relaxed);
        let known = KnownToken::new(token, suspended, now, usage);
        self.tokens.insert(key, Arc::clone(&known));
        Some(known)
    }

    fn unused(&self) -> Arc<TokenUsage> {
        let quota = self.rate_limit.and_then(RateLimit::quota);
        let limiter = quota.map(DefaultDirectRateLimiter::direct);
        Arc::new(TokenUsage { last_day: AtomicI64::new(-1), limiter })
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{ScopeSet, Store, StoreName, StoreProfile, Timestamp, TokenId, TokenKind};
    use shopfolk_store::StoredToken;

    use super::*;

    const STORE: i64 = 1003;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn date(seconds: i64) -> Timestamp {
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
                created: date(1),
                key: None,
                profile: StoreProfile::default(),
            },
            token: Some(StoredToken {
                record: TokenRecord {
                    id: TokenId::new(1).unwrap(),
                    kind: TokenKind::Secret,
                    scopes: ScopeSet::ALL,
                    app: None,
                    created: date(1),
                    last_used: None,
                },
                hash: TokenHash::of("secret_token"),
            }),
        }
    }

    fn is_known(cache: &TokenCache, token: TokenHash, now: u64) -> bool {
        cache.find(store(), token, at(now)).is_some()
    }

    #[test]
    fn a_token_is_believed_for_two_seconds_then_one_request_asks_again() {
        let cache = TokenCache::new(None);
        let token = TokenHash::of("secret_token");
        assert!(!is_known(&cache, token, 10));
        cache.remember(store(), token, Some(&access()), at(10));
        assert!(is_known(&cache, token, 11));
        assert!(!is_known(&cache, token, 12));
        assert!(is_known(&cache, token, 13));
        assert!(!is_known(&cache, token, 14));
    }

    #[test]
    fn a_token_that_is_gone_is_forgotten() {
        let cache = TokenCache::new(None);
        let token = TokenHash::of("secret_token");
        cache.remember(store(), token, Some(&access()), at(10));
        assert!(
            cache.remember(store(), token, Some(&StoreAccess { token: None, ..access() }), at(10)).is_none()
        );
        assert!(!is_known(&cache, token, 10));
        assert!(!cache.remembers(store(), token));
    }

    #[test]
    fn a_token_that_is_too_old_to_be_believed_is_remembered() {
        let cache = TokenCache::new(None);
        let token = TokenHash::of("secret_token");
        cache.remember(store(), token, Some(&access()), at(10));
        assert!(!is_known(&cache, token, 1_000) && cache.remembers(store(), token));
        assert!(!cache.remembers(store(), TokenHash::of("another")));
    }

    #[test]
    fn a_store_whose_access_changed_is_looked_up_again() {
        let cache = TokenCache::new("2/hour".parse().ok());
        let token = TokenHash::of("secret_token");
        let before = cache.remember(store(), token, Some(&access()), at(10)).unwrap();
        before.count_request().unwrap();
        cache.forget(StoreId::new(1004).ok());
        assert!(is_known(&cache, token, 10));
        for forgotten in [Some(store()), None] {
            cache.forget(forgotten);
            assert!(!is_known(&cache, token, 10));
            cache.remember(store(), token, Some(&access()), at(10));
            assert!(is_known(&cache, token, 10));
        }
        let after = cache.remember(store(), token, Some(&access()), at(10)).unwrap();
        assert!(after.count_request().is_ok() && after.count_request().is_err(), "the limit was not kept");
    }

    #[test]
    fn a_token_belongs_to_one_store() {
        let cache = TokenCache::new(None);
        let token = TokenHash::of("secret_token");
        cache.remember(store(), token, Some(&access()), at(10));
        assert!(cache.find(StoreId::new(1004).unwrap(), token, at(10)).is_none());
    }

    #[test]
    fn looking_up_again_gives_no_requests_back() {
        let cache = TokenCache::new("2/hour".parse().ok());
        let token = TokenHash::of("secret_token");
        for (now, room) in [(10, true), (20, true), (30, false)] {
            let entry = cache.remember(store(), token, Some(&access()), at(now)).unwrap();
            assert_eq!(entry.count_request().is_ok(), room, "{now}");
        }
        let wait =
            cache.remember(store(), token, Some(&access()), at(40)).unwrap().count_request().unwrap_err();
        assert!((1_790..=1_800).contains(&wait), "{wait}");
    }

    #[test]
    fn the_first_use_on_a_day_is_told_once() {
        let cache = TokenCache::new(None);
        let token = TokenHash::of("secret_token");
        let today = date(100_000).day();
        let entry = cache.remember(store(), token, Some(&access()), at(100_000)).unwrap();
        assert!(entry.is_first_use_on(today));
        assert!(!entry.is_first_use_on(today));
        let entry = cache.remember(store(), token, Some(&access()), at(100_010)).unwrap();
        assert!(!entry.is_first_use_on(today));
        assert!(entry.is_first_use_on(date(200_000).day()));
    }

    #[test]
    fn a_token_that_is_used_all_the_time_keeps_its_count_of_requests_among_more_than_fit() {
        let cache = TokenCache::new("2/hour".parse().ok());
        let busy = TokenHash::of("busy");
        cache.remember(store(), busy, Some(&access()), at(10)).unwrap().count_request().unwrap();
        for number in 0..2 * CAPACITY {
            cache.remember(store(), TokenHash::of(&number.to_string()), Some(&access()), at(10));
            assert!(is_known(&cache, busy, 10), "forgotten after {number} others");
        }
        assert!(cache.tokens.len() <= CAPACITY);
        let busy = cache.remember(store(), busy, Some(&access()), at(12)).unwrap();
        assert!(busy.count_request().is_ok() && busy.count_request().is_err(), "the count was not kept");
    }
}
