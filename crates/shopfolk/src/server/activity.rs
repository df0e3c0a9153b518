//! How long a connection may take over what it does.
//!
//! The stream and the requests only count what happens, which costs next to nothing. Every few seconds a [`Watch`] looks
//! at the counts and judges. (The timeout that comes with the HTTP library would set up a timer for each request, would
//! not watch a connection that sends nothing at all, and would cut one that idles between two requests as early as one
//! that drips.)

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the head of a request may take, and the first one to begin.
pub(super) const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long nothing may happen between requests.
const IDLE_LIMIT: Duration = Duration::from_mins(1);
/// How long nothing may be taken of an answer that waits to be read.
const UNREAD_LIMIT: Duration = Duration::from_secs(30);
/// How long a connection that was asked to go may take.
const FAREWELL_LIMIT: Duration = Duration::from_secs(10);
/// The time between two looks.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// What has happened on a connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    reads: AtomicU64,
    writes: AtomicU64,
    /// `writes`, and one more, when there was no room for a further one.
    full_at: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
    /// `reads` when the last request ended.
    reads_at_end: AtomicU64,
    multiplexed: AtomicBool,
    farewell: AtomicBool,
}

impl Activity {
    pub(super) fn note_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// There is no room for more until the other side has read.
    pub(super) fn note_full(&self) {
        self.full_at.store(self.writes.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Whether something waits to be read by the other side.
    fn is_full(&self) -> bool {
        self.full_at.load(Ordering::Relaxed) == self.writes.load(Ordering::Relaxed) + 1
    }

    /// A request has begun; it ends when what is answered here is dropped.
    pub(super) fn begin(self: &Arc<Self>, multiplexed: bool) -> ActiveRequest {
        self.begun.fetch_add(1, Ordering::Relaxed);
        if multiplexed {
            self.multiplexed.store(true, Ordering::Relaxed);
        }
        ActiveRequest(Arc::clone(self))
    }

    /// The next answer is the last one.
    pub(super) fn begin_farewell(&self) {
        self.farewell.store(true, Ordering::Relaxed);
    }

    /// Whether it carries several requests at once.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Relaxed)
    }

    fn seen(&self) -> Seen {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Seen {
            reads: count(&self.reads),
            writes: count(&self.writes),
            begun: count(&self.begun),
            ended: count(&self.ended),
        }
    }
}

/// A request that is being served.
#[derive(Debug)]
pub(super) struct ActiveRequest(Arc<Activity>);

impl ActiveRequest {
    /// Whether the connection is to end with its answer. (HTTP/2 says so in another way.)
    pub(super) fn is_last(&self) -> bool {
        self.0.farewell.load(Ordering::Relaxed) && !self.0.is_multiplexed()
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let Activity { reads, ended, reads_at_end, .. } = &*self.0;
        reads_at_end.store(reads.load(Ordering::Relaxed), Ordering::Relaxed);
        ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    reads: u64,
    writes: u64,
    begun: u64,
    ended: u64,
}

/// What is to be done with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Keep,
    /// It has idled for long: ask it to go.
    Retire,
    /// It takes too long: close it.
    Cut,
}

/// Looks at a connection from time to time.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Seen,
    /// Since when the head of a request is awaited or half there.
    head_since: Option<Instant>,
    /// Since when nothing has happened.
    quiet_since: Instant,
    /// Since when the other side has not read what waits for it.
    unread_since: Option<Instant>,
    retired_since: Option<Instant>,
}

