//! Databases of former releases: they are brought up to date, hold what they held, and answer as they did.
//!
//! `tests/databases` has a directory for each release that changed the tables, with a database of each engine as SQL and
//! what the release answered. The ignored tests here write those of the release that is being made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

#[path = "former_releases/answers.rs"]
mod answers;
#[path = "former_releases/contents.rs"]
mod contents;
mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Client, Outcome, PATIENCE, Program, STORE, Server, Shop, create_customer, eventually};

use answers::Answers;

on_each_engine! {
    a_database_of_a_former_release_opens_and_answers_the_same,
    a_database_of_a_former_release_is_copied,
    whoever_brings_tables_up_to_date_is_told_of_each_migration,
    #[ignore = "it writes the files that the others read, when a release is made"]
    write_a_database_of_this_release,
}

const DATABASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/databases");

fn engine(program: &Program) -> &'static str {
    if program.is_on_postgres() { "postgres" } else { "sqlite" }
}

/// The directories of the releases.
fn releases() -> Vec<PathBuf> {
    let mut releases: Vec<_> = fs::read_dir(DATABASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    releases.sort();
    assert!(!releases.is_empty(), "no database of a former release is there");
    releases
}

/// The database that a release has left.
fn restore(program: &Program, release: &Path) -> Answers {
    let name = engine(program);
    let dump = release.join(format!("{name}.sql"));
    if program.is_on_postgres() {
        program.postgres().run_file(&dump);
    } else {
        program.execute(&fs::read_to_string(dump).unwrap());
    }
    Answers::read(&release.join(format!("{name}.answers.ndjson")))
}

/// An empty database beside that of the program.
fn another(program: &Program) -> Program {
    if program.is_on_postgres() { Program::on_postgres() } else { Program::new() }
}

fn a_database_of_a_former_release_opens_and_answers_the_same(program: Program) {
    for release in releases() {
        let program = another(&program);
        let answers = restore(&program, &release);
        let shop = Shop { program, token: answers.token.clone() };
        let server = shop.serve(&[]);
        let client = shop.client(&server);
        answers.assert_given_by(&client);
        assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");

        // What comes now goes beside what was there.
        let before = harness::customer_ids(&client);
        let created = create_customer(&client, "somebody.new@example.com");
        assert!(before.iter().all(|&id| id < created), "{created} is no new id: {before:?}");
        let said = server.stop();
        assert!(!said.contains("ERROR"), "{said}");
        assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
    }
}

fn a_database_of_a_former_release_is_copied(program: Program) {
    for release in releases() {
        let program = another(&program);
        let answers = restore(&program, &release);
        let target = Program::new();
        let (from, to) = (program.database_url(), target.database_url());
        Outcome::of(program.bare().args(["copy", "--from", &from, "--to", &to])).succeeded();
        assert_eq!(target.run(&["check"]).succeeded().stdout, "");
        let shop = Shop { program: target, token: answers.token.clone() };
        let server = shop.serve(&[]);
        answers.assert_given_by(&shop.client(&server));
    }
}

fn whoever_brings_tables_up_to_date_is_told_of_each_migration(program: Program) {
    let oldest = releases().remove(0);
    let to_fold = "UPDATE orders SET email = 'straße@example.com', email_key = 'straße@example.com' WHERE order_number = 1";
    restore(&program, &oldest);
    program.execute(to_fold);
    let told = program.run(&["migrate"]).succeeded().stderr;
    let migrations: Vec<_> = told.lines().filter(|line| line.starts_with("changing the tables: ")).collect();
    assert!(migrations[0].starts_with("changing the tables: V6__"), "{told}");
    for (number, line) in (1..).zip(&migrations) {
        assert!(line.ends_with(&format!("({number} of {})", migrations.len())), "{told}");
    }
    let folding = "folding the e-mail addresses of orders: ";
    assert_eq!(told.contains(folding), program.is_on_postgres(), "{told}");
    let again = program.run(&["migrate"]).succeeded().stderr;
    assert_eq!(again.lines().count(), 1, "{again}");

    // A server says the same in its log.
    let program = another(&program);
    restore(&program, &oldest);
    program.execute(to_fold);
    let server = Server::start(&program, &["--log", "json", "--log-level", "error"]);
    let said = server.stop();
    let log: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_told = |words: &str| log.iter().any(|line| line["message"].as_str().unwrap().starts_with(words));
    assert!(migrations.iter().all(|line| is_told(line)), "{said}");
    assert_eq!(is_told(folding), program.is_on_postgres(), "{said}");
}

fn write_a_database_of_this_release(program: Program) {
    let shop = contents::make(program);
    let program = &shop.program;
    let directory = Path::new(DATABASES).join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&directory).unwrap();
    let (name, dump) = (engine(program), dump(program));
    fs::write(directory.join(format!("{name}.sql")), dump).unwrap();
    let server = shop.serve(&[]);
    Answers::ask(&shop.client(&server), &shop.token).write(&directory.join(format!("{name}.answers.ndjson")));
}

/// The SQL that makes a database like that of the program, which nobody serves.
fn dump(program: &Program) -> String {
    if !program.is_on_postgres() {
        let dump = Command::new("sqlite3").arg(program.database()).arg(".dump").output().unwrap();
        return Outcome::from(dump).succeeded().stdout;
    }
    // Without what another version of psql could not read.
    let dump = program.postgres().dump();
    let lines = dump.lines().filter(|line| !line.starts_with("--") && !line.starts_with('\\'));
    lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}
