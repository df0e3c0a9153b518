//! What the engine measures of itself: the names of the metrics and what they mean.

pub(crate) const COMMIT_BATCH_SIZE: &str = "shopfolk_commit_batch_size";
pub(crate) const COMMIT_DURATION: &str = "shopfolk_commit_duration_seconds";
pub(crate) const WRITE_QUEUE_DEPTH: &str = "shopfolk_write_queue_depth";
pub(crate) const RECENT_CONTACTS: &str = "shopfolk_recent_contacts";
pub(crate) const PORTIONS_WAITING: &str = "shopfolk_portions_waiting";
pub(crate) const LONG_READS_WAITING: &str = "shopfolk_long_reads_waiting";

/// Describes the metrics.
pub(crate) fn describe() {
    metrics::describe_histogram!(COMMIT_BATCH_SIZE, "Writes that shared a commit.");
    metrics::describe_histogram!(COMMIT_DURATION, "Seconds that a commit took, its fsync included.");
    metrics::describe_gauge!(WRITE_QUEUE_DEPTH, "Writes that wait.");
    metrics::describe_gauge!(
        RECENT_CONTACTS,
        "Created contacts that have not settled beside their customer's others yet."
    );
    metrics::describe_gauge!(
        PORTIONS_WAITING,
        "Portions of mass changes and the like that wait for their turn."
    );
    metrics::describe_gauge!(LONG_READS_WAITING, "Long reads, such as searches, that wait for their turn.");
    for name in [WRITE_QUEUE_DEPTH, RECENT_CONTACTS, PORTIONS_WAITING, LONG_READS_WAITING] {
        set(name, 0);
    }
}

/// Sets a gauge.
pub(crate) fn set(name: &'static str, count: usize) {
    metrics::gauge!(name).set(as_metric(count));
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a floating-point number by its nature")]
pub(crate) fn as_metric(count: usize) -> f64 {
    count as f64
}
