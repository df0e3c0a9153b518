//! What a node measures of itself: the names of the metrics, what they mean, and the labels they can have.

use crate::failure::ConflictReason;

pub(crate) const CONNECTIONS: &str = "shopfolk_postgres_connections";
pub(crate) const CONNECTIONS_IDLE: &str = "shopfolk_postgres_connections_idle";
pub(crate) const WAITING: &str = "shopfolk_postgres_waiting";
const RETRIES: &str = "shopfolk_postgres_retries_total";
const LOST_COMMITS: &str = "shopfolk_postgres_lost_commits_total";

/// Why a transaction was run again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RetryReason {
    Conflict(ConflictReason),
    Connection,
    Statements,
}

impl RetryReason {
    const ALL: [Self; 6] = [
        Self::Conflict(ConflictReason::Serialization),
        Self::Conflict(ConflictReason::Deadlock),
        Self::Conflict(ConflictReason::Unique),
        Self::Conflict(ConflictReason::Gone),
        Self::Connection,
        Self::Statements,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Conflict(ConflictReason::Serialization) => "serialization",
            Self::Conflict(ConflictReason::Deadlock) => "deadlock",
            Self::Conflict(ConflictReason::Unique) => "unique",
            Self::Conflict(ConflictReason::Gone) => "gone",
            Self::Connection => "connection",
            Self::Statements => "statements",
        }
    }
}

/// A transaction is run again.
pub(crate) fn count_retry(reason: RetryReason) {
    metrics::counter!(RETRIES, "reason" => reason.name()).increment(1);
}

/// What became of a commit whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LostCommit {
    Committed,
    NotCommitted,
}

impl LostCommit {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::NotCommitted => "not_committed",
        }
    }
}

/// It was found out what became of a commit.
pub(crate) fn count_lost_commit(outcome: LostCommit) {
    metrics::counter!(LOST_COMMITS, "outcome" => outcome.name()).increment(1);
}

/// Describes the metrics, and shows every counter with 0: a rate over one that appears with 1 would miss that one.
pub(crate) fn describe() {
    metrics::describe_gauge!(CONNECTIONS, "Connections to the database.");
    metrics::describe_gauge!(CONNECTIONS_IDLE, "Connections to the database without work.");
    metrics::describe_gauge!(WAITING, "Calls that wait for a connection to the database.");
    metrics::describe_counter!(RETRIES, "Transactions that were run again, by what was in their way.");
    metrics::describe_counter!(LOST_COMMITS, "Commits whose answer was lost, by what became of them.");
    for name in [CONNECTIONS, CONNECTIONS_IDLE, WAITING] {
        metrics::gauge!(name).set(0.0);
    }
    for reason in RetryReason::ALL {
        metrics::counter!(RETRIES, "reason" => reason.name()).increment(0);
    }
    for outcome in [LostCommit::Committed, LostCommit::NotCommitted] {
        metrics::counter!(LOST_COMMITS, "outcome" => outcome.name()).increment(0);
    }
}
