//! The report of a measurement: medians over the rounds, targets, and the files that hold them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;

use crate::machine::Machine;
use crate::measure::Round;
use crate::statistics::median;
use crate::table::{Table, grouped};

/// The medians of one subject over its rounds.
#[derive(Debug)]
pub struct Summary {
    /// The subject, as the report calls it.
    pub name: String,
    /// Requests answered in a second.
    pub rate: f64,
    /// The 50th percentile in milliseconds.
    pub p50: f64,
    /// The 99th percentile in milliseconds.
    pub p99: f64,
    /// The 99.9th percentile in milliseconds.
    pub p999: f64,
    /// The highest memory in megabytes.
    pub peak_memory: f64,
    /// The memory after the load in megabytes.
    pub memory: f64,
    /// Processor time a request in microseconds.
    pub processor: f64,
    /// Kilobytes written to storage a request.
    pub written: f64,
    /// Contacts before the first round.
    pub first_rows: u64,
    /// Contacts after the last round.
    pub last_rows: u64,
}

#[allow(clippy::cast_precision_loss, reason = "counts and sizes far below 2^52")]
impl Summary {
    /// The summary of those rounds that belong to the subject `name`.
    pub fn of(name: &str, rounds: &[Round]) -> Self {
        let mine: Vec<&Round> = rounds.iter().filter(|round| round.subject == name).collect();
        let middle = |figure: &dyn Fn(&Round) -> f64| median(mine.iter().map(|round| figure(round)));
        Self {
            name: name.to_owned(),
            rate: middle(&|round| round.outcome.rate()),
            p50: middle(&|round| round.outcome.p50 as f64 / 1e3),
            p99: middle(&|round| round.outcome.p99 as f64 / 1e3),
            p999: middle(&|round| round.outcome.p999 as f64 / 1e3),
            peak_memory: middle(&|round| round.peak_memory as f64 / 1e6),
            memory: middle(&|round| round.memory as f64 / 1e6),
            processor: middle(&|round| round.processor_microseconds),
            written: middle(&|round| round.written / 1e3),
            first_rows: mine.iter().map(|round| round.rows_before).min().unwrap_or(0),
            last_rows: mine.iter().map(|round| round.rows_after).max().unwrap_or(0),
        }
    }
}

/// The figures of all subjects, one column each.
pub fn figures(summaries: &[Summary]) -> String {
    let heads =
        std::iter::once("median of the rounds").chain(summaries.iter().map(|summary| summary.name.as_str()));
    let mut table = Table::new(heads);
    let mut row = |label: &str, figure: &dyn Fn(&Summary) -> String| {
        table.row(label, summaries.iter().map(figure));
    };
    row("requests/s", &|summary| grouped(summary.rate));
    row("p50, ms", &|summary| format!("{:.1}", summary.p50));
    row("p99, ms", &|summary| format!("{:.1}", summary.p99));
    row("p99.9, ms", &|summary| format!("{:.1}", summary.p999));
    row("peak memory, MB", &|summary| format!("{:.1}", summary.peak_memory));
    row("memory after the load, MB", &|summary| format!("{:.1}", summary.memory));
    row("processor time a request, µs", &|summary| format!("{:.1}", summary.processor));
    row("written a request, KB", &|summary| format!("{:.1}", summary.written));
    row("contacts before the rounds", &|summary| stored(summary, summary.first_rows));
    row("most contacts after a round", &|summary| stored(summary, summary.last_rows));
    table.render()
}

#[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn stored(summary: &Summary, rows: u64) -> String {
    if summary.last_rows == 0 { "none kept".to_owned() } else { grouped(rows as f64) }
}

/// A ratio, and mostly what it is to reach.
#[derive(Debug)]
pub struct Target {
    /// What is divided by what.
    pub ratio: &'static str,
    /// What it is to be, in words.
    pub wanted: &'static str,
    /// What it is.
    pub measured: f64,
    /// Whether that is good enough; nothing if there is no target.
    pub met: Option<bool>,
}

impl Target {
    /// A ratio that must be at least `least`.
    pub fn at_least(ratio: &'static str, wanted: &'static str, measured: f64, least: f64) -> Self {
        Self { ratio, wanted, measured, met: Some(measured >= least) }
    }

    /// A ratio that must be at most `most`.
    pub fn at_most(ratio: &'static str, wanted: &'static str, measured: f64, most: f64) -> Self {
        Self { ratio, wanted, measured, met: Some(measured <= most) }
    }

    /// A ratio without a target, told because it matters.
    pub fn none(ratio: &'static str, measured: f64) -> Self {
        Self { ratio, wanted: "none", measured, met: None }
    }
}

/// The ratios and targets as a table.
pub fn targets(targets: &[Target]) -> String {
    let mut table = Table::new(["ratio", "target", "measured", "met"]);
    for target in targets {
        let met = match target.met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        table
            .row(target.ratio, [target.wanted.to_owned(), format!("{:.2}", target.measured), met.to_owned()]);
    }
    table.render()
}

/// A finished report.
#[derive(Debug)]
pub struct Report<'a, R> {
    /// The name of its files.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// The command that repeats it.
    pub command: &'a str,
    /// What the reader has to know to understand the figures.
    pub explanation: &'static str,
    /// The medians, as a table.
    pub figures: &'a str,
    /// The targets.
    pub targets: &'a [Target],
    /// The chart.
    pub chart: &'a str,
    /// The raw rounds.
    pub rounds: &'a [R],
}

impl<R: Serialize> Report<'_, R> {
    /// Writes the table, the chart and the raw rounds.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let machine = Machine::this();
        let text = format!(
            "# {}\n\n![{}]({}.svg)\n\n{}\n{}\n{}\n\n{} Made by `{}`; the single rounds are in `{}.json`.\n",
            self.title,
            self.title,
            self.name,
            self.figures,
            targets(self.targets),
            self.explanation,
            machine.sentence(),
            self.command,
            self.name,
        );
        let raw = json!({ "command": self.command, "machine": machine, "rounds": self.rounds });
        let raw = serde_json::to_string_pretty(&raw).context("cannot write the rounds as JSON")?;
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        for (ending, content) in [("md", text.as_str()), ("svg", self.chart), ("json", &format!("{raw}\n"))] {
            let path = directory.join(format!("{}.{ending}", self.name));
            fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("wrote {}", path.display());
        }
        Ok(())
    }
}
