//! The report of what was measured beside each burden.

use anyhow::Result;

use super::burden::Burden;
use super::measured::Time;
use super::{Engine, Round, Settings};
use crate::chart::{self, Bar, Panel};
use crate::report::{self, Report, Target};
use crate::table::{Table, grouped};

/// What is wanted, in milliseconds.
const READ_LIMIT: f64 = 50.0;
const CREATE_LIMIT: f64 = 100.0;
const SEARCH_LIMIT: f64 = 200.0;
const HEALTH_LIMIT: f64 = 100.0;
/// In megabytes.
const MEMORY_LIMIT: f64 = 200.0;
/// What is held a while after a burden, of what is held after none.
const REST_LIMIT: f64 = 1.2;

const EXPLANATION: &str = "Clients of a large store go on with one kind of request without a pause while clients of two stores of 100 \
    customers read one customer, create a contact, search and ask for `/healthz`, each kind from a client of its own, at regular \
    times. \"Ended\" is how many of the large store's requests came to an end in a second, with whatever answer. A request is late from \
    the time at which it was due. \"Failed\" had another answer than 200, or none; then the target is missed. Memory is that of the server, \
    which is started anew for each row: the most it held, and what it held when it had rested. What each row asks for is told in \
    [the README](../README.md).";

impl Engine {
    const fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "beside",
            Self::Postgres => "beside-postgres",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "Small stores beside a large one, on SQLite",
            Self::Postgres => "Small stores beside a large one, on PostgreSQL",
        }
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Round {
    fn name(&self) -> &'static str {
        self.burden.map_or("quiet", Burden::name)
    }

    /// What of it is not as it should be.
    fn missed(&self) -> Vec<&'static str> {
        let too_slow = |time: Time, limit: f64| time.p99 >= limit || time.failed > 0;
        let misses = [
            ("read", too_slow(self.times.read, READ_LIMIT)),
            ("create", too_slow(self.times.create, CREATE_LIMIT)),
            ("search", too_slow(self.times.search, SEARCH_LIMIT)),
            ("healthz", too_slow(self.times.health, HEALTH_LIMIT)),
            ("memory", megabytes(self.peak_memory) >= MEMORY_LIMIT),
            ("server ended", self.memory_after.is_none()),
            ("stop", self.memory_after.is_some() && !self.stopped),
        ];
        misses.into_iter().filter_map(|(name, missed)| missed.then_some(name)).collect()
    }

    fn failed(&self) -> u64 {
        let times = &self.times;
        [times.read, times.create, times.search, times.health].iter().map(|time| time.failed).sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a run that takes seconds")]
    fn rate(&self) -> f64 {
        self.counts.ended() as f64 / self.seconds
    }

    fn met(&self) -> String {
        match self.missed()[..] {
            [] => "yes".to_owned(),
            ref missed => format!("no: {}", missed.join(", ")),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// One round in a line, for whoever waits.
pub(super) fn line(round: &Round) -> String {
    let times = &round.times;
    format!(
        "{}: p99 of reads {:.0} ms, creates {:.0} ms, searches {:.0} ms, healthz {:.0} ms; memory {:.0} MB, met: {}",
        round.name(),
        times.read.p99,
        times.create.p99,
        times.search.p99,
        times.health.p99,
        megabytes(round.peak_memory),
        round.met()
    )
}

/// Prints the table and writes the report.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn report(settings: &Settings, engine: Engine, rounds: &[Round]) -> Result<()> {
    let figures = figures(rounds);
    let targets = targets(rounds);
    println!("{figures}\n{}", report::targets(&targets));
    let Settings { customers, seconds, rest, .. } = settings;
    let only = settings.only.iter().map(|burden| format!(" --only {}", burden.name().replace(' ', "-")));
    let command = format!(
        "bench/run beside --engine {} --customers {customers} --seconds {seconds} --rest {rest}{}",
        engine.option(),
        only.collect::<String>()
    );
    Report {
        name: engine.file(),
        title: engine.title(),
        command: &command,
        explanation: EXPLANATION,
        figures: &figures,
        targets: &targets,
        chart: &draw(engine, *customers, rounds),
        rounds,
    }
    .write(&settings.places.results)
}

fn figures(rounds: &[Round]) -> String {
    let mut table = Table::new([
        "beside",
        "ended a second",
        "read p50",
        "read p99",
        "create p50",
        "create p99",
        "search p99",
        "healthz p99",
        "failed",
        "memory, most",
        "memory, after",
        "met",
    ]);
    let milliseconds = |figure: f64| format!("{figure:.1} ms");
    for round in rounds {
        let times = &round.times;
        let rate = if round.rate() < 10.0 { format!("{:.1}", round.rate()) } else { grouped(round.rate()) };
        table.row(
            round.name(),
            [
                if round.burden.is_some() { rate } else { String::new() },
                milliseconds(times.read.p50),
                milliseconds(times.read.p99),
                milliseconds(times.create.p50),
                milliseconds(times.create.p99),
                milliseconds(times.search.p99),
                milliseconds(times.health.p99),
                round.failed().to_string(),
                format!("{:.0} MB", megabytes(round.peak_memory)),
                round
                    .memory_after
                    .map_or_else(|| "ended".to_owned(), |memory| format!("{:.0} MB", megabytes(memory))),
                round.met(),
            ],
        );
    }
    table.render()
}

fn targets(rounds: &[Round]) -> Vec<Target> {
    let worst = |figure: fn(&Round) -> f64| rounds.iter().map(figure).fold(0.0, f64::max);
    let after = |round: &Round| round.memory_after.map_or(f64::INFINITY, megabytes);
    let quiet = rounds.iter().find(|round| round.burden.is_none()).map_or(f64::NAN, after);
    let most_after = rounds.iter().map(after).fold(0.0, f64::max);
    vec![
        Target::at_most("worst read p99, ms", "below 50", worst(|round| round.times.read.p99), READ_LIMIT),
        Target::at_most(
            "worst create p99, ms",
            "below 100",
            worst(|round| round.times.create.p99),
            CREATE_LIMIT,
        ),
        Target::at_most(
            "worst search p99, ms",
            "below 200",
            worst(|round| round.times.search.p99),
            SEARCH_LIMIT,
        ),
        Target::at_most(
            "worst healthz p99, ms",
            "below 100",
            worst(|round| round.times.health.p99),
            HEALTH_LIMIT,
        ),
        Target::at_most(
            "most memory, MB",
            "below 200",
            worst(|round| megabytes(round.peak_memory)),
            MEMORY_LIMIT,
        ),
        Target::at_most(
            "most memory after a burden / after none",
            "at most 1.20",
            most_after / quiet,
            REST_LIMIT,
        ),
    ]
}

fn draw(engine: Engine, customers: u64, rounds: &[Round]) -> String {
    let panel = |title, limit: f64, unit: &str, figure: fn(&Round) -> f64| {
        let bar = |round: &Round| Bar {
            label: round.name().to_owned(),
            value: figure(round),
            text: format!("{} {unit}", grouped(figure(round))),
            ours: figure(round) < limit,
        };
        Panel { title, note: "wanted: the darker ones", bars: rounds.iter().map(bar).collect() }
    };
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let customers = grouped(customers as f64);
    chart::render(
        engine.title(),
        &format!(
            "beside requests without a pause of a store of {customers} customers; one machine, clients beside the server"
        ),
        &[
            panel("Read, p99", READ_LIMIT, "ms", |round| round.times.read.p99),
            panel("Create, p99", CREATE_LIMIT, "ms", |round| round.times.create.p99),
            panel("Search, p99", SEARCH_LIMIT, "ms", |round| round.times.search.p99),
            panel("Memory, most", MEMORY_LIMIT, "MB", |round| megabytes(round.peak_memory)),
        ],
    )
}
