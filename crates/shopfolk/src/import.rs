//! `shopfolk import`: customers, from a file into a store.

mod options;
mod told;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::{Clock, shorten};
use shopfolk_files::{
    CustomerFile, Failure, FileOptions, Import, Observed, Source, Summary, first_map, report_path,
};
use shopfolk_model::{ExtraFieldKey, StoreId};
use shopfolk_operations::CustomerImport;
use shopfolk_store::Engine;
use tokio::sync::watch;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::{UsageError, explain};
use crate::output;
use crate::private_file::private_file;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignal, StopSignals, Stopped};
use crate::store::find;

pub(crate) use options::Arguments;

/// The exit status when rows were rejected.
const SOME_REJECTED: u8 = 3;

/// How to go on when an import ended before the end of its file.
const GOES_ON: &str = "the same command goes on from here";

/// Imports every customer of the file.
///
/// # Errors
/// When there is no such store, a file cannot be read or written, a column is unknown, or the database fails.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    if arguments.write_map {
        let map = first_map(source(&arguments.file)?, &arguments.file_options()?);
        output::print(map.with_context(|| cannot_take(&arguments.file))?.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(store) = arguments.store else { return Err(UsageError("--store is missing".to_owned()).into()) };
    let arguments = arguments.clone();
    let summary =
        database.with(Purpose::Use, move |engine| async move { import(&engine, store, arguments).await })?;
    Ok(if summary.rejected > 0 { ExitCode::from(SOME_REJECTED) } else { ExitCode::SUCCESS })
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn cannot_take(file: &Path) -> String {
    format!("cannot take '{}'", file.display())
}

/// The file, and how large it is where that is known.
fn source(file: &Path) -> Result<Source> {
    let cannot = || format!("cannot read '{}'", file.display());
    if is_stdin(file) {
        return Source::new(io::stdin(), None).with_context(cannot);
    }
    let opened = File::open(file).with_context(cannot)?;
    let size = opened.metadata().with_context(cannot)?.len();
    Source::new(opened, Some(size)).with_context(cannot)
}

async fn import(engine: &impl Engine, store: StoreId, arguments: Arguments) -> Result<Summary> {
    let found = find(engine, store).await?;
    let opened = CustomerFile::open(
        source(&arguments.file)?,
        FileOptions { store: found.key, ..arguments.file_options()? },
    );
    let file = opened.with_context(|| cannot_take(&arguments.file))?;
    // Until here a signal ends the program on the spot: nothing was done.
    let mut signals = StopSignals::listen()?;
    for line in told::plan(&arguments.file, &file.plan) {
        output::note(&line);
    }
    refuse_unknown(&file)?;
    let report = arguments.rejected.clone().unwrap_or_else(|| {
        let input = if is_stdin(&arguments.file) { Path::new("import") } else { &arguments.file };
        report_path(input, file.plan.content)
    });
    let size = file.size.unwrap_or_default();
    let field_keys = field_keys()?;
    let rules = arguments.rules(file.plan.is_of_this_store);
    let import = Import {
        store,
        customers: CustomerImport::new(store, rules, field_keys.iter().copied()),
        field_keys,
        is_dry_run: arguments.dry_run,
        file,
        input: Some(arguments.file.clone()).filter(|input| !is_stdin(input)),
        report: report.clone(),
        report_options: private_file(),
    };
    let (stop, stopped) = watch::channel(None);
    let mut progress = Progress::start();
    let what = format!("store {store}: importing '{}'", arguments.file.display());
    let observe = |Observed { read, .. }| {
        let (what, unit) = (what.clone(), Unit::Bytes);
        progress.show(&Step { what, done: read, total: size, unit });
        ControlFlow::Continue(())
    };
    let imported = tokio::select! {
        imported = import.run(engine, stopped, || SystemClock.now(), observe) => imported,
        signal = stopped_twice(&mut signals, &stop) => {
            let came_to = format!("in the middle of a portion, which is undone; {GOES_ON}");
            return Err(Stopped::new(signal, came_to).into());
        }
    };
    progress.end();
    let summary = imported.map_err(|failure| match failure {
        Failure::Operation(error) => {
            explain(error).context(format!("stopped; once that is mended, {GOES_ON}"))
        }
        failure => anyhow!(failure),
    })?;
    for line in told::summary(store, &summary, arguments.dry_run, &report) {
        output::note(&line);
    }
    let stopped_by = *stop.borrow();
    if let Some(signal) = stopped_by.filter(|_| summary.is_stopped) {
        let came_to = format!("before the end of the file; {GOES_ON}");
        return Err(Stopped::new(signal, came_to).into());
    }
    Ok(summary)
}

/// Has the import stop after its portion when the program is told to stop, and answers when it is told again.
async fn stopped_twice(signals: &mut StopSignals, stop: &watch::Sender<Option<StopSignal>>) -> StopSignal {
    let signal = signals.next().await;
    stop.send_replace(Some(signal));
    output::note("Stopping after this portion; once more stops on the spot.");
    signals.next().await
}

/// So many columns that are unknown are named in one message.
const MOST_NAMED: usize = 20;

/// Stops before anything is written where something in the file would be dropped.
fn refuse_unknown(file: &CustomerFile) -> Result<()> {
    let mut unknown = file.plan.unknown().map(|name| format!("'{}'", shorten(name)));
    let mut named: Vec<_> = unknown.by_ref().take(MOST_NAMED).collect();
    let Some(first) = named.first().cloned() else { return Ok(()) };
    let (columns, are) = match named.len() {
        1 => ("the column", "is"),
        _ => ("the columns", "are"),
    };
    match unknown.count() {
        0 => {}
        more => named.push(format!("and {more} more")),
    }
    bail!(
        "nothing was imported: {columns} {} {are} unknown. Leave out what you do not need with --ignore {first} or --ignore-unknown, or say with \
         --map what it is taken for; --write-map makes a first map",
        named.join(", ")
    );
}

/// Keys drawn at random, for the extra fields that an import makes.
fn field_keys() -> Result<Vec<ExtraFieldKey>> {
    let mut random = StdRng::try_from_rng(&mut SysRng).context("cannot draw random numbers")?;
    Ok((0..CustomerImport::FIELD_KEYS).map(|_| ExtraFieldKey::generate(&mut random)).collect())
}
