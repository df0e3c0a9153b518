//! `shopfolk rebuild`: what searches look through, made anew.

use std::process::ExitCode;

use anyhow::{Context, Result};
use shopfolk_store::Engine;
use tokio::sync::mpsc;

use crate::database::{DatabaseUrl, Purpose};
use crate::output;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignals, Stopped};

/// Makes the search structures of every store anew.
///
/// # Errors
/// When the database fails, or the command is stopped by a signal: what was done stays.
pub(crate) fn run(database: &DatabaseUrl) -> Result<ExitCode> {
    let customers = database.with(Purpose::Use, |engine| async move { rebuild(engine).await })?;
    output::note(&format!("{database}: searches look through {customers} customers anew"));
    Ok(ExitCode::SUCCESS)
}

async fn rebuild(engine: impl Engine) -> Result<u64> {
    let mut signals = StopSignals::listen()?;
    let mut progress = Progress::start();
    let (told, mut steps) = mpsc::unbounded_channel();
    // The receiver lives until the work is over.
    let work = engine.rebuild(move |done| told.send(done).unwrap_or_default());
    tokio::pin!(work);
    let mut customers = 0;
    let mut show = |done, progress: &mut Progress| {
        customers = done;
        let what = "rebuilding what searches look through".to_owned();
        progress.show(&Step { what, done, total: 0, unit: Unit::Pieces });
    };
    loop {
        tokio::select! {
            biased;
            Some(done) = steps.recv() => show(done, &mut progress),
            rebuilt = &mut work => {
                rebuilt.context("cannot rebuild what searches look through")?;
                while let Ok(done) = steps.try_recv() {
                    show(done, &mut progress);
                }
                progress.end();
                return Ok(customers);
            }
            signal = signals.next() => {
                progress.end();
                let came_to = "what was done stays, and the same command begins anew";
                return Err(Stopped::new(signal, came_to).into());
            }
        }
    }
}
