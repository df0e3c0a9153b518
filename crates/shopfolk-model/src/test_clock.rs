//! The clock by which the retries of a store go: that of the system, which tests can advance.

use std::time::Duration;

use crate::Timestamp;

/// So far ahead of the system's a clock can be: a year.
pub const MOST_AHEAD: Duration = Duration::from_hours(366 * 24);

/// The clock would be too far ahead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the clock of a store can be at most 366 days ahead")]
pub struct ClockTooFarAhead;

/// By how much the clock of a store is ahead of the system's. It goes to where it is to be from one delivery that is due to
/// the next, so that each is tried at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TestClock {
    /// So many seconds ahead it is.
    pub ahead: u32,
    /// So many seconds ahead it is to be.
    pub goal: u32,
}

impl TestClock {
    /// The clock that is so many seconds ahead, and is to be so many ahead.
    ///
    /// # Errors
    /// When it is further than it is to be, or that is more than [`MOST_AHEAD`].
    pub const fn new(ahead: u32, goal: u32) -> Result<Self, ClockTooFarAhead> {
        if ahead > goal || goal as u64 > MOST_AHEAD.as_secs() {
            return Err(ClockTooFarAhead);
        }
        Ok(Self { ahead, goal })
    }

    /// What time it is by this clock, when the system has that time.
    #[must_use]
    pub fn time(self, system: Timestamp) -> Timestamp {
        let seconds = system.unix_seconds().saturating_add(self.ahead.into());
        Timestamp::from_unix_seconds(seconds).unwrap_or(Timestamp::MAXIMUM)
    }

    /// Whether it is where it is to be.
    pub const fn stands(self) -> bool {
        self.ahead >= self.goal
    }

    /// The clock that is to be ahead by so much more.
    ///
    /// # Errors
    /// When that is more than [`MOST_AHEAD`].
    pub fn advanced_by(self, duration: Duration) -> Result<Self, ClockTooFarAhead> {
        let goal = Duration::from_secs(self.goal.into()).saturating_add(duration);
        let goal = u32::try_from(goal.as_secs()).map_err(|_| ClockTooFarAhead)?;
        Self::new(self.ahead, goal)
    }

    /// The clock as it is when it went on to the next delivery that is due, or to where it is to be. `None` while something
    /// is due already, or there is nowhere to go.
    pub fn next(self, system: Timestamp, earliest_due: Option<Timestamp>) -> Option<Self> {
        if self.stands() {
            return None;
        }
        let wait = |due: Timestamp| due.unix_seconds() - self.time(system).unix_seconds();
        let step = earliest_due.map_or(i64::MAX, wait);
        if step <= 0 {
            return None;
        }
        let left = self.goal - self.ahead;
        let step = u32::try_from(step).map_or(left, |step| step.min(left));
        Some(Self { ahead: self.ahead + step, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    #[test]
    fn a_clock_goes_from_one_delivery_to_the_next_until_it_is_where_it_is_to_be() {
        let clock = TestClock::default().advanced_by(Duration::from_secs(100)).unwrap();
        assert_eq!(clock.next(at(1_000), Some(at(1_000))), None, "something is due");
        let clock = clock.next(at(1_000), Some(at(1_060))).unwrap();
        assert_eq!((clock.ahead, clock.time(at(1_000))), (60, at(1_060)));
        let clock = clock.next(at(1_001), Some(at(1_500))).unwrap();
        assert_eq!((clock.ahead, clock.stands()), (100, true));
        assert_eq!(clock.next(at(1_002), Some(at(1_500))), None);
        assert_eq!(TestClock { ahead: 0, goal: 5 }.next(at(1), None), Some(TestClock { ahead: 5, goal: 5 }));
    }

    #[test]
    fn a_clock_can_be_a_year_ahead_at_the_most() {
        let year = TestClock::default().advanced_by(MOST_AHEAD).unwrap();
        assert_eq!(year.advanced_by(Duration::from_secs(1)), Err(ClockTooFarAhead));
    }
}
