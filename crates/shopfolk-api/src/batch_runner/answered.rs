//! What became of a request of a batch.

use std::time::Duration;

/// What became of a request.
pub(super) enum Answered {
    /// It was answered with a 2xx, which is kept.
    Success,
    /// It was answered with anything else, which is kept.
    Failure,
    /// It is to be tried again after a while.
    TryAgain,
    /// The token has no requests left for so long.
    Limited(Duration),
    /// The token is gone.
    NoToken,
    /// The store is suspended.
    Suspended,
    /// The server is about to end.
    ServerEnds,
}
