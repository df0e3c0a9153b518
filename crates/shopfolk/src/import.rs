//! `shopfolk import`: customers, from a file into a store.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::Clock;
use shopfolk_files::read::{self, Batch, Lines, Rows};
use shopfolk_model::{ExtraFieldKey, StoreId};
use shopfolk_operations::{
    CustomerImport, GetStore, ImportOutcome, ImportRules, ImportedCustomer, Lists, MatchBy, OperationError,
};
use shopfolk_store::Engine;
use tokio::time::sleep;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::format::Read;
use crate::output;
use crate::private_file::private_file;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignals, Stopped};

/// How much is read at once.
const BUFFER: usize = 1 << 20;
/// How long the database is left alone between two batches.
const BETWEEN_BATCHES: Duration = Duration::from_millis(2);
/// The exit status when lines were rejected.
const SOME_REJECTED: u8 = 3;

/// Into which store, and where from.
#[derive(Debug, Args)]
#[command(
    long_about = "\
Brings customers from a file into a store

The file has one customer a line, in JSON as the API shows it (NDJSON), or is a table (CSV) whose header names the columns by \
the fields of that JSON: email, billingPerson.city, contacts[0].type, shippingAddresses[0].street, extrafields[KEY]; an empty \
cell says nothing. A customer is looked for by its id, unless its externalReferenceId or email say that the id is somebody \
else's here, else by its externalReferenceId, else by its email: one that is there is changed by what the line says, as PUT \
/customers/{id} does, one that is not is created, and keeps its id where that was never \
given. Contacts that the line names and the customer does not have are new. What changes nothing writes nothing, so the \
command is safe to repeat, and one that was interrupted goes on when it is run again.

A line that is no customer, or breaks a rule, is rejected: it is written to a file beside with its number and the reason, \
and the import goes on. The exit status is 3 then.",
    after_help = "\
Examples:
  shopfolk import --store 1 customers.ndjson
  shopfolk import --store 1 customers.csv
  zcat customers.ndjson.gz | shopfolk import --store 1 -"
)]
pub(crate) struct Arguments {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The file to read; - is stdin
    #[arg(env = "SHOPFOLK_FILE")]
    file: PathBuf,
    /// What the file is [default: by the ending of FILE, .csv; else ndjson]
    #[arg(long, value_enum, env = "SHOPFOLK_FORMAT")]
    format: Option<Read>,
    /// Where rejected lines are told [default: FILE.rejected, import.rejected for stdin]
    #[arg(long, value_name = "FILE", env = "SHOPFOLK_REJECTED")]
    rejected: Option<PathBuf>,
}

/// Imports every customer of the file.
///
/// # Errors
/// When there is no such store, a file cannot be read or written, or the database fails.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    let stdin = arguments.file == Path::new("-");
    let rejected = arguments.rejected.clone().unwrap_or_else(|| {
        let mut path = if stdin { "import".into() } else { arguments.file.clone().into_os_string() };
        path.push(".rejected");
        path.into()
    });
    let (store, file) = (arguments.store, arguments.file.clone());
    let format = arguments.format.map_or_else(|| Read::of_name(&file), Ok)?;
    let import = Import { store, file, format, rejected };
    let counts = database.with(Purpose::Use, move |engine| async move { import.run(&engine).await })?;
    Ok(if counts.rejected > 0 { ExitCode::from(SOME_REJECTED) } else { ExitCode::SUCCESS })
}

struct Import {
    store: StoreId,
    file: PathBuf,
    format: Read,
    rejected: PathBuf,
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
}

impl Counts {
    fn count(&mut self, line: u64, outcome: ImportOutcome, rejects: &mut Rejects) -> Result<()> {
        match outcome {
            ImportOutcome::Created(_) => self.created += 1,
            ImportOutcome::Updated(_) => self.updated += 1,
            ImportOutcome::Unchanged(_) | ImportOutcome::PassedOver => self.unchanged += 1,
            ImportOutcome::Conflict(conflict) => {
                self.rejected += 1;
                rejects.tell(line, &conflict.to_string())?;
            }
            ImportOutcome::Refused(reason) => {
                self.rejected += 1;
                rejects.tell(line, &reason.to_string())?;
            }
        }
        Ok(())
    }
}

