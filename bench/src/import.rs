//! Customers from a file and to a file: imports beside the `sqlite3` shell's `.import` of the same rows, and exports.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::Places;
use crate::chart::{self, Bar, Panel};
use crate::contacts::fresh_directory;
use crate::measure::settle_disk;
use crate::report::{self, Report, Target};
use crate::shopfolk::{self, STORE, url};
use crate::statistics::median;
use crate::table::{Table, grouped};
use crate::usage::Usage;

/// The tables that an import fills. What searches look through is left out: `.import` reads no packed rows.
const TABLES: [&str; 4] = ["customers", "customer_details", "contacts", "events"];

const EXPLANATION: &str = "The customers are made by `shopfolk generate`; each round exports them as NDJSON and as CSV, imports the NDJSON into \
    an empty store and then again, where it changes nothing, and the CSV into another empty store, and reads the rows of the first \
    store, written as CSV before, into empty tables with the same indexes with the `.import` of the `sqlite3` shell. Shopfolk finds out \
    what each column is, checks every field, looks who is there already, gives ids, packs what searches look through (nothing of which \
    the other has to do) and commits some hundred customers at a time, each commit on the disk, so that others who write wait for \
    no longer than that; the shell commits once a table.";

/// What `shopfolk-bench import` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    places: Places,
    /// How often each is measured; the report shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many customers there are.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    customers: u64,
}

/// What one round measured: times in seconds, sizes in bytes.
#[derive(Debug, Serialize)]
struct Round {
    number: u32,
    file_size: u64,
    export_seconds: f64,
    export_memory: u64,
    import_seconds: f64,
    import_memory: u64,
    repeat_seconds: f64,
    repeat_memory: u64,
    csv_seconds: f64,
    csv_memory: u64,
    sqlite3_seconds: f64,
}

/// Measures, prints the table and writes the report.
///
/// # Errors
/// When a program fails, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    let work = fresh_directory(&settings.places.work.join("import"))?;
    let bench = Bench { program: settings.places.shopfolk.clone(), work };
    let (store, customers) = (STORE.to_string(), settings.customers.to_string());
    let from = url(&bench.path("from.db"));
    shopfolk::command(&bench.program, &from, &["store", "create", "--id", &store, "--name", "Bench"])?;
    eprintln!("generating {customers} customers");
    shopfolk::command(&bench.program, &from, &["generate", "--store", &store, "--customers", &customers])?;
    let rounds = (1..=settings.rounds).map(|number| bench.round(number)).collect::<Result<Vec<_>>>()?;
    write_report(settings, &rounds)
}

struct Bench {
    program: PathBuf,
    work: PathBuf,
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    fn round(&self, number: u32) -> Result<Round> {
        let (file, csv) = (self.path("customers.ndjson"), self.path("customers.csv"));
        self.remove(&["customers.ndjson"])?;
        settle_disk()?;
        let (export_seconds, export_memory) = self.transfer("export", "from.db", &file)?;
        let file_size = fs::metadata(&file).context("there is no export")?.len();
        self.transfer("export", "from.db", &csv)?;

        let (csv_seconds, csv_memory) = self.import_into_new("to.db", &csv)?;
        self.remove(&["customers.csv"])?;
        let (import_seconds, import_memory) = self.import_into_new("to.db", &file)?;
        settle_disk()?;
        let (repeat_seconds, repeat_memory) = self.transfer("import", "to.db", &file)?;
        self.remove(&["customers.ndjson"])?;

        let sqlite3_seconds = self.import_with_sqlite3()?;
        eprintln!(
            "round {number}: export {export_seconds:.1} s, import {import_seconds:.1} s, again {repeat_seconds:.1} s, \
            CSV {csv_seconds:.1} s, sqlite3 {sqlite3_seconds:.1} s"
        );
        Ok(Round {
            number,
            file_size,
            export_seconds,
            export_memory,
            import_seconds,
            import_memory,
            repeat_seconds,
            repeat_memory,
            csv_seconds,
            csv_memory,
            sqlite3_seconds,
        })
    }

    /// Imports the file into an empty store of a new database.
    fn import_into_new(&self, database: &str, file: &Path) -> Result<(f64, u64)> {
        for suffix in ["", "-wal", "-shm", "-lock"] {
            self.remove(&[&format!("{database}{suffix}")])?;
        }
        let to = url(&self.path(database));
        shopfolk::command(
            &self.program,
            &to,
            &["store", "create", "--id", &STORE.to_string(), "--name", "Bench"],
        )?;
        settle_disk()?;
        self.transfer("import", database, file)
    }

