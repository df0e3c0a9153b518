//! Measures Shopfolk beside others on one machine. `bench/run` builds everything and starts this program; what is
//! compared and how is told in `bench/README.md`.
//!
//! One idea a file. A contender (`ceiling`, `shopfolk`, `pocketbase`) says how it is prepared and started;
//! `measure` loads it for one round; `contacts` and `growth` decide what is measured in which order; `report`
//! turns rounds into a table, a chart and JSON. A new contender is one more file that returns a `Contender`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: results go to stdout, progress to stderr"
)]

mod beside;
mod ceiling;
mod chart;
mod client;
mod contacts;
mod contender;
mod growth;
mod import;
mod latency;
mod load;
mod machine;
mod measure;
mod pgbench;
mod pocketbase;
mod postgres;
mod report;
mod search;
mod seeder;
mod server;
mod shopfolk;
mod statistics;
mod table;
mod usage;
mod webhooks;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

/// Measures Shopfolk beside others on one machine.
#[derive(Debug, Parser)]
#[command(name = "shopfolk-bench", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Contact creates: a bare server, Shopfolk and PocketBase in turn.
    Contacts(contacts::Settings),
    /// Contact creates into stores that already hold a few, many and very many contacts.
    Growth(growth::Settings),
    /// Contact creates on PostgreSQL: pgbench with the same statements, one node, and two nodes in turn.
    Postgres(postgres::Settings),
    /// Searches in a store of 10 thousand and one of a million customers, and creates while searches run.
    Search(search::Settings),
    /// Customers to and from a file, beside the `sqlite3` shell's `.import` of the same rows.
    Import(import::Settings),
    /// Imports and copies to and from a PostgreSQL that is far away, beside the same without the way.
    Latency(latency::Settings),
    /// Reads, creates and searches of small stores while clients of a large store do not let up.
    Beside(beside::Settings),
    /// Contact creates with and without an app that listens, and how fast its receiver is told of them.
    Webhooks(webhooks::Settings),
    /// Serves the bare server that stores nothing, until it is stopped.
    Ceiling(ceiling::Settings),
}

/// How long and how hard each contender is loaded.
#[derive(Debug, Clone, Args)]
pub struct Pace {
    /// How often each contender is measured; the report shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// Seconds of load before each measurement that do not count: the server has just been started.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub warm_up: u32,
    /// Connections that send one request after the other.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
    /// Threads of the load generator.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub threads: u32,
}

/// Where things are and where they go.
#[derive(Debug, Clone, Args)]
pub struct Places {
    /// The Shopfolk program.
    #[arg(long, default_value = "target/release/shopfolk")]
    pub shopfolk: PathBuf,
    /// The `PocketBase` program.
    #[arg(long, default_value = "target/bench/venv/bin/pocketbase")]
    pub pocketbase: PathBuf,
    /// Directory for databases and logs. What an earlier run left there is removed.
    #[arg(long, default_value = "target/bench/work")]
    pub work: PathBuf,
    /// Directory for the table, the chart and the raw figures.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

fn main() -> Result<()> {
    match CommandLine::parse().command {
        Command::Contacts(settings) => contacts::run(&settings),
        Command::Growth(settings) => growth::run(&settings),
        Command::Postgres(settings) => postgres::run(&settings),
        Command::Search(settings) => search::run(&settings),
        Command::Import(settings) => import::run(&settings),
        Command::Latency(settings) => latency::run(&settings),
        Command::Beside(settings) => beside::run(&settings),
        Command::Webhooks(settings) => webhooks::run(&settings),
        Command::Ceiling(settings) => ceiling::run(&settings),
    }
}
