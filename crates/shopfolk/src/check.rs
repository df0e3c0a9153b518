//! `shopfolk check`: what is wrong with a database.

use std::process::ExitCode;
use std::sync::mpsc;

use anyhow::{Context, Result};
use shopfolk_store::Engine;

use crate::database::{DatabaseUrl, Purpose};
use crate::output;

/// Verifies the database and names each violation.
///
/// # Errors
/// When the database cannot be read, or stdout takes nothing.
pub(crate) fn run(database: &DatabaseUrl) -> Result<ExitCode> {
    let violations = database.with(Purpose::Use, |engine| async move { check(&engine).await })?;
    if violations == 0 {
        output::note(&format!("{database}: everything holds"));
        return Ok(ExitCode::SUCCESS);
    }
    output::note(&format!(
        "{database}: {violations} violation{}; keep a copy of the file and its -wal, and restore the last good backup",
        if violations == 1 { "" } else { "s" }
    ));
    Ok(ExitCode::FAILURE)
}

async fn check(engine: &impl Engine) -> Result<u64> {
    let (failed, failures) = mpsc::channel();
    let (found, violations) = mpsc::channel();
    // Each is printed as it is found: there can be many, and the check can take long.
    let report = move |violation: shopfolk_store::Violation| {
        let printed = output::print(&violation.to_string());
        // Both receivers live until the check is over.
        let _ = match printed {
            Ok(()) => found.send(()).ok(),
            Err(error) => failed.send(error).ok(),
        };
    };
    engine.check(report).await.context("cannot check the database")?;
    match failures.try_recv() {
        Ok(error) => Err(error),
        Err(_) => Ok(violations.iter().fold(0, |count, ()| count + 1)),
    }
}
