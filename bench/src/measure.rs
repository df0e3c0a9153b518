//! One measured round: start a contender, warm it up, load it, stop it, and see that it stored what it answered.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::Pace;
use crate::contender::Contender;
use crate::load::{Load, Outcome};
use crate::machine::busy_share;

/// What one round measured. Memory is in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Round {
    /// What was measured, the column of the report.
    pub subject: String,
    /// The number of the round, from 1.
    pub number: u32,
    /// The share of the processors that other programs kept busy right before the round.
    pub busy_before: f64,
    /// Contacts in the database before the warm-up.
    pub rows_before: u64,
    /// Contacts in the database at the end.
    pub rows_after: u64,
    /// What the load came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The most memory that the server held since it was started for this round.
    pub peak_memory: u64,
    /// The memory that it held right after the load.
    pub memory: u64,
    /// Processor time of the server a request, in microseconds.
    pub processor_microseconds: f64,
    /// Bytes that the server wrote to storage a request.
    pub written: f64,
}

/// Measures one round of a contender.
///
/// # Errors
/// When the server fails, a request was refused or lost, or the database does not hold every contact that was
/// answered.
#[allow(clippy::cast_precision_loss, reason = "counts of a run that takes seconds")]
pub fn measure(
    contender: &mut Contender,
    subject: &str,
    load: &Load,
    pace: &Pace,
    number: u32,
) -> Result<Round> {
    let rows_before = contender.rows()?;
    settle_disk()?;
    let busy_before = busy_share();
    if busy_before > 0.1 {
        eprintln!("other programs keep {:.0} % of the processors busy: close them", busy_before * 100.0);
    }
    let server = contender.start()?;
    let warm_up = load.run(contender, &server, pace.warm_up)?;
    let before = server.usage()?;
    let outcome = load.run(contender, &server, pace.seconds)?;
    let after = server.usage()?;
    server.stop().with_context(|| format!("{subject} did not stop as it should"))?;
    let rows_after = contender.rows()?;
    if contender.database.is_some() {
        let stored = rows_after.saturating_sub(rows_before);
        check_stored(stored, warm_up.requests + outcome.requests, load.in_flight())
            .with_context(|| format!("{subject} lost or invented contacts"))?;
    }
    let requests = outcome.requests as f64;
    let result = Round {
        subject: subject.to_owned(),
        number,
        busy_before,
        rows_before,
        rows_after,
        outcome,
        peak_memory: after.peak_memory,
        memory: after.memory,
        processor_microseconds: (after.processor_seconds - before.processor_seconds) * 1e6 / requests,
        written: (after.written - before.written) as f64 / requests,
    };
    eprintln!(
        "round {number}, {subject}: {:.0} requests/s, p99 {:.1} ms, {} contacts",
        outcome.rate(),
        outcome.p99 as f64 / 1e3,
        rows_after
    );
    Ok(result)
}

/// Every answered create made one row. There may be more: those on their way when each of the two loads ended, and the
/// one that tries the server after its start.
pub fn check_stored(stored: u64, answered: u64, in_flight: u64) -> Result<()> {
    let most = answered + 2 * in_flight + 1;
    ensure!(
        (answered..=most).contains(&stored),
        "{answered} creates were answered, {stored} contacts were stored"
    );
    Ok(())
}

/// Waits until what the contender before has written is on disk, so that it does not slow down this one.
pub fn settle_disk() -> Result<()> {
    let status = Command::new("sync").status().context("cannot run sync")?;
    ensure!(status.success(), "sync failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_stored;

    #[test]
    fn every_answered_create_must_be_stored() {
        assert!(check_stored(100, 100, 8).is_ok());
        assert!(check_stored(117, 100, 8).is_ok(), "those on their way at the end were stored too");
        assert!(check_stored(99, 100, 8).is_err());
        assert!(check_stored(118, 100, 8).is_err());
    }
}
