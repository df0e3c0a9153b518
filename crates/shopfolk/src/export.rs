//! `shopfolk export`: the customers of a store, to a file.

mod cards;
mod writer;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use shopfolk_model::StoreId;
use shopfolk_operations::{ExportCustomers, Exported, GetStore, OperationError};
use shopfolk_store::{Engine, Length, PageRequest, ReadOperation, ReadTx, StoreError};
use tokio::sync::mpsc;
use writer::CustomerWriter;

use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::format::Written;
use crate::output;
use crate::private_file::private_file;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::StopSignals;

/// How much is written at once.
const BUFFER: usize = 1 << 20;
/// How many batches may wait to be written.
const BATCHES: usize = 4;

/// Of which store, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  shopfolk export --store 1 customers.ndjson
  shopfolk export --store 1 customers.csv
  shopfolk export --store 1 --format vcard - | gzip > customers.vcf.gz")]
pub(crate) struct Arguments {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The file to write, which must not be there yet; - is stdout
    #[arg(env = "SHOPFOLK_FILE")]
    file: PathBuf,
    /// How to write them [default: by the ending of FILE, .csv or .vcf; else ndjson]
    #[arg(long, value_enum, env = "SHOPFOLK_FORMAT")]
    format: Option<Written>,
}

/// Writes every customer of the store.
///
/// # Errors
/// When there is no such store, the file cannot be written, the database fails, or the command is stopped by a signal.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    let (store, file) = (arguments.store, arguments.file.clone());
    let format = arguments.format.unwrap_or_else(|| Written::of_name(&file));
    let damaged = database
        .with(Purpose::Use, move |engine| async move { export(&engine, store, &file, format).await })?;
    Ok(if damaged > 0 { ExitCode::from(SOME_DAMAGED) } else { ExitCode::SUCCESS })
}

/// The exit status when rows that cannot be read were left out.
const SOME_DAMAGED: u8 = 3;

/// How many customers a store has.
struct CountCustomers;

impl ReadOperation for CountCustomers {
    type Output = u64;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<u64, StoreError> {
        Ok(tx.list_customer_ids(PageRequest::at(0, 0)).await?.total)
    }
}

async fn export(engine: &impl Engine, store: StoreId, file: &Path, format: Written) -> Result<u64> {
    if engine.read(store, GetStore).await?.is_none() {
        return Err(explain(OperationError::StoreNotFound { id: store }));
    }
    let mut signals = StopSignals::listen()?;
    let total = engine.read(store, CountCustomers).await?;
    let mut writer = CustomerWriter::new(format, open(file)?);
    let cannot_write = || format!("cannot write '{}'", file.display());
    let (taker, mut parts) = mpsc::channel(BATCHES);
    // The columns of a table have to be known before its first row.
    let export = ExportCustomers { measure: format == Written::Csv, taker };
    let reading = engine.clone();
    let read = tokio::spawn(async move { reading.read_alone(store, export).await });
    let mut progress = Progress::start();
    let (mut done, mut damaged) = (0, 0);
    loop {
        let part = tokio::select! {
            part = parts.recv() => part,
            () = signals.next() => {
                progress.end();
                bail!("stopped after {done} customers; what was written is not all");
            }
        };
        match part {
            None => break,
            Some(Exported::Extent(extent)) => writer.measured(&extent).with_context(cannot_write)?,
            Some(Exported::Damaged(rows)) => damaged = rows,
            Some(Exported::Customers(customers)) => {
                customers
                    .iter()
                    .try_for_each(|customer| writer.write(customer))
                    .with_context(cannot_write)?;
                done += customers.len() as u64;
                progress.show(&Step {
                    what: format!("store {store}: exporting customers"),
                    done,
                    total,
                    unit: Unit::Pieces,
                });
            }
        }
    }
    read.await.context("the reading task ended")?.map_err(explain)?;
    writer.end().with_context(cannot_write)?;
    progress.end();
    let left_out = match damaged {
        0 => String::new(),
        1 => "; 1 row is damaged and left out, 'shopfolk check' names it".to_owned(),
        _ => format!("; {damaged} rows are damaged and left out, 'shopfolk check' names them"),
    };
    output::note(&format!("Exported {done} customers of store {store}{left_out}."));
    Ok(damaged)
}

fn open(file: &Path) -> Result<Box<dyn Write + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufWriter::with_capacity(BUFFER, io::stdout())));
    }
    let created = private_file().create_new(true).open(file).with_context(|| {
        format!("cannot create '{}'; name a file that is not there yet, or - for stdout", file.display())
    })?;
    Ok(Box::new(BufWriter::with_capacity(BUFFER, created)))
}
