//! `shopfolk export`: the customers of a store, to a file.

mod cards;
mod target;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use shopfolk_model::StoreId;
use shopfolk_operations::{ExportCustomers, Exported, GetStore, OperationError};
use shopfolk_store::{Engine, Length, PageRequest, ReadOperation, ReadTx, StoreError};
use target::Target;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use writer::CustomerWriter;

use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::format::Written;
use crate::output;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignals, Stopped};

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
    /// The file to write, which must not be there yet and is there when it is whole; - is stdout
    #[arg(env = "SHOPFOLK_FILE")]
    file: PathBuf,
    /// How to write them [default: by the ending of FILE, .csv or .vcf; else ndjson]
    #[arg(long, value_enum, env = "SHOPFOLK_FORMAT")]
    format: Option<Written>,
}

/// Writes every customer of the store.
///
/// # Errors
/// When there is no such store, the file cannot be written, the database fails, or the command is stopped by a signal. Then
/// there is no file.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    let (store, file) = (arguments.store, arguments.file.clone());
    let format = arguments.format.unwrap_or_else(|| Written::of_name(&file));
    let damaged = database
        .with(Purpose::Use, move |engine| async move { export(&engine, store, file, format).await })?;
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

async fn export(engine: &impl Engine, store: StoreId, file: PathBuf, format: Written) -> Result<u64> {
    if engine.read(store, GetStore).await?.is_none() {
        return Err(explain(OperationError::StoreNotFound { id: store }));
    }
    let mut signals = StopSignals::listen()?;
    let total = engine.read(store, CountCustomers).await?;
    let cannot_write = || format!("cannot write '{}'", file.display());
    let mut writer = CustomerWriter::new(format, Target::open(&file)?);
    let (taker, mut parts) = mpsc::channel(BATCHES);
    // The columns of a table have to be known before its first row.
    let export = ExportCustomers { measure: format == Written::Csv, taker };
    let reading = engine.clone();
    let read = tokio::spawn(async move { reading.read_alone(store, export).await });
    let mut progress = Progress::start();
    let (mut done, mut damaged) = (0, 0);
    loop {
        let part = tokio::select! {
            biased;
            signal = signals.next() => {
                progress.end();
                return Err(Stopped::new(signal, "there is no export").into());
            }
            part = parts.recv() => part,
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
                // While there is always a next part, nothing else tells of signals.
                yield_now().await;
            }
        }
    }
    read.await.context("the reading task ended")?.map_err(explain)?;
    writer.end().and_then(Target::finish).with_context(cannot_write)?;
    progress.end();
    let left_out = match damaged {
        0 => String::new(),
        1 => "; 1 row is damaged and left out, 'shopfolk check' names it".to_owned(),
        _ => format!("; {damaged} rows are damaged and left out, 'shopfolk check' names them"),
    };
    output::note(&format!("Exported {done} customers of store {store}{left_out}."));
    Ok(damaged)
}