impl Import {
    async fn run(self, engine: &impl Engine) -> Result<Counts> {
        let store = self.store;
        if engine.read(store, GetStore).await?.is_none() {
            return Err(explain(OperationError::StoreNotFound { id: store }));
        }
        let mut signals = StopSignals::listen()?;
        let (input, total) = self.open()?;
        let mut batches = match self.format {
            Read::Ndjson => read::read(Lines::new(input)).context("cannot start a thread")?,
            Read::Csv => {
                let cannot = || format!("cannot take '{}' for CSV", self.file.display());
                read::read(Rows::new(input).with_context(cannot)?).context("cannot start a thread")?
            }
        };
        let mut progress = Progress::start();
        let mut rejects = Rejects { path: self.rejected.clone(), file: None };
        let mut counts = Counts::default();
        let mut import = self.import()?;
        let mut read = 0;
        let mut stopped = None;
        loop {
            let batch = tokio::select! {
                batch = batches.recv() => batch,
                signal = signals.next() => {
                    stopped = Some(signal);
                    None
                }
            };
            let Some(batch) = batch else { break };
            let batch = batch.with_context(|| format!("cannot read '{}'", self.file.display()))?;
            read += batch.bytes;
            self.write(engine, batch, &mut import, &mut rejects, &mut counts).await?;
            // Others that write to the database get a chance.
            sleep(BETWEEN_BATCHES).await;
            let what = format!("store {store}: importing '{}'", self.file.display());
            progress.show(&Step { what, done: read, total, unit: Unit::Bytes });
        }
        progress.end();
        let told = self.told(&counts);
        if let Some(signal) = stopped {
            let came_to = format!("{told}; the same command goes on from here");
            return Err(Stopped::new(signal, came_to).into());
        }
        output::note(&format!("Imported: {told}."));
        Ok(counts)
    }

    /// The import, with what is asked for.
    fn import(&self) -> Result<CustomerImport> {
        let rules = ImportRules {
            match_by: vec![MatchBy::Id, MatchBy::ExternalReferenceId, MatchBy::Email],
            lists: Lists::Replace,
            same_store: true,
            ..ImportRules::default()
        };
        let mut random = StdRng::try_from_rng(&mut SysRng).context("cannot draw random numbers")?;
        let keys = (0..CustomerImport::FIELD_KEYS).map(|_| ExtraFieldKey::generate(&mut random));
        Ok(CustomerImport::new(self.store, rules, keys))
    }

    /// The file, and how large it is where that is known.
    fn open(&self) -> Result<(Box<dyn BufRead + Send>, u64)> {
        if self.file == Path::new("-") {
            return Ok((Box::new(BufReader::with_capacity(BUFFER, io::stdin())), 0));
        }
        let cannot = || format!("cannot read '{}'", self.file.display());
        let file = File::open(&self.file).with_context(cannot)?;
        let size = file.metadata().with_context(cannot)?.len();
        Ok((Box::new(BufReader::with_capacity(BUFFER, file)), size))
    }

    async fn write(
        &self,
        engine: &impl Engine,
        batch: Batch,
        import: &mut CustomerImport,
        rejects: &mut Rejects,
        counts: &mut Counts,
    ) -> Result<()> {
        for (line, reason) in &batch.rejected {
            counts.rejected += 1;
            rejects.tell(*line, reason)?;
        }
        let (lines, customers): (Vec<_>, Vec<_>) = batch.customers.into_iter().unzip();
        let customers: Arc<[ImportedCustomer]> = customers.into();
        let mut lines = lines.into_iter();
        while lines.len() > 0 {
            let first = customers.len() - lines.len();
            let portion = import.portion(engine, &customers, first, SystemClock.now()).await;
            for (imported, line) in portion.map_err(explain)?.into_iter().zip(lines.by_ref()) {
                counts.count(line, imported.outcome, rejects)?;
            }
        }
        Ok(())
    }

    fn told(&self, counts: &Counts) -> String {
        let Counts { created, updated, unchanged, rejected } = counts;
        let mut told = format!(
            "{created} customers created, {updated} changed, {unchanged} as they were in store {}",
            self.store
        );
        if *rejected > 0 {
            let path = self.rejected.display();
            told = format!("{told}; {rejected} lines rejected, see '{path}'");
        }
        told
    }
}

/// The file that tells of rejected lines, made with the first of them.
struct Rejects {
    path: PathBuf,
    file: Option<File>,
}

impl Rejects {
    fn tell(&mut self, line: u64, reason: &str) -> Result<()> {
        let cannot = || format!("cannot write '{}'", self.path.display());
        if self.file.is_none() {
            self.file =
                Some(private_file().create(true).truncate(true).open(&self.path).with_context(cannot)?);
        }
        if let Some(file) = &mut self.file {
            writeln!(file, "line {line}: {reason}").with_context(cannot)?;
        }
        Ok(())
    }
}
