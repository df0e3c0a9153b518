//! What went wrong in the database, and what follows from it.

use std::error::Error;

use shopfolk_store::{IdKind, StoreError};
use tokio_postgres::error::SqlState;

/// What went wrong, and what follows from it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another transaction was in the way and nothing was changed: the operation is run again.
    Conflict { reason: ConflictReason, error: StoreError },
    /// The connection or the server is gone, or no longer the one that writes: the operation is run again on another
    /// connection, if nothing was committed.
    Lost { error: StoreError },
    /// The pooler gave this session to somebody else meanwhile, so the statements that were prepared are not there: the
    /// operation is run again without any.
    StatementsLost { error: StoreError },
    /// No reserved id is left, and none may be reserved while the transaction is open: the operation is run again when
    /// there is one.
    NoIds { kind: IdKind, wanted: WantedIds },
    /// Running it again would lead to the same.
    Final { error: StoreError },
}

pub(crate) const NO_IDS: StoreError = StoreError::Unavailable { reason: "no ids could be reserved" };

/// Which ids have to be reserved.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WantedIds {
    /// The next ones, so many.
    Next(usize),
    /// Those up to this one, which come from outside.
    UpTo(i64),
}

/// Which kind of conflict it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConflictReason {
    Serialization,
    Deadlock,
    Unique,
    /// Rows that were just read are no longer there.
    Gone,
}

impl Failure {
    /// Judges an error of the database; `doing` says what was being done.
    pub(crate) fn of(doing: &'static str, error: tokio_postgres::Error) -> Self {
        let state = error.code().cloned();
        let constraint = error.as_db_error().and_then(|error| error.constraint().map(str::to_owned));
        let has_input_output_cause = error.source().is_some_and(<dyn Error>::is::<std::io::Error>);
        let gone = error.is_closed() || (state.is_none() && has_input_output_cause);
        let failed = || StoreError::Database { doing, source: error.into() };
        let Some(state) = state else {
            return if gone { Self::Lost { error: failed() } } else { Self::Final { error: failed() } };
        };
        match state {
            SqlState::T_R_SERIALIZATION_FAILURE => {
                Self::Conflict { reason: ConflictReason::Serialization, error: failed() }
            }
            SqlState::T_R_DEADLOCK_DETECTED => {
                Self::Conflict { reason: ConflictReason::Deadlock, error: failed() }
            }
            SqlState::UNIQUE_VIOLATION => {
                let rule = constraint.unwrap_or_else(|| "a unique index".to_owned());
                Self::Conflict { reason: ConflictReason::Unique, error: StoreError::Conflict { rule } }
            }
            SqlState::LOCK_NOT_AVAILABLE => {
                let reason = "another write holds what this one needs";
                Self::Final { error: StoreError::Unavailable { reason } }
            }
            SqlState::QUERY_CANCELED => {
                Self::Final { error: StoreError::Unavailable { reason: "the database took too long" } }
            }
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                Self::StatementsLost { error: failed() }
            }
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Lost { error: failed() },
            // Connections between the server, a pooler and the workers of Citus.
            state if state.code().starts_with("08") => Self::Lost { error: failed() },
            _ => Self::Final { error: failed() },
        }
    }

    /// What the caller is told when it is not tried again.
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Conflict { error, .. }
            | Self::Lost { error }
            | Self::StatementsLost { error }
            | Self::Final { error } => error,
            Self::NoIds { .. } => NO_IDS,
        }
    }
}

/// A function that says what was being done when the database failed.
pub(crate) fn doing(what: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError {
    move |error| Failure::of(what, error).into_error()
}
