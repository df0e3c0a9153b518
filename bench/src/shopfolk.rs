//! Shopfolk as a contender: the released program with its embedded database, as a user would start it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::contender::{Contender, CustomerPlace};
use crate::seeder::seed;

/// The number of the store.
pub const STORE: u64 = 1003;
const SCOPES: &str = "read_customers,create_customers,update_customers";

/// Makes a store with customers who have a few contacts each, all created over HTTP: so the database is what real use
/// would have made of it, whatever tables there are.
///
/// # Errors
/// When the program does not run or refuses one of the steps.
pub fn prepare(program: &Path, directory: &Path, customers: u32, contacts_each: u32) -> Result<Prepared> {
    let file = directory.join("shopfolk.db");
    let mut prepared = prepare_on(program, directory, &url(&file), customers, contacts_each)?;
    prepared.contender.database = Some(file);
    Ok(prepared)
}

/// Does the same on a database at this address.
///
/// # Errors
/// When the program does not run or refuses one of the steps.
pub fn prepare_on(
    program: &Path,
    directory: &Path,
    database: &str,
    customers: u32,
    contacts_each: u32,
) -> Result<Prepared> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let store = STORE.to_string();
    command(program, database, &["store", "create", "--id", &store, "--name", "Bench"])?;
    let token = command(program, database, &["token", "create", "--store", &store, "--scopes", SCOPES])?;
    ensure!(!token.is_empty(), "`shopfolk token create` printed no token");

    let contender = contender(program, directory, database, token);
    eprintln!("seeding Shopfolk: {customers} customers, contacts each: {contacts_each}");
    let server = contender.start_unloaded()?;
    let path = format!("/api/v3/{STORE}/customers");
    let ids = seed(
        customers,
        || Client::new(server.address(), Some(&contender.token)),
        |client, number| {
            let answer = client.post(&path, &new_customer(number, contacts_each))?;
            answer["id"].as_u64().context("the customer has no id")
        },
    )?;
    server.stop().context("Shopfolk did not stop")?;
    Ok(Prepared { contender, ids })
}

/// A contender whose list of customers to load is still to be written, and the ids of all its customers.
pub struct Prepared {
    /// The contender.
    pub contender: Contender,
    /// The ids, in the order of creation.
    pub ids: Vec<u64>,
}

/// A customer's e-mail address becomes the first contact by itself; the others are phone numbers and addresses by turns.
fn new_customer(number: u32, contacts_each: u32) -> Value {
    let contact = |position: u32| match position % 2 {
        0 => json!({ "type": "EMAIL", "contact": format!("person{number}-{position}@example.com") }),
        _ => {
            json!({ "type": "PHONE", "contact": format!("+1{number:08}{position:02}"), "note": "call after noon" })
        }
    };
    json!({
        "email": format!("person{number}@example.com"),
        "name": format!("Person {number}"),
        "contacts": (1..contacts_each).map(contact).collect::<Vec<_>>(),
    })
}

/// What the program is given to serve a database, with a rate limit or `off`.
pub fn serve_arguments(database: &str, rate_limit: &str) -> Vec<String> {
    let arguments = [
        "serve",
        "--database",
        database,
        "--listen",
        "{address}",
        "--rate-limit",
        rate_limit,
        "--log-level",
        "warn",
    ];
    arguments.map(String::from).to_vec()
}

pub fn contender(program: &Path, directory: &Path, database: &str, token: String) -> Contender {
    Contender {
        name: "Shopfolk",
        program: program.to_owned(),
        arguments: serve_arguments(database, "off"),
        path: format!("/api/v3/{STORE}/customers/{{customer}}/contacts"),
        place: CustomerPlace::Path,
        token,
        customers: directory.join("customers.txt"),
        database: None,
        contacts: "all_contacts",
        log: directory.join("server.log"),
        runs: 0,
    }
}

/// Lets Shopfolk verify a database.
///
/// # Errors
/// When the database breaks one of its invariants.
pub fn check(program: &Path, database: &str) -> Result<()> {
    command(program, database, &["check"]).map(|_| ())
}

/// Runs a command on a database and returns what it prints.
pub fn command(program: &Path, database: &str, arguments: &[&str]) -> Result<String> {
    let name = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    let output = Command::new(program)
        .args(arguments)
        .args(["--database", database])
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(
        output.status.success(),
        "`shopfolk {name}` failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The address of a database file.
pub fn url(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

#[cfg(test)]
mod tests {
    use super::new_customer;

    #[test]
    fn a_customer_has_the_contacts_asked_for_with_its_own_address() {
        assert_eq!(new_customer(7, 1)["contacts"].as_array().unwrap().len(), 0);
        let customer = new_customer(7, 10);
        let contacts = customer["contacts"].as_array().unwrap();
        assert_eq!(contacts.len(), 9);
        assert!(contacts.iter().all(|contact| contact["contact"] != customer["email"]));
    }
}