impl Watch {
    /// Begins with a new connection.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            seen: Seen::default(),
            head_since: Some(now),
            quiet_since: now,
            unread_since: None,
            retired_since: None,
        }
    }

    /// Looks at what has happened since the last look.
    pub(super) fn look(&mut self, activity: &Activity, now: Instant) -> Verdict {
        let before = std::mem::replace(&mut self.seen, activity.seen());
        let seen = self.seen;
        if seen.writes != before.writes || !activity.is_full() {
            self.unread_since = None;
        }
        if activity.is_full() && now - *self.unread_since.get_or_insert(now) >= UNREAD_LIMIT {
            return Verdict::Cut;
        }
        let serving = seen.begun != seen.ended;
        if serving || seen != before {
            self.quiet_since = now;
        }
        if seen.begun != before.begun {
            self.head_since = None;
        }
        // In HTTP/2 bytes come outside of requests too, so they tell nothing of a head.
        let half_a_head =
            !activity.is_multiplexed() && seen.reads != activity.reads_at_end.load(Ordering::Relaxed);
        if serving || !(seen.begun == 0 || half_a_head) {
            self.head_since = None;
        } else if now - *self.head_since.get_or_insert(now) >= HEAD_LIMIT {
            return Verdict::Cut;
        }
        match self.retired_since {
            Some(since) if !serving && now - since >= FAREWELL_LIMIT => Verdict::Cut,
            None if now - self.quiet_since >= IDLE_LIMIT => {
                self.retired_since = Some(now);
                Verdict::Retire
            }
            _ => Verdict::Keep,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Connection {
        activity: Arc<Activity>,
        watch: Watch,
        now: Instant,
    }

    impl Connection {
        fn new() -> Self {
            let now = Instant::now();
            Self { activity: Arc::new(Activity::default()), watch: Watch::new(now), now }
        }

        fn after(&mut self, seconds: u64) -> Verdict {
            self.now += Duration::from_secs(seconds);
            self.watch.look(&self.activity, self.now)
        }

        fn request(&self, multiplexed: bool) {
            self.activity.note_read();
            drop(self.activity.begin(multiplexed));
            self.activity.note_write();
        }
    }

    #[test]
    fn a_connection_that_sends_nothing_is_cut() {
        let mut connection = Connection::new();
        assert_eq!(connection.after(9), Verdict::Keep);
        assert_eq!(connection.after(1), Verdict::Cut);
    }

    #[test]
    fn a_head_that_drips_is_cut_the_first_and_a_later_one() {
        let mut connection = Connection::new();
        connection.activity.note_read();
        assert_eq!(connection.after(5), Verdict::Keep);
        connection.activity.note_read();
        assert_eq!(connection.after(5), Verdict::Cut);

        let mut connection = Connection::new();
        connection.request(false);
        assert_eq!(connection.after(5), Verdict::Keep);
        for verdict in [Verdict::Keep, Verdict::Keep, Verdict::Cut] {
            connection.activity.note_read();
            assert_eq!(connection.after(5), verdict);
        }
    }

    #[test]
    fn a_busy_connection_is_kept_although_each_look_finds_half_a_head() {
        let mut connection = Connection::new();
        for _ in 0..100 {
            connection.request(false);
            connection.activity.note_read();
            assert_eq!(connection.after(5), Verdict::Keep);
        }
    }

    #[test]
    fn an_idle_connection_is_asked_to_go_and_cut_if_it_stays() {
        for multiplexed in [false, true] {
            let mut connection = Connection::new();
            connection.request(multiplexed);
            assert_eq!(connection.after(5), Verdict::Keep);
            assert_eq!(connection.after(59), Verdict::Keep);
            assert_eq!(connection.after(1), Verdict::Retire);
            assert_eq!(connection.after(9), Verdict::Keep);
            assert_eq!(connection.after(1), Verdict::Cut);
        }
    }

    #[test]
    fn pings_between_requests_are_no_half_head() {
        let mut connection = Connection::new();
        connection.request(true);
        for _ in 0..20 {
            connection.activity.note_read();
            assert_eq!(connection.after(5), Verdict::Keep);
        }
    }

    #[test]
    fn a_connection_that_does_not_read_its_answer_is_cut_and_one_that_reads_slowly_is_kept() {
        let mut connection = Connection::new();
        connection.activity.note_read();
        let request = connection.activity.begin(true);
        for _ in 0..100 {
            connection.activity.note_write();
            connection.activity.note_full();
            assert_eq!(connection.after(25), Verdict::Keep);
        }
        drop(request);
        assert_eq!(connection.after(5), Verdict::Keep);
        assert_eq!(connection.after(24), Verdict::Keep);
        assert_eq!(connection.after(1), Verdict::Cut);
    }

    #[test]
    fn a_request_that_is_being_served_is_left_alone() {
        let mut connection = Connection::new();
        connection.activity.note_read();
        let request = connection.activity.begin(false);
        assert_eq!(connection.after(300), Verdict::Keep);
        drop(request);
        assert_eq!(connection.after(5), Verdict::Keep);
        assert_eq!(connection.after(60), Verdict::Retire);
    }
}
