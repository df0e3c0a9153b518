//! What can go wrong in a database.

use std::error::Error;
use std::sync::Arc;

use crate::Damage;

impl StoreError {
    /// The storage is about to end.
    pub const CLOSED: Self = Self::Unavailable { reason: "it is shutting down" };
    /// More wait for the storage than it lets wait.
    pub const NO_ROOM: Self = Self::Unavailable { reason: "too many calls are waiting for it" };
}

/// A fault of the storage. None of these is the caller's doing, except [`StoreError::Conflict`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The storage cannot take the call now: its queue is full or it is shutting down. Nothing was changed; trying
    /// again later is right.
    #[error("the storage cannot take the call now: {reason}")]
    Unavailable {
        /// What it lacks.
        reason: &'static str,
    },
    /// What the database lies on does not work now: it is full, read-only, broken or gone. Nothing was changed; trying
    /// again is right when that is over.
    #[error("{reason}")]
    Disk {
        /// What is wrong with it.
        reason: &'static str,
        /// The engine's own error.
        #[source]
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The database was lost, or its disk failed, while the change was committed, and it could not be found out in time
    /// whether the change was done. The caller has to look.
    #[error("the database failed during the commit, and whether the change was done could not be found out")]
    OutcomeUnknown,
    /// A uniqueness rule of the database was about to be broken, although the operation looked before it wrote.
    #[error("the write conflicts with what is there: {rule}")]
    Conflict {
        /// The table or index that refused.
        rule: String,
    },
    /// A row holds what cannot be in it.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A counter of ids has come to its end.
    #[error("no id is left for a new {kind}")]
    OutOfIds {
        /// What wanted an id.
        kind: &'static str,
    },
    /// The database failed.
    #[error("the database failed while it was to {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The engine's own error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
