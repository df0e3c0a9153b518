//! How a command that writes much leaves the file to others, such as the server whose file it is.
//!
//! One process writes at a time, and the others look every millisecond whether they may ([`crate::connection`]). A command that
//! begins its next commit as soon as the last one is made would leave them hardly a moment to find.

use std::thread;
use std::time::{Duration, Instant};

/// How long is worked without a moment for others, who may wait to write for the first time.
const WITHOUT_A_MOMENT: Duration = Duration::from_millis(50);
/// A moment in which others find the file free.
const MOMENT: Duration = Duration::from_millis(2);

/// For how long the file is held and left.
#[derive(Debug, Default)]
pub(crate) struct GiveWay {
    /// When the commit was begun that is being made.
    began: Option<Instant>,
    /// How long the file was held since others had a moment.
    held: Duration,
}

impl GiveWay {
    /// A commit begins: others wait from now on.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.began = Some(now);
    }

    /// The commit is made, or not: leaves the file to others for as long as they are to have it.
    pub(crate) fn after_commit(&mut self, now: Instant, others_write: bool) {
        let pause = self.pause_after(now, others_write);
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }

    /// Three fifths of the time are those of others who write; where nobody does, there is a moment now and then.
    fn pause_after(&mut self, now: Instant, others_write: bool) -> Duration {
        let Some(began) = self.began.take() else { return Duration::ZERO };
        self.held += now.duration_since(began);
        if others_write {
            (std::mem::take(&mut self.held) * 3 / 2).max(MOMENT)
        } else if self.held >= WITHOUT_A_MOMENT {
            self.held = Duration::ZERO;
            MOMENT
        } else {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a commit that takes so long, and answers the pause after it.
    fn commit(give_way: &mut GiveWay, takes: Duration, others_write: bool) -> Duration {
        let began = Instant::now();
        give_way.begin(began);
        give_way.pause_after(began + takes, others_write)
    }

    #[test]
    fn others_who_write_have_more_time_than_the_command() {
        let mut give_way = GiveWay::default();
        let takes = Duration::from_millis(10);
        assert_eq!(commit(&mut give_way, takes, true), Duration::from_millis(15));
        assert_eq!(commit(&mut give_way, Duration::from_micros(1), true), MOMENT);
    }

    #[test]
    fn command_that_writes_alone_stops_for_a_moment_now_and_then() {
        let mut give_way = GiveWay::default();
        let pauses: Vec<_> =
            (0..10).map(|_| commit(&mut give_way, Duration::from_millis(10), false)).collect();
        let [.., last] = pauses[..5] else { panic!("ten commits") };
        assert_eq!((pauses[..4].iter().sum::<Duration>(), last), (Duration::ZERO, MOMENT));
        assert_eq!(pauses[5..], pauses[..5]);
    }
}
