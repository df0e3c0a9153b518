//! `shopfolk generate`: customers made up, to try things with.

mod people;

use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use people::People;
use shopfolk_api::Clock;
use shopfolk_model::{Actor, NewCustomer, StoreId};
use shopfolk_operations::AddCustomers;
use shopfolk_store::{Engine, PORTION};
use tokio::sync::mpsc;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignals, Stopped};
use crate::store::find;

/// For which store, how many, and which.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  shopfolk generate --store 1 --customers 10000
  shopfolk generate --store 1 --customers 1000000 --seed 7")]
pub(crate) struct Arguments {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// How many customers
    #[arg(long, value_name = "N", env = "SHOPFOLK_CUSTOMERS")]
    customers: u64,
    /// Which customers: the same number makes the same ones
    #[arg(long, value_name = "S", env = "SHOPFOLK_SEED", default_value_t = 1)]
    seed: u64,
}

/// Makes customers up and adds those that the store does not have yet.
///
/// # Errors
/// When there is no such store, the database fails, or the command is stopped by a signal.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    let &Arguments { store, customers, seed } = arguments;
    database
        .with(Purpose::Use, move |engine| async move { generate(&engine, store, customers, seed).await })?;
    Ok(ExitCode::SUCCESS)
}

async fn generate(engine: &impl Engine, store: StoreId, customers: u64, seed: u64) -> Result<()> {
    find(engine, store).await?;
    let mut signals = StopSignals::listen()?;
    let mut batches = made_up(customers, seed)?;
    let mut progress = Progress::start();
    let (mut done, mut added) = (0, 0);
    let what = format!("store {store}: generating customers");
    loop {
        let batch = tokio::select! {
            batch = batches.recv() => batch,
            signal = signals.next() => {
                progress.end();
                let came_to = format!("{added} customers were added; the same command goes on from here");
                return Err(Stopped::new(signal, came_to).into());
            }
        };
        let Some(batch) = batch else { break };
        done += batch.len() as u64;
        let add = AddCustomers { customers: batch, now: SystemClock.now() };
        let outcomes = engine.write(store, Actor::CommandLine, add).await;
        let outcomes = outcomes.map_err(explain).context("cannot add the customers")?;
        added += outcomes.iter().flatten().count() as u64;
        progress.show(&Step { what: what.clone(), done, total: customers, unit: Unit::Pieces });
    }
    progress.end();
    output::note(&format!("Added {added} customers to store {store}; {} were there already.", done - added));
    Ok(())
}

/// Makes customers up on a thread of its own, a batch ahead of those that are written.
fn made_up(customers: u64, seed: u64) -> Result<mpsc::Receiver<Vec<NewCustomer>>> {
    let (batches, made) = mpsc::channel(1);
    let generate = move || {
        let mut people = People::new(seed);
        let mut left = customers;
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(PORTION);
            let batch: Vec<_> = people.by_ref().take(size).collect();
            left -= size as u64;
            // Nobody wants more when the command has stopped.
            if batches.blocking_send(batch).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("people".to_owned()).spawn(generate).context("cannot start a thread")?;
    Ok(made)
}
