//! `shopfolk clock`: the clock by which the retries of a store go.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use shopfolk_api::Clock;
use shopfolk_model::{Actor, StoreId, TestClock};
use shopfolk_operations::{AdvanceClock, AttemptFilter, GetReader, ListAttempts, ResetClock};
use shopfolk_store::Engine;
use tokio::time::Instant;

use crate::any_engine::AnyEngine;
use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::UsageError;
use crate::output;
use crate::store::find;

/// So long a server may take from one step of the clock to the next.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often it is looked how far it is.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What can be done with the clock of a store.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows by how much the clock of a store is ahead
    Show(Which),
    /// Has time pass in a store, so that webhooks that failed are tried again: a day of retries in a second
    ///
    /// For trying apps. It moves the times at which deliveries to apps are tried, each at its own time of the schedule, and
    /// nothing else: dates of records, codes and sessions go by the clock of the system. It needs a server that runs, and
    /// waits until that has tried all that became due.
    #[command(after_help = "Example:\n  shopfolk clock advance 24h --store 1")]
    Advance(Advance),
    /// Has a store go by the system's clock again; what was put off by the former clock waits until then
    Reset(Which),
}

/// Which clock.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
}

/// How far it is advanced.
#[derive(Debug, Args)]
pub(crate) struct Advance {
    #[command(flatten)]
    which: Which,
    /// How much time passes, such as 90s, 15m, 24h or 14d
    #[arg(value_name = "TIME", env = "SHOPFOLK_CLOCK_TIME", value_parser = duration)]
    by: Duration,
}

/// Reads a length of time.
///
/// # Errors
/// When it is none.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = |unit: char| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let read = |number: &str, unit: &str| {
        let seconds: u64 = unit.chars().next().and_then(seconds)?;
        number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
    };
    read(number, unit).ok_or_else(|| "write it as 90s, 15m, 24h or 14d".to_owned())
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: &Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match *command {
        Command::Show(Which { store }) => {
            let clock = database.with(Purpose::Use, async |engine| {
                find(&engine, store).await?;
                clock_of(&engine, store).await
            })?;
            output::print(&as_text(clock))?;
        }
        Command::Advance(Advance { which: Which { store }, by }) => {
            let clock = database.with(Purpose::Use, async |engine| {
                find(&engine, store).await?;
                advance(&engine, store, by).await
            })?;
            output::print(&as_text(clock))?;
        }
        Command::Reset(Which { store }) => {
            database.with(Purpose::Use, async |engine| {
                find(&engine, store).await?;
                engine.write(store, Actor::CommandLine, ResetClock).await.context("cannot reset the clock")
            })?;
            output::note(&format!("Store {store} goes by the system's clock."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_text(clock: TestClock) -> String {
    let now = clock.time(SystemClock.now());
    let rest = if clock.stands() { "" } else { ", and to be advanced further by a server" };
    format!("{now}\t{} seconds ahead{rest}", clock.ahead)
}

async fn clock_of(engine: &AnyEngine, store: StoreId) -> Result<TestClock> {
    let reader = engine.read(store, GetReader).await.context("cannot read the clock")?;
    Ok(reader.map(|(_, reader)| reader.clock).unwrap_or_default())
}

/// Has the clock of a store go on by so much, and waits until it is there.
///
/// # Errors
/// When the store never let an app in, the clock would be too far ahead, or no server moves it.
pub(crate) async fn advance(engine: &AnyEngine, store: StoreId, by: Duration) -> Result<TestClock> {
    let advanced = engine.write(store, Actor::CommandLine, AdvanceClock { by }).await;
    let Some(advanced) = advanced.context("cannot advance the clock")? else {
        bail!("no app was ever let into store {store}: there are no webhooks that its clock could move");
    };
    advanced.map_err(|error| UsageError(error.to_string()))?;
    let (mut known, mut since) = (None, Instant::now());
    loop {
        let clock = clock_of(engine, store).await?;
        let list = ListAttempts { filter: AttemptFilter::default(), before: None, limit: 1 };
        let attempts = engine.read(store, list).await.context("cannot list the tries")?.attempts;
        let place = (clock, attempts.first().map(|attempt| attempt.id));
        let is_busy = async || -> Result<bool> {
            let which = shopfolk_store::ListeningStores::WithWork(SystemClock.now());
            let before = StoreId::new(store.get() - 1).ok();
            let stores = engine.list_listening_stores(which, before, 1).await?;
            Ok(stores.first() == Some(&store))
        };
        if clock.stands() && !is_busy().await? {
            return Ok(clock);
        }
        if known != Some(place) {
            (known, since) = (Some(place), Instant::now());
        }
        if since.elapsed() > PATIENCE {
            bail!("no server tries the webhooks of store {store}: start one, and its clock goes on");
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(duration("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(duration("14d"), Ok(Duration::from_hours(14 * 24)));
        for wrong in ["", "24", "h", "-1h", "1ä", "99999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
