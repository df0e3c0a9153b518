//! How much a unit of work may take before others have their turn.

use std::time::Duration;

/// How much a portion of a walk has at the most, whichever is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many rows with an id, or that hang on one.
    pub rows: usize,
    /// How long others may wait for it, where they wait.
    pub time: Duration,
}

/// The budget of every portion of every walk: searches, imports, mass changes, deletions, copies. Each is a transaction, and
/// others are served between them.
pub const BUDGET: Budget = Budget { rows: 500, time: Duration::from_millis(10) };

/// How many rows a portion has at the most.
pub const PORTION: usize = BUDGET.rows;

/// How large the next portion of a walk is: it follows from how long others waited for the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    rows: usize,
}

impl Default for Pace {
    /// The pace of a walk that begins: what a slow machine does in time.
    fn default() -> Self {
        Self { rows: 64 }
    }
}

impl Pace {
    /// How many rows the next portion has at the most, one at least.
    pub const fn rows(self) -> usize {
        self.rows
    }

    /// Says how long others had to wait for the last portion. The next one is as large as would have been right, but no more
    /// than twice as large.
    pub fn took(&mut self, time: Duration) {
        let right = self.rows as u128 * BUDGET.time.as_nanos() / time.as_nanos().max(1);
        let right = usize::try_from(right).unwrap_or(usize::MAX);
        self.rows = right.min(self.rows * 2).clamp(1, BUDGET.rows);
    }

    /// Says that the last portion could not be done because others changed the same rows: the next one is a quarter of it.
    /// Answers whether that is any smaller.
    pub fn shrink(&mut self) -> bool {
        let before = self.rows;
        self.rows = (before / 4).max(1);
        self.rows < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_follows_how_long_others_waited() {
        let mut pace = Pace::default();
        pace.took(Duration::from_millis(80));
        assert_eq!(pace.rows(), 8);
        pace.took(Duration::from_millis(5));
        assert_eq!(pace.rows(), 16);
        pace.took(Duration::from_millis(10));
        assert_eq!(pace.rows(), 16);
    }

    #[test]
    fn pace_grows_to_twice_as_much_at_once_and_to_the_budget_at_the_most() {
        let mut pace = Pace::default();
        let sizes: Vec<usize> = (0..5)
            .map(|_| {
                pace.took(Duration::ZERO);
                pace.rows()
            })
            .collect();
        assert_eq!(sizes, [128, 256, 500, 500, 500]);
    }

    #[test]
    fn portion_has_one_row_however_long_it_takes() {
        let mut pace = Pace::default();
        pace.took(Duration::from_hours(1));
        assert_eq!(pace.rows(), 1);
        assert!(!pace.shrink());
        pace.took(Duration::ZERO);
        assert_eq!(pace.rows(), 2);
    }
}
