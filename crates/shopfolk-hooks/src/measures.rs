//! What is measured of webhooks.

use std::time::Duration;

use crate::{Answer, SendFailure};

const ATTEMPTS: &str = "shopfolk_webhook_attempts_total";
/// How long receivers took, in seconds.
pub const ANSWER_DURATION: &str = "shopfolk_webhook_answer_duration_seconds";

const OUTCOMES: [&str; 5] = ["delivered", "refused", "no_answer", "no_connection", "not_sent"];

/// Says what is measured.
pub(crate) fn describe() {
    metrics::describe_counter!(ATTEMPTS, "Tries to deliver an event to an app, by outcome.");
    metrics::describe_histogram!(
        ANSWER_DURATION,
        metrics::Unit::Seconds,
        "Time from a webhook to its answer, or to the end of the wait for it."
    );
    for outcome in OUTCOMES {
        metrics::counter!(ATTEMPTS, "outcome" => outcome).increment(0);
    }
}

/// Counts a try.
pub(crate) fn count_attempt(answer: &Result<Answer, SendFailure>, took: Duration) {
    let [delivered, refused, no_answer, no_connection, not_sent] = OUTCOMES;
    let outcome = match answer {
        Ok(answer) if answer.is_delivered() => delivered,
        Ok(_) => refused,
        Err(SendFailure::AnswerTimeout(_) | SendFailure::Broken(_) | SendFailure::Late { .. }) => no_answer,
        Err(SendFailure::Unreachable(_) | SendFailure::ConnectTimeout(_)) => no_connection,
        Err(SendFailure::Url(_) | SendFailure::Header(_) | SendFailure::Dropped) => not_sent,
    };
    metrics::counter!(ATTEMPTS, "outcome" => outcome).increment(1);
    metrics::histogram!(ANSWER_DURATION).record(took);
}
