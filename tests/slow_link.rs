//! A database that is far away: what moves many customers asks it for many at once, so that it gets through, and through
//! connections that are lost as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::time::Duration;

use serde_json::{Value, json};
use shopfolk_test_postgres::proxy::Proxy;

use harness::{Outcome, Program, STORE, Shop};

/// As between two regions of a continent.
const ROUND_TRIP: Duration = Duration::from_millis(20);
const CUSTOMERS: u64 = 2_000;

/// A file with so many customers who have contacts, addresses and references, and pay taxes.
fn file(count: u64) -> String {
    let made = Shop::new();
    let (store, count) = (STORE.to_string(), count.to_string());
    made.program.run(&["generate", "--store", &store, "--customers", &count, "--seed", "7"]).succeeded();
    let exported = export(&made.program);
    let with_reference = |(number, line): (usize, &str)| {
        let mut customer: Value = serde_json::from_str(line).unwrap();
        customer["externalReferenceId"] = json!(format!("R{number}"));
        customer["taxExempt"] = json!(false);
        customer.to_string() + "\n"
    };
    exported.lines().enumerate().map(with_reference).collect()
}

fn export(program: &Program) -> String {
    program.run(&["export", "--store", &STORE.to_string(), "-"]).succeeded().stdout
}

fn import(program: &Program, file: &str) -> String {
    let store = STORE.to_string();
    program.run_with_input(&["import", "--store", &store, "-"], file.as_bytes()).succeeded().stderr
}

fn copy(from: &str, to: &str) -> Outcome {
    Outcome::of(Program::new().bare().args(["copy", "--from", from, "--to", to])).succeeded()
}

#[test]
fn a_copy_gets_through_a_slow_link_in_both_directions() {
    let source = Shop::new();
    import(&source.program, &file(CUSTOMERS));
    let database = Program::on_postgres();
    let proxy = Proxy::slow(database.postgres().address(), ROUND_TRIP);
    let far = database.through(&proxy);
    let there = copy(&source.program.database_url(), &far.database_url());
    assert!(there.stdout.contains(&format!("customers {CUSTOMERS}, ")), "{there:?}");
    assert_eq!(database.run(&["check"]).succeeded().stdout, "");
    let returned = Program::new();
    let back = copy(&far.database_url(), &returned.database_url());
    assert_eq!(back.stdout, there.stdout);
    assert_eq!(export(&returned), export(&source.program));
    assert_eq!(returned.run(&["check"]).succeeded().stdout, "");
}
