//! The writer's commits, and the time between them.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Who has the log for itself: the writer, for a commit, or the checkpoint thread, between two of them. The one that waits
/// comes next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Commits(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// How many were made, or tried.
    count: Mutex<u64>,
    made: Condvar,
}

impl Commits {
    /// Makes a commit.
    pub(crate) fn make<T>(&self, commit: impl FnOnce() -> T) -> T {
        let mut count = self.0.count.lock();
        let outcome = commit();
        *count += 1;
        MutexGuard::unlock_fair(count);
        self.0.made.notify_one();
        outcome
    }

    /// Does something between two commits, and answers how many there were before.
    pub(crate) fn between<T>(&self, work: impl FnOnce() -> T) -> (T, u64) {
        let count = self.0.count.lock();
        let outcome = work();
        let before = *count;
        MutexGuard::unlock_fair(count);
        (outcome, before)
    }

    /// Waits for another commit than these, and says whether one came. Only the time in which nobody commits counts.
    pub(crate) fn wait_for_next(&self, before: u64, longest: Duration) -> bool {
        let mut count = self.0.count.lock();
        self.0.made.wait_while_for(&mut count, |count| *count == before, longest);
        *count != before
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn a_commit_that_is_being_made_is_waited_for_however_long_it_takes() {
        let commits = Commits::default();
        let ((), before) = commits.between(|| ());
        let (begun, begins) = bounded(1);
        let (go_on, goes_on) = bounded(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                commits.make(|| {
                    begun.send(()).unwrap();
                    goes_on.recv().unwrap();
                });
            });
            begins.recv().unwrap();
            let waits = scope.spawn(|| commits.wait_for_next(before, Duration::ZERO));
            go_on.send(()).unwrap();
            assert!(waits.join().unwrap());
        });
    }

    #[test]
    fn a_commit_that_does_not_come_is_not_waited_for() {
        let commits = Commits::default();
        commits.make(|| ());
        let ((), before) = commits.between(|| ());
        assert!(!commits.wait_for_next(before, Duration::ZERO));
    }
}
