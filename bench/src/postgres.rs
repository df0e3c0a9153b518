//! Contact creates on PostgreSQL: pgbench with the same statements, one node, and two nodes in turn on one machine.

use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use serde::Serialize;
use shopfolk_test_postgres::{PostgresServer, TestDatabase};

use crate::chart::{self, Bar, Panel};
use crate::contacts::fresh_directory;
use crate::contender::Contender;
use crate::load::Load;
use crate::machine::busy_share;
use crate::measure::{check_stored, settle_disk};
use crate::pgbench::{Pgbench, Sending};
use crate::report::{self, Report, Target};
use crate::server::Server;
use crate::statistics::median;
use crate::table::{Table, grouped};
use crate::{Pace, Places, shopfolk};

/// Seconds of one piece of the fill; between two pieces the contacts are counted.
const FILL_PIECE: u32 = 5;
/// A fill that takes longer than this will never end.
const FILL_LIMIT: u32 = 1_200;
/// Contacts of the second node of two are numbered from here, so that none comes twice.
const RUNS_OF_THE_SECOND: u32 = 10_000;

const EXPLANATION: &str = "pgbench sends the statements of a create and nothing more: no HTTP, no JSON, no rules. A node \
    answers when the contact is committed, with PostgreSQL's own durability (`fsync` and `synchronous_commit` on). All of \
    them, PostgreSQL and the load generators share one machine. What each of them does is told in \
    [the README](../README.md).";

/// What `shopfolk-bench postgres` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    places: Places,
    /// Customers whose contacts are created. Each may have 500 contacts, so that 10,000 customers take 5 million.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    customers: u32,
    /// Contacts in the database before the first round.
    #[arg(long, default_value_t = 250_000)]
    fill: u64,
}

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Pgbench(Sending),
    Nodes(usize),
}

const SUBJECTS: [Subject; 4] = [
    Subject::Pgbench(Sending::OneByOne),
    Subject::Pgbench(Sending::InTwoBundles),
    Subject::Nodes(1),
    Subject::Nodes(2),
];

impl Subject {
    const fn name(self) -> &'static str {
        match self {
            Self::Pgbench(Sending::OneByOne) => "pgbench",
            Self::Pgbench(Sending::InTwoBundles) => "pgbench, bundled",
            Self::Nodes(1) => "one node",
            Self::Nodes(_) => "two nodes",
        }
    }
}

/// What one round measured. Times are in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Round {
    subject: &'static str,
    number: u32,
    /// The share of the processors that other programs kept busy right before the round.
    busy_before: f64,
    rows_before: u64,
    rows_after: u64,
    created: u64,
    rate: f64,
    mean: f64,
    /// Of the nodes; of two, the worse one's.
    p99: Option<f64>,
    /// Processor time of the nodes for a create, in microseconds.
    processor_microseconds: Option<f64>,
    /// Memory of the nodes after the load, in bytes.
    memory: Option<u64>,
}

/// The machine room: a PostgreSQL with the database, and what loads it.
struct Bench<'a> {
    /// Ends when this is dropped.
    _server: PostgresServer,
    database: TestDatabase,
    nodes: [Contender; 2],
    pgbench: Pgbench,
    load: Load,
    pace: &'a Pace,
}

/// Measures, prints the table and writes the report.
///
/// # Errors
/// When something fails, a request was refused or lost, the database does not hold what was answered, or a file cannot be
/// written.
pub fn run(settings: &Settings) -> Result<()> {
    let work = fresh_directory(&settings.places.work.join("postgres"))?;
    let mut bench = Bench::prepare(settings, &work)?;
    bench.fill(settings.fill)?;
    let mut subjects = SUBJECTS;
    let mut rounds = Vec::new();
    for number in 1..=settings.pace.rounds {
        for subject in subjects {
            rounds.push(bench.measure(subject, number)?);
        }
        // Who comes first changes, so that none always runs after the same other.
        subjects.rotate_left(1);
    }
    shopfolk::check(&settings.places.shopfolk, &bench.database.url())
        .context("the database is not in order after the rounds")?;
    report(settings, &rounds)
}

