//! A pause between searches, in which the log can begin anew.
//!
//! SQLite writes the log from its beginning again only at a moment when nobody reads what is in it. Reads of single
//! customers leave such moments all the time; searches that follow one another without a gap leave none, and the log would
//! grow as long as they go on. Waiting for them would stop the writer, so the searches wait instead: some milliseconds, when
//! the log has become long.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// A search that takes longer than this is not waited for: the others would wait with it.
const LONGEST: Duration = Duration::from_millis(200);

/// The searches that run, and whether others may begin.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    paused: bool,
}

/// No search runs, and none begins, until this is dropped.
#[derive(Debug)]
pub(crate) struct Pause<'a>(&'a Searches);

/// A search runs until this is dropped.
struct Running<'a>(&'a Searches);

impl Searches {
    /// Runs a search, after the pause if there is one.
    pub(crate) fn run<T>(&self, search: impl FnOnce() -> T) -> T {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |state| state.paused);
        state.running += 1;
        drop(state);
        let _running = Running(self);
        search()
    }

    /// Has no other search begin, and waits until those that run have ended; `None` when one of them takes too long.
    pub(crate) fn pause(&self) -> Option<Pause<'_>> {
        self.pause_until(Instant::now() + LONGEST)
    }

    fn pause_until(&self, last: Instant) -> Option<Pause<'_>> {
        let mut state = self.state.lock();
        state.paused = true;
        let pause = Pause(self);
        let waited = self.changed.wait_while_until(&mut state, |state| state.running > 0, last);
        drop(state);
        (!waited.timed_out()).then_some(pause)
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.state.lock().paused = false;
        self.0.changed.notify_all();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state.lock().running -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_pause_begins_when_the_searches_that_run_have_ended_and_others_wait_for_its_end() {
        let searches = Searches::default();
        let ended = AtomicBool::new(false);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let running = scope.spawn(|| {
                searches.run(|| {
                    while !searches.state.lock().paused {
                        thread::yield_now();
                    }
                    ended.store(true, Ordering::Relaxed);
                });
            });
            while searches.state.lock().running == 0 {
                thread::yield_now();
            }
            let pause = searches.pause_until(Instant::now() + Duration::from_mins(1)).unwrap();
            assert!(ended.load(Ordering::Relaxed));
            running.join().unwrap();
            let waiting = scope.spawn(|| searches.run(|| assert!(over.load(Ordering::Relaxed))));
            over.store(true, Ordering::Relaxed);
            drop(pause);
            waiting.join().unwrap();
        });
    }

    #[test]
    fn a_search_that_takes_too_long_is_not_waited_for() {
        let searches = Searches::default();
        searches.run(|| assert!(searches.pause_until(Instant::now()).is_none()));
        searches.run(|| ());
    }

    #[test]
    fn a_search_that_panics_has_ended() {
        let searches = Searches::default();
        thread::scope(|scope| assert!(scope.spawn(|| searches.run(|| panic!("it"))).join().is_err()));
        assert!(searches.pause_until(Instant::now()).is_some());
    }
}
