//! Moving stores to another database: what `copy` copies, refuses, says, and how it stops and goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use harness::{Client, Outcome, PATIENCE, Program, STORE, Server, Shop, contacts, create_customer};

/// A file beside the program's database.
fn url(program: &Program, name: &str) -> String {
    format!("sqlite:{}", program.directory().join(name).display())
}

fn copy_command(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.bare();
    let (from, to) = (program.database_url(), url(program, "new.db"));
    command.args(["copy", "--from", &from, "--to", &to]).args(arguments);
    command
}

fn copy(program: &Program, arguments: &[&str]) -> Outcome {
    Outcome::of(&mut copy_command(program, arguments))
}

fn on(program: &Program, database: &str, arguments: &[&str]) -> Outcome {
    Outcome::of(program.bare().args(arguments).args(["--database", &url(program, database)]))
}

fn serve(program: &Program, database: &str) -> Server {
    let mut command = program.bare();
    let database = url(program, database);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn", "--database", &database]);
    Server::start_command(&mut command)
}

/// Creates customers with contacts, as apps do.
fn fill(client: &Client, name: &str) -> Vec<u64> {
    let customers: Vec<u64> =
        (0..3).map(|number| create_customer(client, &format!("{name}{number}@example.com"))).collect();
    for number in 0..30 {
        let body = json!({ "type": "PHONE", "contact": format!("+1 {number}"), "default": number % 7 == 0 });
        let customer = customers[number % customers.len()];
        assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
    }
    customers
}

fn all_contacts(client: &Client, customers: &[u64]) -> Vec<Vec<serde_json::Value>> {
    customers.iter().map(|&customer| harness::list_contacts(client, customer)).collect()
}

