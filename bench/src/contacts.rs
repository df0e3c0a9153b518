//! Contact creates: the ceiling, Shopfolk and PocketBase in turn on one machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::chart::{self, Bar, Panel};
use crate::contender::Contender;
use crate::load::Load;
use crate::measure::{Round, measure};
use crate::report::{self, Report, Summary, Target};
use crate::table::grouped;
use crate::{Pace, Places, ceiling, pocketbase, shopfolk};

/// Seconds of one piece of the fill; between two pieces the contacts are counted.
const FILL_PIECE: u32 = 5;
/// A fill that takes longer than this will never end.
const FILL_LIMIT: u32 = 600;

const EXPLANATION: &str = "The ceiling parses the same JSON and keeps nothing. Shopfolk answers when the contact is on disk \
    (`synchronous=FULL`); PocketBase runs with its own settings, which leave the last moments before a power cut to the \
    system (`synchronous=NORMAL`). Each round goes on with the database of the one before. What each of them does and does \
    not do is told in [the README](../README.md).";

/// What `shopfolk-bench contacts` takes.
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
    /// Contacts in Shopfolk's database before the first round. `PocketBase` is filled for as many seconds.
    #[arg(long, default_value_t = 250_000)]
    fill: u64,
    /// Measures just these. The results are printed, but not written, and no target is judged.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
}

/// Who can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    Ceiling,
    Shopfolk,
    Pocketbase,
}

const SUBJECTS: [Subject; 3] = [Subject::Ceiling, Subject::Shopfolk, Subject::Pocketbase];

/// Measures, prints the table, and writes the report if all were measured.
///
/// # Errors
/// When a contender fails, refuses or loses a request, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    let work = settings.places.work.join("contacts");
    let work = fresh_directory(&work)?;
    let load = Load::prepare(&work, &settings.pace)?;
    let chosen =
        SUBJECTS.into_iter().filter(|subject| settings.only.is_empty() || settings.only.contains(subject));
    let mut contenders =
        chosen.map(|subject| prepare(subject, settings, &work)).collect::<Result<Vec<Contender>>>()?;
    fill(&mut contenders, settings, &load)?;

    let mut rounds = Vec::new();
    for round in 1..=settings.pace.rounds {
        for contender in &mut contenders {
            rounds.push(measure(contender, contender.name, &load, &settings.pace, round)?);
        }
        // Who comes first changes, so that none always runs after the same other.
        contenders.rotate_left(1);
    }
    report(settings, &rounds)
}

/// Makes a directory anew and returns its full path.
pub fn fresh_directory(directory: &Path) -> Result<std::path::PathBuf> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    directory.canonicalize().with_context(|| format!("cannot find {}", directory.display()))
}

fn prepare(subject: Subject, settings: &Settings, work: &Path) -> Result<Contender> {
    match subject {
        Subject::Ceiling => ceiling::prepare(work, settings.customers),
        Subject::Shopfolk => {
            // One contact each: the customer's own address.
            let mut prepared =
                shopfolk::prepare(&settings.places.shopfolk, &work.join("shopfolk"), settings.customers, 1)?;
            prepared.contender.write_customers(prepared.ids.iter().map(u64::to_string))?;
            Ok(prepared.contender)
        }
        Subject::Pocketbase => pocketbase::prepare(&settings.places.pocketbase, work, settings.customers),
    }
}

/// Loads Shopfolk until its database is past the wanted size, and then PocketBase for the same time. A small database
/// would flatter both.
fn fill(contenders: &mut [Contender], settings: &Settings, load: &Load) -> Result<()> {
    let mut seconds = 0;
    // Shopfolk stands before PocketBase, so its time is known when PocketBase's turn comes.
    for contender in contenders.iter_mut().filter(|contender| contender.database.is_some()) {
        eprintln!("filling {}", contender.name);
        let server = contender.start()?;
        if contender.name == "Shopfolk" {
            while contender.rows()? <= settings.fill {
                ensure!(seconds < FILL_LIMIT, "the fill did not end within {FILL_LIMIT} s");
                load.run(contender, &server, FILL_PIECE)?;
                seconds += FILL_PIECE;
            }
        } else {
            load.run(contender, &server, seconds.max(FILL_PIECE))?;
        }
        server.stop()?;
        eprintln!("{} holds {} contacts", contender.name, contender.rows()?);
    }
    Ok(())
}

fn report(settings: &Settings, rounds: &[Round]) -> Result<()> {
    let names = ["ceiling", "Shopfolk", "PocketBase"];
    let measured = names.iter().filter(|name| rounds.iter().any(|round| round.subject == **name));
    let summaries: Vec<Summary> = measured.map(|name| Summary::of(name, rounds)).collect();
    let figures = report::figures(&summaries);
    println!("{figures}");
    let [ceiling, shopfolk, pocketbase] = summaries.as_slice() else { return Ok(()) };

    let targets = [
        Target::at_least(
            "Shopfolk / PocketBase, requests/s",
            "at least 5",
            shopfolk.rate / pocketbase.rate,
            5.0,
        ),
        Target::at_most("Shopfolk / PocketBase, p99", "at most 0.25", shopfolk.p99 / pocketbase.p99, 0.25),
        Target::at_most(
            "Shopfolk / PocketBase, peak memory",
            "below 1",
            shopfolk.peak_memory / pocketbase.peak_memory,
            1.0,
        ),
        Target::at_least(
            "Shopfolk / ceiling, requests/s",
            "at least 0.20",
            shopfolk.rate / ceiling.rate,
            0.2,
        ),
        Target::at_least("Shopfolk / ceiling, requests/s", "aim: 0.50", shopfolk.rate / ceiling.rate, 0.5),
    ];
    println!("{}", report::targets(&targets));
    let command = format!(
        "bench/run contacts --rounds {} --seconds {} --connections {}",
        settings.pace.rounds, settings.pace.seconds, settings.pace.connections
    );
    Report {
        name: "contacts",
        title: "Creating customer contacts",
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
    let bars = |value: &dyn Fn(&Summary) -> f64, text: &dyn Fn(&Summary) -> String| {
        let bar = |summary: &Summary| Bar {
            label: match summary.name.as_str() {
                "ceiling" => "bare server, stores nothing".to_owned(),
                name => name.to_owned(),
            },
            value: value(summary),
            text: text(summary),
            ours: summary.name == "Shopfolk",
        };
        summaries.iter().map(bar).collect()
    };
    let panels = [
        Panel {
            title: "Contacts created a second",
            note: "more is better",
            bars: bars(&|summary| summary.rate, &|summary| grouped(summary.rate)),
        },
        Panel {
            title: "99 of 100 answered within",
            note: "less is better",
            bars: bars(&|summary| summary.p99, &|summary| format!("{:.1} ms", summary.p99)),
        },
    ];
    chart::render(
        "Creating customer contacts",
        &format!("one machine, {connections} connections, load generator beside the server"),
        &panels,
    )
}
