//! What tests rely on: a server that keeps what it answered, follows, takes over, and leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use shopfolk_test_postgres::{PgBouncer, PostgresServer, Settings, StopMode, TestDatabase};

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn count(database: &TestDatabase) -> String {
    database.psql("SELECT count(*) FROM things").trim().to_owned()
}

#[test]
fn databases_are_apart_and_a_crash_keeps_what_was_committed() {
    let server = PostgresServer::start();
    let (one, other) = (server.create_database(), server.create_database());
    assert_ne!(one.name(), other.name());
    one.psql("CREATE TABLE things (id BIGINT); INSERT INTO things SELECT generate_series(1, 10)");
    server.crash_and_start_again();
    assert_eq!(count(&one), "10");
    assert_eq!(other.psql("SELECT to_regclass('things') IS NULL").trim(), "t");
    assert_eq!(one.psql("SHOW fsync").trim(), "on");
    assert_eq!(one.psql("SHOW synchronous_commit").trim(), "on");
}

#[test]
fn a_standby_that_takes_over_has_everything() {
    let primary = PostgresServer::start();
    let database = primary.create_database();
    database.psql("CREATE TABLE things (id BIGINT)");
    let standby = primary.standby();
    database.psql("INSERT INTO things SELECT generate_series(1, 10)");
    primary.stop(StopMode::Immediate);
    standby.promote();
    let database = standby.database(database.name());
    assert_eq!(count(&database), "10");
    database.psql("INSERT INTO things VALUES (11)");
}

#[test]
fn a_server_with_tls_turns_plain_connections_away() {
    let server = PostgresServer::start_with(Settings { tls: true });
    let database = server.create_database();
    let psql = |mode: &str| {
        let url =
            format!("{}?sslmode={mode}&sslrootcert={}", database.url(), server.ca_certificate().display());
        let mut psql = Command::new(server.bin("psql"));
        psql.args([&url, "--command", "SELECT 1"]).stdout(Stdio::null()).stderr(Stdio::null());
        psql.status().unwrap().success()
    };
    assert!(psql("verify-full"));
    assert!(!psql("disable"));
}

#[test]
fn a_pooler_passes_statements_on() {
    if !PgBouncer::is_installed() {
        eprintln!("left out: PgBouncer is not installed");
        return;
    }
    let server = PostgresServer::start();
    let database = server.create_database();
    let pooler = PgBouncer::start(&server);
    let output = Command::new(server.bin("psql"))
        .args([&pooler.url(&database), "--tuples-only", "--command", "SELECT 6 * 7"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "42");
}

/// Starts a server, says where it is, and waits to be killed. Does something only as a child of the test below.
#[test]
fn child_that_is_killed() {
    if std::env::var_os("SHOPFOLK_TEST_CHILD").is_none() {
        return;
    }
    let server = PostgresServer::start();
    let directory = server.create_database().psql("SHOW data_directory");
    std::fs::write(std::env::var_os("SHOPFOLK_TEST_CHILD").unwrap(), directory.trim()).unwrap();
    loop {
        thread::park();
    }
}

#[test]
fn nothing_is_left_of_a_killed_process() {
    let told = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed"])
        .env("SHOPFOLK_TEST_CHILD", told.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let directory = || std::fs::read_to_string(told.path()).unwrap();
    eventually("the server of the child runs", || !directory().is_empty());
    let data = PathBuf::from(directory());
    assert!(data.join("postmaster.pid").exists());
    // The way a terminal's Ctrl-C and a test runner's time limit come: to everything that the child has started too.
    let group = child.id().to_string();
    let killed = Command::new("sh").args(["-c", "kill -s KILL -- \"-$0\"", &group]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap();
    eventually("the directory is gone", || !data.exists() && !data.parent().unwrap().exists());
}