#[test]
fn stores_are_served_from_another_database_as_they_were() {
    let shop = Shop::new();
    let program = &shop.program;
    program.run(&["store", "create", "--id", "7", "--name", "Another"]).succeeded();
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customers = fill(&client, "anna");

    // While the server runs, and many contacts are not settled yet.
    let copied = copy(program, &[]).succeeded();
    let lines: Vec<_> = copied.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{copied:?}");
    assert!(lines[0].starts_with("store 7: the same in both: tokens 0, customers 0,"), "{copied:?}");
    assert!(lines[1].contains("tokens 1, customers 3, contacts 33, events 35, sha256 "), "{copied:?}");
    assert!(!copied.stderr.contains("suspended"), "{copied:?}");
    on(program, "new.db", &["check"]).succeeded();

    // What came since comes with the next copy, which ends the move.
    let more = fill(&client, "bert");
    program.run(&["store", "suspend", "--id", &STORE.to_string()]).succeeded();
    let copied = copy(program, &[]).succeeded();
    assert!(copied.stderr.contains("1 of them suspended"), "{copied:?}");
    on(program, "new.db", &["store", "resume", "--id", &STORE.to_string()]).succeeded();
    on(program, "new.db", &["check"]).succeeded();
    program.run(&["store", "resume", "--id", &STORE.to_string()]).succeeded();
    let customers = [customers, more].concat();
    let before = harness::eventually("the store is open again", PATIENCE, || {
        let open = client.get(&harness::customers()).unwrap().status == 200;
        open.then(|| all_contacts(&client, &customers))
    });

    let moved = serve(program, "new.db");
    let client = Client::new(moved.address, &shop.token);
    assert_eq!(all_contacts(&client, &customers), before);
    create_customer(&client, "clara@example.com");
    moved.stop();

    // From now on it has a life of its own, and the old database is no source for it any more.
    let refused = copy(program, &["--store", "1003"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:?}");
    let line = refused.stderr.lines().last().unwrap();
    assert!(line.contains("Store #1003 of the target") && line.contains("--to"), "{line}");
}

#[test]
fn one_store_is_copied_alone() {
    let shop = Shop::new();
    shop.program.run(&["store", "create", "--id", "7", "--name", "Another"]).succeeded();
    let copied = copy(&shop.program, &["--store", "7"]).succeeded();
    assert_eq!(copied.stdout.lines().count(), 1, "{copied:?}");
    let stores = on(&shop.program, "new.db", &["store", "list"]).succeeded().stdout;
    assert!(stores.contains("Another") && !stores.contains("A shop"), "{stores}");
}

#[test]
fn what_cannot_be_copied_is_named_and_leaves_nothing_behind() {
    let shop = Shop::new();
    let program = &shop.program;
    let source = program.database_url();
    let copy_between =
        |from: &str, to: &str| Outcome::of(program.bare().args(["copy", "--from", from, "--to", to]));

    let same = copy_between(&source, "sqlite:./shop.db").failed(2);
    assert!(same.contains("the same database") && same.contains("--to"), "{same}");
    let missing = copy_between("sqlite:missing.db", "sqlite:new.db").failed(1);
    assert!(missing.contains("missing.db") && missing.contains("--from"), "{missing}");
    let nowhere = copy_between(&source, "sqlite:nowhere/new.db").failed(1);
    assert!(nowhere.contains("nowhere") && nowhere.contains("--to"), "{nowhere}");
    let kind = copy_between(&source, "mysql://shop:hunter2@db/shop").failed(2);
    assert!(kind.contains("'mysql'") && kind.contains("--to") && !kind.contains("hunter2"), "{kind}");
    let unknown = copy(program, &["--store", "9"]).failed(1);
    assert!(unknown.contains("Store #9 not found in sqlite:"), "{unknown}");
    let without = Outcome::of(program.bare().args(["copy", "--from", &source])).failed(2);
    assert!(without.contains("--to"), "{without}");
    assert!(!program.directory().join("new.db").exists());
}

#[test]
fn a_store_that_is_another_one_in_the_target_stays_as_it_is() {
    let shop = Shop::new();
    let program = &shop.program;
    let store = STORE.to_string();
    on(program, "new.db", &["store", "create", "--id", &store, "--name", "Somebody else's"]).succeeded();
    on(program, "new.db", &["token", "create", "--store", &store, "--scopes", "read_customers"]).succeeded();
    on(program, "new.db", &["token", "create", "--store", &store, "--scopes", "read_orders"]).succeeded();
    let refused = copy(program, &[]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("Store #1003 of the target is another one"), "{refused:?}");
    let stores = on(program, "new.db", &["store", "list"]).succeeded().stdout;
    assert!(stores.contains("Somebody else's") && stores.contains("open"), "{stores}");
}

#[test]
fn a_copy_that_is_told_to_stop_goes_on_when_it_is_started_again() {
    let shop = Shop::new();
    let program = &shop.program;
    let server = shop.serve(&[]);
    fill(&shop.client(&server), "anna");
    server.stop();
    on(program, "new.db", &["store", "create", "--id", "7", "--name", "Another"]).succeeded();

    // Somebody else holds the target while the copy is told to stop, so that it cannot be through by then.
    let target = Connection::open(program.directory().join("new.db")).unwrap();
    target.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut command = copy_command(program, &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    said.find(|line| line.starts_with("Copying 1 store")).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    said.find(|line| line.starts_with("Stopping")).unwrap();
    target.execute_batch("ROLLBACK").unwrap();
    let rest: Vec<_> = said.collect();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{rest:?}");
    assert!(rest.last().unwrap().ends_with("the same command goes on from here"), "{rest:?}");
    let stores = on(program, "new.db", &["store", "list"]).succeeded().stdout;
    assert!(!stores.contains("1003  open"), "half a copy is not open: {stores}");

    copy(program, &[]).succeeded();
    let stores = on(program, "new.db", &["store", "list"]).succeeded().stdout;
    assert!(stores.contains("1003  open"), "{stores}");
    on(program, "new.db", &["check"]).succeeded();
}