    fn remove(&self, names: &[&str]) -> Result<()> {
        for name in names {
            match fs::remove_file(self.path(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {name}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Runs an import or an export, and answers how many seconds it took and the most memory it held.
    fn transfer(&self, command: &str, database: &str, file: &Path) -> Result<(f64, u64)> {
        let began = Instant::now();
        let mut running = Command::new(&self.program)
            .args([command, "--store", &STORE.to_string(), "--database", &url(&self.path(database))])
            .arg(file)
            .stderr(File::create(self.path("stderr")).context("cannot write")?)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut memory = 0;
        let status = loop {
            if let Some(status) = running.try_wait().context("cannot wait")? {
                break status;
            }
            // Gone between the two calls: then the last figure counts.
            if let Ok(usage) = Usage::of(running.id()) {
                memory = memory.max(usage.peak_memory);
            }
            thread::sleep(Duration::from_millis(20));
        };
        let said = fs::read_to_string(self.path("stderr")).unwrap_or_default();
        ensure!(status.success(), "`shopfolk {command}` failed: {said}");
        Ok((began.elapsed().as_secs_f64(), memory))
    }

    /// Reads the rows of the imported store into empty tables with the same indexes, and answers how many seconds that
    /// took.
    fn import_with_sqlite3(&self) -> Result<f64> {
        let imported = self.path("to.db");
        self.remove(&["shell.db"])?;
        for table in TABLES {
            let rows = File::create(self.path(table)).context("cannot write")?;
            let select = format!("SELECT * FROM {table}");
            self.sqlite3(&["-csv", &imported.display().to_string(), &select], "", Some(rows))?;
        }
        let names = TABLES.map(|name| format!("'{name}'")).join(", ");
        let schema = format!(
            "SELECT sql || ';' FROM sqlite_schema WHERE tbl_name IN ({names}) AND sql IS NOT NULL ORDER BY type DESC"
        );
        let schema = self.sqlite3(&[&imported.display().to_string(), &schema], "", None)?;
        // CSV has no NULL: with an empty text instead, the index has the same entries, where numbers may be texts.
        let schema = schema.replace("external_reference IS NOT NULL", "external_reference <> ''");
        let schema = schema.replace("STRICT, ", "").replace(" STRICT", "");
        let shell = self.path("shell.db").display().to_string();
        self.sqlite3(&[&shell], &schema, None)?;
        let import = |table| format!(".import '{}' {table}\n", self.path(table).display());
        let import = format!(".mode csv\n{}", TABLES.map(import).concat());
        settle_disk()?;
        let began = Instant::now();
        self.sqlite3(&[&shell], &import, None)?;
        let seconds = began.elapsed().as_secs_f64();
        for table in TABLES {
            let count = format!("SELECT count(*) FROM {table}");
            let counts =
                [&imported.display().to_string(), &shell].map(|file| self.sqlite3(&[file, &count], "", None));
            let [ours, theirs] = counts;
            ensure!(ours? == theirs?, "the shell did not import every row of {table}");
        }
        self.remove(&TABLES)?;
        self.remove(&["shell.db"])?;
        Ok(seconds)
    }

    /// Runs the shell with these arguments and this input, and answers what it printed, unless that went elsewhere.
    fn sqlite3(&self, arguments: &[&str], input: &str, output: Option<File>) -> Result<String> {
        let script = self.path("script.sql");
        fs::write(&script, input).context("cannot write the script")?;
        let output = Command::new("sqlite3")
            .args(arguments)
            .stdin(File::open(&script).context("cannot read the script")?)
            .stdout(output.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .context("cannot run sqlite3")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success() && said.is_empty(), "sqlite3 failed: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes and counts far below 2^52")]
fn write_report(settings: &Settings, rounds: &[Round]) -> Result<()> {
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let customers = settings.customers as f64;
    let megabytes = middle(|round| round.file_size as f64 / 1e6);
    let [export, import, repeat, csv, shell] = [
        |round: &Round| round.export_seconds,
        |round: &Round| round.import_seconds,
        |round: &Round| round.repeat_seconds,
        |round: &Round| round.csv_seconds,
        |round: &Round| round.sqlite3_seconds,
    ]
    .map(middle);
    let memory = [
        |round: &Round| round.import_memory as f64 / 1e6,
        |round: &Round| round.repeat_memory as f64 / 1e6,
        |round: &Round| round.csv_memory as f64 / 1e6,
        |round: &Round| round.export_memory as f64 / 1e6,
    ]
    .map(middle);
    let mut table = Table::new([
        "median of the rounds",
        "NDJSON",
        "the same again",
        "CSV",
        "sqlite3 .import",
        "NDJSON written",
    ]);
    let seconds = [import, repeat, csv, shell, export];
    table.row("seconds", seconds.map(|seconds| format!("{seconds:.1}")));
    table.row("customers a second", seconds.map(|seconds| grouped(customers / seconds)));
    let [import_memory, repeat_memory, csv_memory, export_memory] =
        memory.map(|memory| format!("{memory:.0}"));
    table.row("peak memory, MB", [import_memory, repeat_memory, csv_memory, String::new(), export_memory]);
    let figures = format!("{}\nThe NDJSON had {megabytes:.0} MB.\n", table.render());
    let most_memory = memory[..3].iter().copied().fold(0.0, f64::max);
    let targets = [
        Target::at_least("speed of the import / of sqlite3's", "at least 0.56", shell / import, 0.56),
        Target::at_least("speed of a repeat / of the import", "at least 3", import / repeat, 3.0),
        Target::at_least("speed of CSV / of NDJSON", "at least 0.50", import / csv, 0.5),
        Target::at_most("peak memory of an import, MB", "at most 200", most_memory, 200.0),
        Target::at_least("MB exported a second", "at least 100", megabytes / export, 100.0),
    ];
    println!("{figures}\n{}", report::targets(&targets));
    let command = format!("bench/run import --rounds {} --customers {}", settings.rounds, settings.customers);
    let bar = |label: &str, seconds: f64, ours| Bar {
        label: label.to_owned(),
        value: customers / seconds,
        text: grouped(customers / seconds),
        ours,
    };
    let panel = Panel {
        title: "Customers a second",
        note: "more is better",
        bars: vec![
            bar("shopfolk export, NDJSON", export, true),
            bar("shopfolk import, NDJSON", import, true),
            bar("the same again", repeat, true),
            bar("shopfolk import, CSV", csv, true),
            bar("sqlite3 .import", shell, false),
        ],
    };
    let chart = chart::render("Customers in and out", "One store on SQLite, one machine", &[panel]);
    Report {
        name: "import",
        title: "Customers in and out",
        command: &command,
        explanation: EXPLANATION,
        figures: &figures,
        targets: &targets,
        chart: &chart,
        rounds,
    }
    .write(&settings.places.results)
}
