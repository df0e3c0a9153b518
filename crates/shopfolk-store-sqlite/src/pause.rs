//! A pause between searches, in which the log can begin anew.
//!
//! SQLite writes the log from its beginning again only at a moment when nobody reads what is in it. Reads of single
//! customers leave such moments all the time; searches that follow one another without a gap leave none, and the log would
//! grow as long as they go on. Waiting for them would stop the writer, so the searches wait instead: some milliseconds, when
//! the log has become long.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// No search waits longer than this: whoever else reads the log may take much longer.
const LONGEST: Duration = Duration::from_millis(200);

/// Where searches wait.
#[derive(Debug, Default)]
pub(crate) struct SearchPause {
    /// When the pause ends at the latest, while there is one.
    until: Mutex<Option<Instant>>,
    ended: Condvar,
}

impl SearchPause {
    /// No more searches begin.
    pub(crate) fn begin(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + LONGEST);
    }

    /// Searches may begin again.
    pub(crate) fn end(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.ended.notify_all();
    }

    /// Waits for the end of the pause, if there is one.
    pub(crate) fn wait(&self) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(left) = until.and_then(|until| until.checked_duration_since(Instant::now())) {
            until = self.ended.wait_timeout(until, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_search_waits_for_the_end_of_a_pause() {
        let pause = SearchPause::default();
        pause.wait();
        pause.begin();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| pause.wait());
            pause.end();
            waiting.join().unwrap();
        });
        pause.wait();
    }

    #[test]
    fn a_pause_that_nobody_ends_ends_by_itself() {
        let pause = SearchPause::default();
        pause.begin();
        pause.wait();
        assert!(pause.until.lock().unwrap().is_some_and(|until| until <= Instant::now()));
    }
}