impl<'a> Bench<'a> {
    fn prepare(settings: &'a Settings, work: &Path) -> Result<Self> {
        let server = PostgresServer::start();
        let database = server.create_database();
        let program = &settings.places.shopfolk;
        let mut prepared =
            shopfolk::prepare_on(program, &work.join("node"), &database.url(), settings.customers, 1)?;
        prepared.contender.write_customers(prepared.ids.iter().map(u64::to_string))?;
        let known: u64 = prepared.ids.iter().sum();
        let count = u64::from(settings.customers);
        ensure!(known == count * (count + 1) / 2, "the customers do not have the ids from 1 to {count}");
        let mut second = prepared.contender.clone();
        second.log = work.join("second-node.log");
        second.runs = RUNS_OF_THE_SECOND;
        Ok(Self {
            pgbench: Pgbench::prepare(&server, work, settings.customers)?,
            _server: server,
            database,
            nodes: [prepared.contender, second],
            load: Load::prepare(work, &settings.pace)?,
            pace: &settings.pace,
        })
    }

    fn rows(&self) -> Result<u64> {
        let count = self.database.psql("SELECT count(*) FROM contacts");
        count.trim().parse().context("psql did not count the contacts")
    }

    fn fill(&mut self, wanted: u64) -> Result<()> {
        eprintln!("filling PostgreSQL");
        let node = self.nodes[0].start()?;
        let mut seconds = 0;
        while self.rows()? <= wanted {
            ensure!(seconds < FILL_LIMIT, "the fill did not end within {FILL_LIMIT} s");
            self.load.run(&mut self.nodes[0], &node, FILL_PIECE)?;
            seconds += FILL_PIECE;
        }
        node.stop()?;
        eprintln!("it holds {} contacts", self.rows()?);
        Ok(())
    }

    fn measure(&mut self, subject: Subject, number: u32) -> Result<Round> {
        let rows_before = self.rows()?;
        // Nobody shall pay for what the one before has left.
        self.database.psql("VACUUM (ANALYZE) customers, contacts, events, counters");
        self.database.psql("CHECKPOINT");
        settle_disk()?;
        let busy_before = busy_share();
        let blank = Round {
            subject: subject.name(),
            number,
            busy_before,
            rows_before,
            rows_after: 0,
            created: 0,
            rate: 0.0,
            mean: 0.0,
            p99: None,
            processor_microseconds: None,
            memory: None,
        };
        let mut round = match subject {
            Subject::Pgbench(sending) => self.measure_pgbench(sending, blank)?,
            Subject::Nodes(count) => self.measure_nodes(count, blank)?,
        };
        round.rows_after = self.rows()?;
        eprintln!("round {number}, {}: {:.0} creates/s", round.subject, round.rate);
        Ok(round)
    }

    fn measure_pgbench(&mut self, sending: Sending, round: Round) -> Result<Round> {
        let warm_up = self.pgbench.run(&self.database, sending, self.pace, self.pace.warm_up)?;
        let outcome = self.pgbench.run(&self.database, sending, self.pace, self.pace.seconds)?;
        let stored = self.rows()? - round.rows_before;
        check_stored(stored, warm_up.transactions + outcome.transactions, 0)?;
        Ok(Round { created: outcome.transactions, rate: outcome.rate, mean: outcome.mean, ..round })
    }

    #[allow(clippy::cast_precision_loss, reason = "counts and times of a run that takes seconds")]
    fn measure_nodes(&mut self, count: usize, round: Round) -> Result<Round> {
        let load = if count == 1 { self.load.clone() } else { self.load.halved() };
        let nodes = &mut self.nodes[..count];
        let servers = nodes.iter_mut().map(Contender::start).collect::<Result<Vec<Server>>>()?;
        let warm_up = load_all(nodes, &servers, &load, self.pace.warm_up)?;
        let before = servers.iter().map(Server::usage).collect::<Result<Vec<_>>>()?;
        let outcomes = load_all(nodes, &servers, &load, self.pace.seconds)?;
        let after = servers.iter().map(Server::usage).collect::<Result<Vec<_>>>()?;
        for server in servers {
            server.stop()?;
        }
        let answered = |outcomes: &[crate::load::Outcome]| -> u64 {
            outcomes.iter().map(|outcome| outcome.requests).sum()
        };
        let created = answered(&outcomes);
        let stored = self.rows()? - round.rows_before;
        // Each node also got a contact that tries it after its start.
        check_stored(stored, answered(&warm_up) + created, 2 * load.in_flight())?;
        let rate: f64 = outcomes.iter().map(crate::load::Outcome::rate).sum();
        let used = |usages: &[crate::usage::Usage]| -> f64 {
            usages.iter().map(|usage| usage.processor_seconds).sum()
        };
        Ok(Round {
            created,
            rate,
            mean: f64::from(self.pace.connections) * 1e3 / rate,
            p99: outcomes.iter().map(|outcome| outcome.p99).max().map(|p99| p99 as f64 / 1e3),
            processor_microseconds: Some((used(&after) - used(&before)) * 1e6 / created as f64),
            memory: Some(after.iter().map(|usage| usage.memory).sum()),
            ..round
        })
    }
}

