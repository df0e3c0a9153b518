//! The same creates into stores of very different sizes: does a large store slow Shopfolk down, or make it need more
//! memory?

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::chart::{self, Bar, Panel};
use crate::contacts::fresh_directory;
use crate::contender::Contender;
use crate::load::Load;
use crate::measure::{Round, measure};
use crate::report::{self, Report, Summary, Target};
use crate::shopfolk::{self, Prepared};
use crate::table::grouped;
use crate::{Pace, Places};

/// Customers that the load creates contacts for, at every size.
const LOADED_CUSTOMERS: u32 = 10_000;
/// Contacts of each customer, except in a store too small for that.
const CONTACTS_EACH: u32 = 10;

const EXPLANATION: &str = "Each round starts with a fresh copy of a store of the given size and creates contacts for 10,000 of \
    its customers, spread evenly over the whole store. How the stores are filled is told in [the README](../README.md).";

/// What `shopfolk-bench growth` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    places: Places,
    /// How many contacts the stores hold before the load; multiples of 10,000. The first one is what the others are
    /// compared with.
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000,10000000")]
    sizes: Vec<u32>,
}

/// A store of one size: the filled database, which stays as it is, and the contender that gets a copy of it each round.
struct Store {
    name: String,
    filled: PathBuf,
    contender: Contender,
}

/// Measures, prints the table and writes the report.
///
/// # Errors
/// When Shopfolk fails, refuses or loses a request, a filled store is not in order, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    ensure!(settings.sizes.len() > 1, "give at least two sizes to compare");
    let work = fresh_directory(&settings.places.work.join("growth"))?;
    let load = Load::prepare(&work, &settings.pace)?;
    let mut stores = settings
        .sizes
        .iter()
        .map(|&size| prepare(&settings.places.shopfolk, &work, size))
        .collect::<Result<Vec<Store>>>()?;

    let mut rounds = Vec::new();
    for round in 1..=settings.pace.rounds {
        for store in &mut stores {
            store.copy()?;
            rounds.push(measure(&mut store.contender, &store.name, &load, &settings.pace, round)?);
        }
        // The machine's speed drifts, so that the sizes take turns in going first.
        stores.rotate_left(1);
    }
    report(settings, &rounds)
}

fn prepare(program: &Path, work: &Path, size: u32) -> Result<Store> {
    ensure!(
        size > 0 && size.is_multiple_of(LOADED_CUSTOMERS),
        "a store of {size} contacts cannot be made: the size must be a multiple of {LOADED_CUSTOMERS}"
    );
    let directory = work.join(size.to_string());
    let contacts_each = CONTACTS_EACH.min(size / LOADED_CUSTOMERS);
    let Prepared { mut contender, ids } =
        shopfolk::prepare(program, &directory, size / contacts_each, contacts_each)?;
    let database = contender.database.clone().context("Shopfolk has no database")?;
    shopfolk::check(program, &shopfolk::url(&database)).context("the filled store is not in order")?;
    let rows = contender.rows()?;
    ensure!(rows == u64::from(size), "the filled store holds {rows} contacts instead of {size}");

    // Stopping the server has left everything in the one file.
    let filled = directory.join("filled.db");
    fs::rename(&database, &filled).context("cannot put the filled database aside")?;
    let step = ids.len() / LOADED_CUSTOMERS as usize;
    contender.write_customers(ids.iter().step_by(step.max(1)).map(u64::to_string))?;
    Ok(Store { name: words(size), filled, contender })
}

impl Store {
    /// Puts a fresh copy of the filled database where the server expects it.
    fn copy(&self) -> Result<()> {
        let database = self.contender.database.as_deref().context("Shopfolk has no database")?;
        for ending in ["", "-wal", "-shm"] {
            let mut old = database.as_os_str().to_owned();
            old.push(ending);
            match fs::remove_file(&old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).context("cannot remove the database of the round before");
                }
                _ => {}
            }
        }
        fs::copy(&self.filled, database).context("cannot copy the filled database")?;
        Ok(())
    }
}

/// A size as a person says it.
fn words(size: u32) -> String {
    match size {
        size if size >= 1_000_000 && size.is_multiple_of(1_000_000) => {
            format!("{} million", size / 1_000_000)
        }
        size if size >= 1_000 => format!("{} thousand", size / 1_000),
        size => size.to_string(),
    }
}

fn report(settings: &Settings, rounds: &[Round]) -> Result<()> {
    let summaries: Vec<Summary> =
        settings.sizes.iter().map(|&size| Summary::of(&words(size), rounds)).collect();
    let [smallest, .., largest] = summaries.as_slice() else { return Ok(()) };
    let targets = [
        Target::at_least(
            "largest / smallest store, requests/s",
            "at least 0.80",
            largest.rate / smallest.rate,
            0.8,
        ),
        Target::none("largest / smallest store, p99", largest.p99 / smallest.p99),
        Target::at_most(
            "largest / smallest store, peak memory",
            "at most 1.20",
            largest.peak_memory / smallest.peak_memory,
            1.2,
        ),
    ];
    let figures = report::figures(&summaries);
    println!("{figures}\n{}", report::targets(&targets));
    let sizes: Vec<String> = settings.sizes.iter().map(u32::to_string).collect();
    let command = format!(
        "bench/run growth --rounds {} --seconds {} --connections {} --sizes {}",
        settings.pace.rounds,
        settings.pace.seconds,
        settings.pace.connections,
        sizes.join(",")
    );
    Report {
        name: "growth",
        title: "Creating contacts in a growing store",
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
            label: format!("into {} contacts", summary.name),
            value: value(summary),
            text: text(summary),
            ours: true,
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
        Panel {
            title: "Peak memory",
            note: "less is better",
            bars: bars(&|summary| summary.peak_memory, &|summary| format!("{:.0} MB", summary.peak_memory)),
        },
    ];
    chart::render(
        "Creating contacts in a growing store",
        &format!("Shopfolk on one machine, {connections} connections, load generator beside the server"),
        &panels,
    )
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn sizes_are_said_in_words() {
        assert_eq!(words(10_000), "10 thousand");
        assert_eq!(words(10_000_000), "10 million");
        assert_eq!(words(1_500_000), "1500 thousand");
    }
}
