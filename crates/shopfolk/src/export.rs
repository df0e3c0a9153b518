//! `shopfolk export`: the customers of a store, or all that it has, to a file.

mod form;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use form::Form;
use shopfolk_files::write::{StoreWriter, WrittenFormat};
use shopfolk_model::StoreId;
use shopfolk_operations::{ExportCustomers, Exported};
use shopfolk_store::{Engine, Length, PageRequest, ReadOperation, ReadTx, StoreError};
use target::Target;
use tokio::sync::mpsc;
use tokio::task::yield_now;

use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignals, Stopped};
use crate::store::find;

/// How many batches may wait to be written.
const BATCHES: usize = 4;

/// Of which store, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  shopfolk export --store 1 customers.ndjson
  shopfolk export --store 1 --whole store.ndjson
  shopfolk export --store 1 --for spreadsheet customers.csv
  shopfolk export --store 1 --vcard 3.0 - | gzip > customers.vcf.gz")]
pub(crate) struct Arguments {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The file to write, which must not be there yet and is there when it is whole; - is stdout
    #[arg(env = "SHOPFOLK_FILE")]
    file: PathBuf,
    #[command(flatten)]
    form: Form,
}

/// Writes every customer of the store.
///
/// # Errors
/// When there is no such store, the file cannot be written, the database fails, or the command is stopped by a signal. Then
/// there is no file.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    let (store, file) = (arguments.store, arguments.file.clone());
    let format = arguments.form.of(&file)?;
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

async fn export(engine: &impl Engine, store: StoreId, file: PathBuf, format: WrittenFormat) -> Result<u64> {
    let key = find(engine, store).await?.key;
    let mut signals = StopSignals::listen()?;
    let total = engine.read(store, CountCustomers).await?;
    let cannot_write = || format!("cannot write '{}'", file.display());
    let mut writer = StoreWriter::new(format, key, Target::open(&file)?).with_context(cannot_write)?;
    let (taker, mut parts) = mpsc::channel(BATCHES);
    // The columns of a table have to be known before its first row.
    let export = ExportCustomers { measure: format.is_measured(), whole: format.is_whole(), taker };
    let reading = engine.clone();
    let read = tokio::spawn(async move { reading.read_alone(store, export).await });
    let mut progress = Progress::start();
    let (mut done, mut orders, mut damaged) = (0, 0, 0);
    loop {
        let part = tokio::select! {
            biased;
            signal = signals.next() => {
                progress.end();
                return Err(Stopped::new(signal, "there is no export").into());
            }
            part = parts.recv() => part,
        };
        let Some(part) = part else { break };
        writer.write(&part).with_context(cannot_write)?;
        match part {
            Exported::Customers(customers) => done += customers.len() as u64,
            Exported::Orders(more) => orders += more.len(),
            Exported::Damaged(rows) => damaged = rows,
            Exported::Extent(_) | Exported::Definitions(..) => {}
        }
        let what = format!("store {store}: exporting customers");
        progress.show(&Step { what, done, total, unit: Unit::Pieces });
        // While there is always a next part, nothing else tells of signals.
        yield_now().await;
    }
    read.await.context("the reading task ended")?.map_err(explain)?;
    writer.end().and_then(Target::finish).with_context(cannot_write)?;
    progress.end();
    let left_out = match damaged {
        0 => String::new(),
        1 => "; 1 row is damaged and left out, 'shopfolk check' names it".to_owned(),
        _ => format!("; {damaged} rows are damaged and left out, 'shopfolk check' names them"),
    };
    let orders = if format.is_whole() { format!(" and {orders} orders") } else { String::new() };
    output::note(&format!("Exported {done} customers{orders} of store {store}{left_out}."));
    Ok(damaged)
}
