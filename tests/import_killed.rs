//! Imports that are killed at any moment: the same command goes on from there, to the same store as without.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::process::Stdio;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use harness::{PATIENCE, Program, customer_lines, eventually, seed};

on_each_engine! {
    an_import_that_is_killed_and_repeated_makes_the_same_store,
}

const CUSTOMERS: u32 = 3_000;
/// How often the import is killed.
const KILLS: u32 = 3;
/// Where it goes without being killed, and where it is killed.
const WHOLE: &str = "2";
const KILLED: &str = "3";
const IMPORT: [&str; 3] = ["import", "customers.ndjson", "--store"];

/// How many customers the store has in which imports are killed.
fn count(program: &Program) -> u32 {
    let sql = format!("SELECT count(*) FROM customers WHERE store_id = {KILLED}");
    if program.is_on_postgres() {
        return program.postgres().psql(&sql).trim().parse().unwrap();
    }
    let database = rusqlite::Connection::open(program.database()).unwrap();
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Starts the import, and kills it as soon as the store has this many customers.
fn import_until(program: &Program, customers: u32) {
    let mut command = program.command(&[&IMPORT[..], &[KILLED]].concat());
    let mut import = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the import has come so far", PATIENCE, || (count(program) >= customers).then_some(()));
    import.kill().unwrap();
    import.wait().unwrap();
}

/// What a store exports, without what it gives itself.
fn exported(program: &Program, store: &str) -> Vec<Value> {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["id", "key", "updated", "customerGroupId"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(forget);
            }
            Value::Array(items) => items.iter_mut().for_each(forget),
            _ => {}
        }
    }
    let exported = program.run(&["export", "--store", store, "-"]).succeeded().stdout;
    let mut customers: Vec<Value> =
        customer_lines(&exported).map(|line| serde_json::from_str(line).unwrap()).collect();
    customers.iter_mut().for_each(forget);
    customers
}

fn an_import_that_is_killed_and_repeated_makes_the_same_store(program: Program) {
    let mut random = StdRng::seed_from_u64(seed());
    for store in ["1", WHOLE, KILLED] {
        program.run(&["store", "create", "--id", store, "--name", "A shop"]).succeeded();
    }
    let customers = CUSTOMERS.to_string();
    program.run(&["generate", "--store", "1", "--customers", &customers, "--seed", "5"]).succeeded();
    program.run(&["export", "--store", "1", "customers.ndjson"]).succeeded();
    program.run(&[&IMPORT[..], &[WHOLE]].concat()).succeeded();
    for kill in 1..=KILLS {
        // Within the part of the file that this kill is for, so that there is something left for the next one.
        let most = CUSTOMERS / (KILLS + 1) * kill;
        let wanted = random.random_range(most - CUSTOMERS / (KILLS + 1) + 1..=most);
        import_until(&program, wanted);
        println!("killed when {wanted} customers were wanted, and {} were there", count(&program));
    }
    program.run(&[&IMPORT[..], &[KILLED]].concat()).succeeded();
    program.run(&["check"]).succeeded();
    let (whole, killed) = (exported(&program, WHOLE), exported(&program, KILLED));
    assert_eq!((whole.len(), killed.len()), (CUSTOMERS as usize, CUSTOMERS as usize));
    for (whole, killed) in whole.iter().zip(&killed) {
        assert_eq!(whole, killed);
    }
    let again = program.run(&[&IMPORT[..], &[KILLED]].concat()).succeeded();
    let unchanged = format!("0 customers created, 0 changed, {CUSTOMERS} as they were");
    assert!(again.stderr.contains(&unchanged), "{again:?}");
}
