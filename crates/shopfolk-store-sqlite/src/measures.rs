//! What the engine measures of itself: the names of the metrics and what they mean.

pub(crate) const COMMIT_BATCH_SIZE: &str = "shopfolk_commit_batch_size";
pub(crate) const COMMIT_DURATION: &str = "shopfolk_commit_duration_seconds";
pub(crate) const WRITE_QUEUE_DEPTH: &str = "shopfolk_write_queue_depth";
pub(crate) const RECENT_CONTACTS: &str = "shopfolk_recent_contacts";

/// Describes the metrics.
pub(crate) fn describe() {
    metrics::describe_histogram!(COMMIT_BATCH_SIZE, "Writes that shared a commit.");
    metrics::describe_histogram!(COMMIT_DURATION, "Seconds that a commit took, its fsync included.");
    metrics::describe_gauge!(WRITE_QUEUE_DEPTH, "Writes that wait.");
    metrics::describe_gauge!(
        RECENT_CONTACTS,
        "Created contacts that have not settled beside their customer's others yet."
    );
    for name in [WRITE_QUEUE_DEPTH, RECENT_CONTACTS] {
        metrics::gauge!(name).set(0.0);
    }
}
