//! `shopfolk check`: what is wrong with a database.

use std::process::ExitCode;
use std::sync::mpsc;

use anyhow::{Context, Result};
use shopfolk_store::{Engine, Invariant};

use crate::database::{DatabaseUrl, Purpose};
use crate::output;

/// Verifies the database and names each violation.
///
/// # Errors
/// When the database cannot be read, or stdout takes nothing.
pub(crate) fn run(database: &DatabaseUrl) -> Result<ExitCode> {
    let found = database.with(Purpose::Use, |engine| async move { check(&engine).await })?;
    if found.is_empty() {
        output::note(&format!("{database}: everything holds"));
        return Ok(ExitCode::SUCCESS);
    }
    let violations = format!("{} violation{}", found.len(), if found.len() == 1 { "" } else { "s" });
    let way_out = if found.iter().all(|&invariant| invariant == Invariant::SearchesWhole) {
        "'shopfolk rebuild' makes what searches look through anew, while a server runs"
    } else {
        "keep a copy of the database as it is; 'Checking a database' in docs/operations.md names the way out of each"
    };
    output::note(&format!("{database}: {violations}; {way_out}"));
    Ok(ExitCode::FAILURE)
}

/// What does not hold, once for each violation.
async fn check(engine: &impl Engine) -> Result<Vec<Invariant>> {
    let (failed, failures) = mpsc::channel();
    let (found, violations) = mpsc::channel();
    // Each is printed as it is found: there can be many, and the check can take long.
    let report = move |violation: shopfolk_store::Violation| {
        let printed = output::print(&violation.to_string());
        // Both receivers live until the check is over.
        let _ = match printed {
            Ok(()) => found.send(violation.invariant).ok(),
            Err(error) => failed.send(error).ok(),
        };
    };
    engine.check(report).await.context("cannot check the database")?;
    match failures.try_recv() {
        Ok(error) => Err(error),
        Err(_) => Ok(violations.iter().collect()),
    }
}
