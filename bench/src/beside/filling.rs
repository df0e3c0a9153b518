//! The stores: a large one whose clients are the burden, and two small ones that are measured.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shopfolk_test_postgres::PostgresServer;

use super::Engine;
use crate::client::Client;
use crate::seeder::seed;
use crate::server::Server;
use crate::shopfolk::{command, serve_arguments, url};

pub(super) const LARGE_STORE: u64 = 1003;
pub(super) const READ_STORE: u64 = 1004;
pub(super) const WRITTEN_STORE: u64 = 1005;

const SCOPES: &str =
    "read_customers,create_customers,update_customers,read_orders,create_orders,update_orders";
/// Customers of a small store.
const FEW: u64 = 100;
/// Clients that go on without a pause stay below it, and whatever else a limit brings with it is as it comes.
const RATE_LIMIT: &str = "60000000/min";
/// Customers with many contacts and long notes.
const WORDY: u32 = 100;
/// Contacts of each of them in a store of a million, beside the e-mail address of its own: as many as there can be.
const MOST_CONTACTS: u64 = 499;
const FEWEST_CONTACTS: u64 = 50;
const MILLION: u64 = 1_000_000;
/// As many letters as a note may have, of four bytes each.
const NOTE_LETTERS: usize = 5_000;
const ORDERS: u32 = 30;
/// A body may have 1 MiB.
const ORDER_NOTE: usize = (1 << 20) - 1_000;

/// The filled database, and how to reach what is in it.
pub(super) struct Stage {
    pub(super) program: PathBuf,
    pub(super) database: String,
    log: PathBuf,
    /// How many customers the large store has.
    pub(super) customers: u64,
    /// The tokens of the large store and of the two small ones.
    pub(super) large: String,
    pub(super) read: String,
    pub(super) written: String,
    /// Two files with the same customers, who differ in a note.
    pub(super) files: [PathBuf; 2],
    /// Ends when this is dropped.
    _postgres: Option<PostgresServer>,
}

impl Stage {
    /// Makes the stores in a new database.
    ///
    /// # Errors
    /// When the program refuses a step, or a file cannot be written.
    pub(super) fn fill(program: &Path, engine: Engine, work: &Path, customers: u64) -> Result<Self> {
        let postgres = (engine == Engine::Postgres).then(PostgresServer::start);
        let database = match &postgres {
            Some(server) => server.create_database().url(),
            None => url(&work.join("shopfolk.db")),
        };
        let [large, read, written] =
            [LARGE_STORE, READ_STORE, WRITTEN_STORE].map(|store| create_store(program, &database, store));
        let stage = Self {
            program: program.to_owned(),
            database,
            log: work.join("server.log"),
            customers,
            large: large?,
            read: read?,
            written: written?,
            files: import_files(program, work, customers / 10)?,
            _postgres: postgres,
        };
        // First, so that they are on the first page.
        stage.add_wordy_customers_and_large_orders()?;
        for (store, customers) in [(READ_STORE, FEW), (WRITTEN_STORE, FEW), (LARGE_STORE, customers)] {
            generate(program, &stage.database, store, customers, 1)?;
        }
        Ok(stage)
    }

    /// Starts the server with its default settings, but for the rate limit.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn serve(&self) -> Result<Server> {
        Server::start(&self.program, &serve_arguments(&self.database, RATE_LIMIT), &self.log)
    }

    fn add_wordy_customers_and_large_orders(&self) -> Result<()> {
        let contacts = (MOST_CONTACTS * self.customers / MILLION).clamp(FEWEST_CONTACTS, MOST_CONTACTS);
        eprintln!("adding {WORDY} customers with {contacts} long notes each, and {ORDERS} orders of 1 MiB");
        let server = self.serve()?;
        let connect = || Client::new(server.address(), Some(&self.large));
        let note = "\u{1f4dd}".repeat(NOTE_LETTERS);
        seed(WORDY, connect, |client, number| {
            let email = email(number);
            let customer: Value = client.post(&path("customers"), &json!({ "email": email }))?;
            let contacts_of_it = path(&format!("customers/{}/contacts", customer["id"]));
            for contact in 0..contacts {
                let contact = json!({ "type": "OTHER", "contact": format!("desk {contact}"), "note": note });
                client.post(&contacts_of_it, &contact)?;
            }
            Ok(())
        })?;
        let note = "x".repeat(ORDER_NOTE);
        seed(ORDERS, connect, |client, number| {
            let item = json!({ "productId": number, "name": "chair" });
            let order =
                json!({ "email": email(number), "total": 10, "items": [item], "orderComments": note });
            client.post(&path("orders"), &order).map(drop)
        })?;
        server.stop()
    }
}

/// The address of a customer with long notes.
fn email(number: u32) -> String {
    format!("wordy{number}@example.com")
}

/// Makes a store and a token for it.
fn create_store(program: &Path, database: &str, store: u64) -> Result<String> {
    let store = store.to_string();
    command(program, database, &["store", "create", "--id", &store, "--name", "Bench"])?;
    command(program, database, &["token", "create", "--store", &store, "--scopes", SCOPES])
}

fn generate(program: &Path, database: &str, store: u64, customers: u64, people: u64) -> Result<()> {
    eprintln!("store {store}: generating {customers} customers");
    let [store, customers, people] = [store, customers, people].map(|number| number.to_string());
    let arguments = ["generate", "--store", &store, "--customers", &customers, "--seed", &people];
    command(program, database, &arguments).map(drop)
}

/// Writes two files of customers who are not in the large store yet.
fn import_files(program: &Path, work: &Path, customers: u64) -> Result<[PathBuf; 2]> {
    let database = url(&work.join("imported.db"));
    let store = LARGE_STORE.to_string();
    create_store(program, &database, LARGE_STORE)?;
    generate(program, &database, LARGE_STORE, customers, 2)?;
    let exported = work.join("imported.ndjson");
    command(program, &database, &["export", "--store", &store, &exported.display().to_string()])?;
    let files = ["first", "second"].map(|name| work.join(format!("{name}.ndjson")));
    for (number, file) in files.iter().enumerate() {
        note_down(&exported, file, number).context("cannot write a file to import")?;
    }
    Ok(files)
}

/// Copies customers, each with this number in a note. The first line of an export says which store it is of.
fn note_down(from: &Path, to: &Path, number: usize) -> Result<()> {
    let mut written = BufWriter::new(File::create(to)?);
    for line in BufReader::new(File::open(from)?).lines().skip(1) {
        let mut customer: Value = serde_json::from_str(&line?)?;
        customer["privateAdminNotes"] = json!(format!("catalogue {number}"));
        writeln!(written, "{customer}")?;
    }
    written.flush().context("cannot finish it")
}

/// The path of a call of the large store.
pub(super) fn path(call: &str) -> String {
    format!("/api/v3/{LARGE_STORE}/{call}")
}
