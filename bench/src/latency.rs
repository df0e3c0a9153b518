//! Imports and copies to and from a PostgreSQL that is far away, beside the same without the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use shopfolk_test_postgres::PostgresServer;
use shopfolk_test_postgres::proxy::Proxy;

use crate::Places;
use crate::chart::{self, Bar, Panel};
use crate::contacts::fresh_directory;
use crate::measure::settle_disk;
use crate::report::{self, Report, Target};
use crate::shopfolk::{self, STORE, url};
use crate::statistics::median;
use crate::table::{Table, grouped};

const EXPLANATION: &str = "The customers are made by `shopfolk generate`; each round imports them into an empty database of one \
    PostgreSQL, imports them again, which changes nothing, and copies a store with them from SQLite to an empty database \
    and back, all of it twice: on a connection of this machine, and through a proxy that holds everything back for half of the \
    round trip in each direction.";

/// What `shopfolk-bench latency` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    places: Places,
    /// How often each is measured; the report shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many customers there are.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    customers: u64,
    /// Milliseconds of a round trip over the slow link.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..1_000))]
    round_trip: u64,
}

/// What moves the customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Move {
    Import,
    ImportAgain,
    CopyThere,
    CopyBack,
}

const MOVES: [Move; 4] = [Move::Import, Move::ImportAgain, Move::CopyThere, Move::CopyBack];

impl Move {
    const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::ImportAgain => "import again",
            Self::CopyThere => "copy to PostgreSQL",
            Self::CopyBack => "copy to SQLite",
        }
    }

    const fn ratio(self) -> &'static str {
        match self {
            Self::Import => "rate of the import, far / near",
            Self::ImportAgain => "rate of the import again, far / near",
            Self::CopyThere => "rate of the copy to PostgreSQL, far / near",
            Self::CopyBack => "rate of the copy to SQLite, far / near",
        }
    }
}

/// What one move of one round took.
#[derive(Debug, Serialize)]
struct Round {
    number: u32,
    what: Move,
    /// Whether it went over the slow link.
    far: bool,
    seconds: f64,
    /// How often the program waited for an answer.
    trips: u64,
}

struct Bench<'a> {
    settings: &'a Settings,
    server: PostgresServer,
    work: PathBuf,
}

/// Measures, prints the table and writes the report.
///
/// # Errors
/// When a program fails, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    let work = fresh_directory(&settings.places.work.join("latency"))?;
    let bench = Bench { settings, server: PostgresServer::start(), work };
    let customers = settings.customers.to_string();
    bench.create_store(&bench.source())?;
    eprintln!("generating {customers} customers");
    let store = STORE.to_string();
    bench.command(&bench.source(), &["generate", "--store", &store, "--customers", &customers])?;
    let file = bench.file().display().to_string();
    bench.command(&bench.source(), &["export", "--store", &store, &file])?;
    let mut rounds = Vec::new();
    for number in 1..=settings.rounds {
        // Who comes first changes, so that neither always runs after the other.
        for far in [number.is_multiple_of(2), !number.is_multiple_of(2)] {
            bench.round(number, far, &mut rounds)?;
        }
    }
    write_report(settings, &rounds)
}

impl Bench<'_> {
    /// The store that is copied.
    fn source(&self) -> String {
        url(&self.work.join("source.db"))
    }

    /// The file that is imported.
    fn file(&self) -> PathBuf {
        self.work.join("customers.ndjson")
    }

    fn command(&self, database: &str, arguments: &[&str]) -> Result<String> {
        shopfolk::command(&self.settings.places.shopfolk, database, arguments)
    }

    fn create_store(&self, database: &str) -> Result<()> {
        self.command(database, &["store", "create", "--id", &STORE.to_string(), "--name", "Bench"]).map(drop)
    }

    /// Measures every move, near or far.
    fn round(&self, number: u32, far: bool, rounds: &mut Vec<Round>) -> Result<()> {
        let way = if far { self.settings.round_trip } else { 0 };
        let proxy = Proxy::slow(self.server.address(), Duration::from_millis(way));
        let [imported, copied] = [0; 2].map(|_| self.server.create_database().url_through(&proxy));
        let back = self.work.join(format!("back{number}{far}.db"));
        self.create_store(&imported)?;
        // Its tables are no part of the copy.
        self.command(&copied, &["migrate"])?;
        for what in MOVES {
            settle_disk()?;
            let (began, trips) = (Instant::now(), proxy.round_trips());
            match what {
                Move::Import | Move::ImportAgain => {
                    let (store, file) = (STORE.to_string(), self.file().display().to_string());
                    self.command(&imported, &["import", "--store", &store, &file])?;
                }
                Move::CopyThere => self.copy(&self.source(), &copied)?,
                Move::CopyBack => self.copy(&copied, &url(&back))?,
            }
            let seconds = began.elapsed().as_secs_f64();
            let trips = proxy.round_trips() - trips;
            let place = if far { "far" } else { "near" };
            eprintln!("round {number}, {place}: {} {seconds:.1} s, {trips} round trips", what.name());
            rounds.push(Round { number, what, far, seconds, trips });
        }
        remove(&back)
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let output = Command::new(&self.settings.places.shopfolk)
            .args(["copy", "--from", from, "--to", to])
            .output()
            .context("cannot start the program")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`shopfolk copy` failed: {said}");
        Ok(())
    }
}

fn remove(file: &Path) -> Result<()> {
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn write_report(settings: &Settings, rounds: &[Round]) -> Result<()> {
    let customers = settings.customers as f64;
    let of =
        |what: Move, far: bool| rounds.iter().filter(move |round| round.what == what && round.far == far);
    let rate = |what, far| customers / median(of(what, far).map(|round| round.seconds));
    let mut table = Table::new([
        "median of the rounds",
        "near, customers a second",
        "far, customers a second",
        "customers a round trip",
    ]);
    for what in MOVES {
        let trips = median(of(what, true).map(|round| round.trips as f64));
        table.row(
            what.name(),
            [grouped(rate(what, false)), grouped(rate(what, true)), format!("{:.1}", customers / trips)],
        );
    }
    let figures =
        format!("{}\nA round trip over the slow link took {} ms.\n", table.render(), settings.round_trip);
    let targets = MOVES.map(|what| {
        Target::at_least(what.ratio(), "at least 0.33", rate(what, true) / rate(what, false), 1.0 / 3.0)
    });
    println!("{figures}\n{}", report::targets(&targets));
    let command = format!(
        "bench/run latency --rounds {} --customers {} --round-trip {}",
        settings.rounds, settings.customers, settings.round_trip
    );
    let bars = MOVES.iter().flat_map(|&what| {
        [false, true].map(|far| Bar {
            label: format!("{}, {}", what.name(), if far { "far" } else { "near" }),
            value: rate(what, far),
            text: grouped(rate(what, far)),
            ours: far,
        })
    });
    let panel = Panel { title: "Customers a second", note: "more is better", bars: bars.collect() };
    let chart = chart::render("Over a slow link", "PostgreSQL near and far away, one machine", &[panel]);
    Report {
        name: "latency",
        title: "Over a slow link",
        command: &command,
        explanation: EXPLANATION,
        figures: &figures,
        targets: &targets,
        chart: &chart,
        rounds,
    }
    .write(&settings.places.results)
}