/// Loads all nodes at once.
fn load_all(
    nodes: &mut [Contender],
    servers: &[Server],
    load: &Load,
    seconds: u32,
) -> Result<Vec<crate::load::Outcome>> {
    thread::scope(|scope| {
        let loads: Vec<_> = nodes
            .iter_mut()
            .zip(servers)
            .map(|(node, server)| scope.spawn(move || load.run(node, server, seconds)))
            .collect();
        loads.into_iter().map(|load| load.join().map_err(|_| anyhow!("a load panicked"))?).collect()
    })
}

/// The medians of one subject.
struct Summary {
    name: &'static str,
    rate: f64,
    mean: f64,
    p99: Option<f64>,
    processor: Option<f64>,
    memory: Option<f64>,
}

#[allow(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn summary(subject: Subject, rounds: &[Round]) -> Summary {
    let mine: Vec<_> = rounds.iter().filter(|round| round.subject == subject.name()).collect();
    let middle = |figure: &dyn Fn(&Round) -> f64| median(mine.iter().map(|round| figure(round)));
    let some = |figure: &dyn Fn(&Round) -> Option<f64>| {
        let figures: Vec<f64> = mine.iter().filter_map(|round| figure(round)).collect();
        (!figures.is_empty()).then(|| median(figures))
    };
    Summary {
        name: subject.name(),
        rate: middle(&|round| round.rate),
        mean: middle(&|round| round.mean),
        p99: some(&|round| round.p99),
        processor: some(&|round| round.processor_microseconds),
        memory: some(&|round| round.memory.map(|memory| memory as f64 / 1e6)),
    }
}

fn figures(summaries: &[Summary], rounds: &[Round]) -> String {
    let heads = std::iter::once("median of the rounds").chain(summaries.iter().map(|summary| summary.name));
    let mut table = Table::new(heads);
    let mut row = |label: &str, figure: &dyn Fn(&Summary) -> String| {
        table.row(label, summaries.iter().map(figure));
    };
    let known = |figure: Option<f64>| figure.map_or_else(String::new, |figure| format!("{figure:.1}"));
    row("creates/s", &|summary| grouped(summary.rate));
    row("mean, ms", &|summary| format!("{:.1}", summary.mean));
    row("p99, ms", &|summary| known(summary.p99));
    row("memory after the load, MB", &|summary| known(summary.memory));
    row("processor time of the nodes a create, µs", &|summary| known(summary.processor));
    let (first, last) = (rounds.first(), rounds.iter().map(|round| round.rows_after).max());
    format!(
        "{}\nThe database held {} contacts before the first round and {} after the last.\n",
        table.render(),
        first.map_or(0, |round| round.rows_before),
        last.unwrap_or_default()
    )
}

fn report(settings: &Settings, rounds: &[Round]) -> Result<()> {
    let summaries = SUBJECTS.map(|subject| summary(subject, rounds));
    let [pgbench, bundled, one, two] = &summaries;
    let figures = figures(&summaries, rounds);
    println!("{figures}");
    let targets = [
        Target::at_least("one node / pgbench, creates/s", "at least 0.60", one.rate / pgbench.rate, 0.6),
        Target::none("one node / pgbench bundled, creates/s", one.rate / bundled.rate),
        Target::at_least("two nodes / one node, creates/s", "at least 1", two.rate / one.rate, 1.0),
    ];
    println!("{}", report::targets(&targets));
    let command = format!(
        "bench/run postgres --rounds {} --seconds {} --connections {}",
        settings.pace.rounds, settings.pace.seconds, settings.pace.connections
    );
    Report {
        name: "postgres",
        title: "Creating customer contacts on PostgreSQL",
        command: &command,
        explanation: EXPLANATION,
        figures: &figures,
        targets: &targets,
        chart: &draw(&summaries, settings.pace.connections),
        rounds,
    }
    .write(&settings.places.results)
}

fn draw(summaries: &[Summary], connections: u32) -> String {
    let bar = |summary: &Summary| Bar {
        label: summary.name.to_owned(),
        value: summary.rate,
        text: grouped(summary.rate),
        ours: summary.name.ends_with("node") || summary.name.ends_with("nodes"),
    };
    let panel = Panel {
        title: "Contacts created a second",
        note: "more is better",
        bars: summaries.iter().map(bar).collect(),
    };
    chart::render(
        "Creating customer contacts on PostgreSQL",
        &format!("one machine, {connections} connections, PostgreSQL and load generator beside the nodes"),
        &[panel],
    )
}
