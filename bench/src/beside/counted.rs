//! What becomes of the requests of a burden.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use http::StatusCode;
use serde::Serialize;

/// Counts what becomes of the requests of a burden.
#[derive(Debug, Default)]
pub(super) struct Counted {
    answered: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

/// What became of the requests of a burden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Answered with success.
    answered: u64,
    /// Answered with another status.
    refused: u64,
    /// Not answered.
    failed: u64,
}

impl Counts {
    /// How many came to an end, in whatever way.
    pub(super) fn ended(self) -> u64 {
        self.answered + self.refused + self.failed
    }
}

impl Counted {
    /// What was counted so far; then it begins anew.
    pub(super) fn take(&self) -> Counts {
        let [answered, refused, failed] =
            [&self.answered, &self.refused, &self.failed].map(|count| count.swap(0, Ordering::Relaxed));
        Counts { answered, refused, failed }
    }

    /// Counts one by what became of it.
    pub(super) fn add(&self, outcome: &Result<StatusCode>) {
        let count = match outcome {
            Ok(status) if status.is_success() => &self.answered,
            Ok(_) => &self.refused,
            Err(_) => &self.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use http::StatusCode;

    use super::{Counted, Counts};

    #[test]
    fn what_became_of_requests_is_counted() {
        let counted = Counted::default();
        counted.add(&Ok(StatusCode::OK));
        counted.add(&Ok(StatusCode::SERVICE_UNAVAILABLE));
        counted.add(&Err(anyhow!("closed")));
        assert_eq!(counted.take(), Counts { answered: 1, refused: 1, failed: 1 });
        assert_eq!(counted.take().ended(), 0);
    }
}
