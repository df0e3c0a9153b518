//! What clients of a large store do to the others: a small store is read, written and searched while a burden goes on.

mod burden;
mod counted;
mod filling;
mod measured;
mod open_connections;
mod summary;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;

use self::burden::Burden;
use self::counted::{Counted, Counts};
use self::filling::Stage;
use self::measured::{Measured, Times};
use crate::Places;
use crate::contacts::fresh_directory;
use crate::machine::busy_share;
use crate::measure::settle_disk;
use crate::server::Server;

/// How often the memory of the server is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a burden goes on before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// What `shopfolk-bench beside` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    places: Places,
    /// The databases, one after the other.
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// How many customers the large store has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    customers: u64,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Seconds from the end of a burden until the memory is looked at again.
    #[arg(long, default_value_t = 60)]
    rest: u64,
    /// Only this burden, and quiet; can be given several times.
    #[arg(long, value_enum)]
    only: Vec<Burden>,
}

/// Which databases are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engines {
    const fn each(self) -> &'static [Engine] {
        match self {
            Self::Sqlite => &[Engine::Sqlite],
            Self::Postgres => &[Engine::Postgres],
            Self::Both => &[Engine::Sqlite, Engine::Postgres],
        }
    }
}

/// What was measured beside one burden. Memory is in bytes.
#[derive(Debug, Serialize)]
struct Round {
    burden: Option<Burden>,
    /// The share of the processors that other programs kept busy right before the round.
    busy_before: f64,
    /// How long it was measured: as long as it should, and until the last answer came.
    seconds: f64,
    /// What became of the burden's own requests.
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    times: Times,
    /// Of the server that has just been started.
    memory_before: u64,
    /// The most that it held since.
    peak_memory: u64,
    /// What it held when it had rested; nothing if it had ended by itself.
    memory_after: Option<u64>,
    /// Whether it stopped in order when it was asked to.
    stopped: bool,
}

/// Measures, prints the tables and writes the reports.
///
/// # Errors
/// When a store cannot be filled, the server does not start, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    open_connections::allow_many()?;
    for &engine in settings.engine.each() {
        let work = fresh_directory(&settings.places.work.join("beside"))?;
        measure_engine(settings, engine, &work)?;
    }
    Ok(())
}

fn measure_engine(settings: &Settings, engine: Engine, work: &Path) -> Result<()> {
    let stage = Stage::fill(&settings.places.shopfolk, engine, work, settings.customers)?;
    let chosen = Burden::value_variants()
        .iter()
        .filter(|burden| settings.only.is_empty() || settings.only.contains(burden));
    let rounds = std::iter::once(None)
        .chain(chosen.copied().map(Some))
        .map(|burden| measure(settings, &stage, burden))
        .collect::<Result<Vec<_>>>()?;
    summary::report(settings, engine, &rounds)
}

/// Measures beside one burden, or beside none, on a server that is started for it.
fn measure(settings: &Settings, stage: &Stage, burden: Option<Burden>) -> Result<Round> {
    settle_disk()?;
    let busy_before = busy_share();
    let server = stage.serve()?;
    let measured = Measured::prepare(stage, server.address())?;
    let memory_before = server.usage()?.memory;
    let mut memory = Memory { peak: memory_before, now: Some(memory_before) };
    let (goes_on, counted) = (AtomicBool::new(true), Counted::default());
    let (times, seconds, counts) = thread::scope(|scope| -> Result<(Times, f64, Counts)> {
        for client in 0..burden.map_or(0, Burden::threads) {
            let (goes_on, counted, address) = (&goes_on, &counted, server.address());
            scope.spawn(move || {
                if let Some(burden) = burden {
                    burden.go_on(stage, address, client, goes_on, counted);
                }
            });
        }
        memory.watch(&server, WARM_UP);
        counted.take();
        let began = Instant::now();
        let measuring = AtomicBool::new(true);
        let times = thread::scope(|scope| {
            let asked = scope.spawn(|| measured.ask_until(&measuring));
            memory.watch(&server, Duration::from_secs(settings.seconds));
            measuring.store(false, Ordering::Relaxed);
            measured::joined(asked)?
        })?;
        let (seconds, counts) = (began.elapsed().as_secs_f64(), counted.take());
        goes_on.store(false, Ordering::Relaxed);
        memory.watch(&server, Duration::from_secs(settings.rest));
        Ok((times, seconds, counts))
    })?;
    let stopped = server.stop().inspect_err(|error| eprintln!("{error:#}")).is_ok();
    let round = Round {
        burden,
        busy_before,
        seconds,
        counts,
        times,
        memory_before,
        peak_memory: memory.peak,
        memory_after: memory.now,
        stopped,
    };
    eprintln!("{}", summary::line(&round));
    Ok(round)
}

/// The memory of a server, in bytes.
struct Memory {
    peak: u64,
    /// Nothing when the server has ended.
    now: Option<u64>,
}

impl Memory {
    /// Looks at it again and again for a while.
    fn watch(&mut self, server: &Server, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            let usage = server.usage().ok();
            self.now = usage.map(|usage| usage.memory);
            self.peak = usage.map_or(self.peak, |usage| self.peak.max(usage.peak_memory));
            thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
        }
    }
}
