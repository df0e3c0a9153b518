//! Customers to and from files, and customers made up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use harness::{Outcome, Program};

on_each_engine! {
    customers_go_to_a_file_and_into_another_store_as_they_were,
    bad_lines_are_told_beside_and_the_rest_is_imported,
    a_seed_makes_the_same_customers_once,
}

fn stores(program: &Program) {
    for id in ["1", "2"] {
        program.run(&["store", "create", "--id", id, "--name", "A shop"]).succeeded();
    }
}

fn export(program: &Program, store: &str) -> String {
    program.run(&["export", "--store", store, "-"]).succeeded().stdout
}

/// The lines without what another store gives itself.
fn without_ids(exported: &str) -> Vec<Value> {
    let customer = |line: &str| {
        let mut customer: Value = serde_json::from_str(line).unwrap();
        for list in ["contacts", "shippingAddresses"] {
            for item in customer[list].as_array_mut().unwrap() {
                item["id"] = Value::Null;
            }
        }
        customer["updated"] = Value::Null;
        customer
    };
    exported.lines().map(customer).collect()
}

fn customers_go_to_a_file_and_into_another_store_as_they_were(program: Program) {
    stores(&program);
    program.run(&["generate", "--store", "1", "--customers", "300", "--seed", "5"]).succeeded();
    let file = program.directory().join("customers.ndjson");
    let name = file.to_str().unwrap();
    program.run(&["export", "--store", "1", name]).succeeded();
    let exported = fs::read_to_string(&file).unwrap();
    assert_eq!((exported.lines().count(), export(&program, "1")), (300, exported.clone()));
    let refused = program.run(&["export", "--store", "1", name]).failed(1);
    assert!(refused.contains("is not there yet"), "{refused}");

    let said = program.run(&["import", "--store", "2", name]).succeeded().stderr;
    assert!(said.contains("300 customers created, 0 changed, 0 as they were"), "{said}");
    let there = export(&program, "2");
    assert_eq!(without_ids(&there), without_ids(&exported));
    // What the other store gave comes back to it as it is.
    let again = program.directory().join("again.ndjson");
    fs::write(&again, &there).unwrap();
    let said = program.run(&["import", "--store", "2", again.to_str().unwrap()]).succeeded().stderr;
    assert!(said.contains("0 customers created, 0 changed, 300 as they were"), "{said}");
    assert_eq!(export(&program, "2"), there);
    assert!(!program.directory().join("again.ndjson.rejected").exists());
    program.run(&["check"]).succeeded();
}

fn bad_lines_are_told_beside_and_the_rest_is_imported(program: Program) {
    stores(&program);
    let rejected = program.directory().join("rejected.txt");
    let mut import =
        program.command(&["import", "--store", "1", "--rejected", rejected.to_str().unwrap(), "-"]);
    let mut running =
        import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = b"{\"email\": \"a@example.com\", \"customerGroupId\": 0}\n\
        {\"email\": \"b@example.com\", \"customerGroupId\": 99}\n\
        {\"name\": \"nobody\"}\n\
        {\"email\": \"\xFC@example.com\"}\n\
        {\"email\": \"c@example.com\", \"contacts\": [{\"type\": \"FAX\", \"contact\": \"1\"}]}\n\
        {\"email\": \"d@example.com\"}\n\
        {\"email\": \"torn@exam";
    running.stdin.take().unwrap().write_all(lines).unwrap();
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("2 customers created") && said.contains("5 lines rejected"), "{said}");
    let told = fs::read_to_string(&rejected).unwrap();
    let mut told: Vec<_> = told.lines().collect();
    told.sort_unstable();
    for (line, reason) in told.iter().zip([
        "line 2: there is no customer group #99",
        "line 3: a new customer must have an email",
        "line 4: Malformed JSON at column 12: the text is not UTF-8",
        "line 5: Wrong value 'FAX' of parameter 'contacts[0].type'",
        "line 7: Malformed JSON at column",
    ]) {
        assert!(line.starts_with(reason), "{line}, not {reason}");
    }
    assert_eq!((told.len(), export(&program, "1").lines().count()), (5, 2));

    let missing = program.run(&["import", "--store", "1", "nowhere.ndjson"]).failed(1);
    assert!(missing.contains("cannot read 'nowhere.ndjson'"), "{missing}");
    let nowhere = program.run(&["import", "--store", "77", "nowhere.ndjson"]).failed(1);
    assert!(nowhere.contains("Store #77 not found"), "{nowhere}");
}

fn a_seed_makes_the_same_customers_once(program: Program) {
    stores(&program);
    let generate = |store, seed| -> Outcome {
        program.run(&["generate", "--store", store, "--customers", "40", "--seed", seed]).succeeded()
    };
    assert!(generate("1", "5").stderr.contains("Added 40 customers to store 1; 0 were there already"));
    assert!(generate("1", "5").stderr.contains("Added 0 customers to store 1; 40 were there already"));
    generate("2", "5");
    let emails = |exported: &str| -> Vec<Value> {
        exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["email"].clone()).collect()
    };
    assert_eq!(emails(&export(&program, "1")), emails(&export(&program, "2")));
    generate("1", "6");
    assert_eq!(export(&program, "1").lines().count(), 80);
    let nowhere = program.run(&["generate", "--store", "77", "--customers", "1"]).failed(1);
    assert!(nowhere.contains("Store #77 not found"), "{nowhere}");
}
