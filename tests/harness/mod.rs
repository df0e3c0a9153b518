//! What the black-box tests have in common: the built program, its servers, and clients that speak to them.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]
#![allow(clippy::print_stdout, reason = "a test tells what it did on stdout")]

pub mod client;
pub mod load;
pub mod mass_changes;
pub mod nodes;
pub mod postgres;
pub mod program;
pub mod raw;
pub mod rules;
pub mod server;
pub mod tls;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::TryRng;
use rand::rngs::SysRng;
use serde_json::{Value, json};

pub use client::Client;
pub use load::Load;
pub use mass_changes::MassChanger;
pub use nodes::{Doors, Nodes, Reply};
pub use program::{Outcome, Program};
pub use raw::RawConnection;
pub use server::Server;
pub use tls::{Authority, Trust};

pub const STORE: u64 = 1003;
pub const SCOPES: &str = "read_store_profile,read_customers,create_customers,update_customers";
/// Enough for anything on a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A database with one store and a token for it.
pub struct Shop {
    pub program: Program,
    pub token: String,
}

/// The customers of an export, a line each, behind the line that says which store it is of.
pub fn customer_lines(exported: &str) -> impl Iterator<Item = &str> {
    let mut lines = exported.lines();
    let first = lines.next().unwrap_or_default();
    assert!(first.starts_with("{\"shopfolk\":{\"store\":"), "{first}");
    lines
}

/// Makes two tests of each of these functions, which take a program: on a file, and on a PostgreSQL server.
#[macro_export]
macro_rules! on_each_engine {
    ($($(#[$attribute:meta])* $story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] $(#[$attribute])* fn $story() { super::$story($crate::harness::Program::new()); })+
        }
        mod on_postgres {
            $(#[test] $(#[$attribute])* fn $story() { super::$story($crate::harness::Program::on_postgres()); })+
        }
    };
}

impl Shop {
    pub fn new() -> Self {
        Self::with(Program::new())
    }

    /// A store in the program's database.
    pub fn with(program: Program) -> Self {
        let store = STORE.to_string();
        program.run(&["store", "create", "--id", &store, "--name", "A shop"]).succeeded();
        let token = program.create_token(SCOPES);
        Self { program, token }
    }

    /// Starts a server without a rate limit.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        let mut all = vec!["--rate-limit", "off"];
        if !arguments.contains(&"--log-level") {
            all.extend(["--log-level", "warn"]);
        }
        all.extend(arguments);
        Server::start(&self.program, &all)
    }

    pub fn client(&self, server: &Server) -> Client {
        Client::new(server.address, &self.token)
    }
}

/// The path of the customers.
pub fn customers() -> String {
    format!("/api/v3/{STORE}/customers")
}

/// The path of a customer's contacts.
pub fn contacts(customer: u64) -> String {
    format!("/api/v3/{STORE}/customers/{customer}/contacts")
}

/// The path of a contact.
pub fn contact(customer: u64, contact: u64) -> String {
    format!("/api/v3/{STORE}/customers/{customer}/contacts/{contact}")
}

/// The ids of all customers that are there.
pub fn customer_ids(client: &Client) -> BTreeSet<u64> {
    let answer = client.get(&format!("/api/v3/{STORE}/customers_ids")).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

/// The ids of all customers that were deleted, each of them once.
pub fn deleted_customer_ids(client: &Client) -> BTreeSet<u64> {
    let mut deleted = BTreeSet::new();
    loop {
        let page = client.get(&format!("{}/deleted?offset={}", customers(), deleted.len())).unwrap();
        assert_eq!(page.status, 200, "{page:?}");
        let items = page.body["items"].as_array().unwrap();
        if items.is_empty() {
            assert_eq!(page.body["total"], deleted.len(), "the deleted customers are counted wrong");
            return deleted;
        }
        for item in items {
            assert!(deleted.insert(item["id"].as_u64().unwrap()), "{item} was deleted twice");
        }
    }
}

pub fn create_customer(client: &Client, email: &str) -> u64 {
    let answer = client.post(&customers(), &json!({ "email": email })).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["id"].as_u64().unwrap()
}

/// The contacts of a customer, which have to keep every rule.
pub fn list_contacts(client: &Client, customer: u64) -> Vec<Value> {
    let answer = client.get(&contacts(customer)).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let contacts = answer.body["items"].as_array().unwrap().clone();
    rules::assert_kept(&contacts);
    contacts
}

/// Has others stop when it is dropped, so that they do so when a test fails as well.
pub struct StopOnDrop<'a>(pub &'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks again and again until there is an answer.
pub fn eventually<T>(what: &str, within: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < within, "not within {within:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The seed of a test's random choices: printed, so that a failure can be repeated with `SHOPFOLK_TEST_SEED`.
pub fn seed() -> u64 {
    let seed = match std::env::var("SHOPFOLK_TEST_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => SysRng.try_next_u64().unwrap(),
    };
    println!("SHOPFOLK_TEST_SEED={seed}");
    seed
}
