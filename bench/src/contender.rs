//! A contender: a server that has been prepared, and what a request to it looks like.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;

/// Where a request names the customer whose contact it creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerPlace {
    /// In the path, at the place of `{customer}`.
    Path,
    /// In the body, as the field `customer`.
    Body,
}

/// A server that can be started and loaded.
#[derive(Debug, Clone)]
pub struct Contender {
    /// The name in the report.
    pub name: &'static str,
    /// The program that serves.
    pub program: PathBuf,
    /// Its arguments; `{address}` stands for the address to listen on.
    pub arguments: Vec<String>,
    /// The path of the call that creates a contact.
    pub path: String,
    /// Where the call names the customer.
    pub place: CustomerPlace,
    /// The token of the requests.
    pub token: String,
    /// A file with the ids of the customers, one a line.
    pub customers: PathBuf,
    /// The SQLite database, if it has any.
    pub database: Option<PathBuf>,
    /// The table or view in it that holds every contact.
    pub contacts: &'static str,
    /// Where the server's own output goes.
    pub log: PathBuf,
    /// How many starts and runs of load there were; each makes contacts of its own by this number.
    pub runs: u32,
}

impl Contender {
    /// Starts the server.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn start_unloaded(&self) -> Result<Server> {
        Server::start(&self.program, &self.arguments, &self.log)
            .with_context(|| format!("cannot start {}", self.name))
    }

    /// Starts the server and creates one contact, so that a mistake shows before the load does.
    ///
    /// # Errors
    /// When the server does not start or refuses the contact.
    pub fn start(&mut self) -> Result<Server> {
        let server = self.start_unloaded()?;
        self.runs += 1;
        let customer = self.first_customer()?;
        // The text is new each time: Shopfolk would answer with the contact that is there, PocketBase with an error.
        let mut body = json!({
            "contact": format!("probe{}@example.com", self.runs),
            "type": "EMAIL",
            "note": "met at the spring market",
        });
        if self.place == CustomerPlace::Body {
            body["customer"] = Value::String(customer.clone());
        }
        let answer = Client::new(server.address(), Some(&self.token))
            .post(&self.path.replace("{customer}", &customer), &body)
            .with_context(|| format!("{} refuses to create a contact", self.name))?;
        if answer["contact"] != body["contact"] || answer["id"].is_null() {
            bail!("{} answered without the contact: {answer}", self.name);
        }
        Ok(server)
    }

    /// How many contacts are in the database; 0 without one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rows(&self) -> Result<u64> {
        let Some(database) = &self.database else { return Ok(0) };
        count_contacts(database, self.contacts)
            .with_context(|| format!("cannot count the contacts of {}", self.name))
    }

    /// Writes the list of customers that the load draws from.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_customers(&mut self, ids: impl IntoIterator<Item = String>) -> Result<()> {
        let write = || -> std::io::Result<()> {
            let mut file = std::io::BufWriter::new(fs::File::create(&self.customers)?);
            for id in ids {
                writeln!(file, "{id}")?;
            }
            file.flush()
        };
        write().with_context(|| format!("cannot write {}", self.customers.display()))
    }

    fn first_customer(&self) -> Result<String> {
        let ids = fs::read_to_string(&self.customers)
            .with_context(|| format!("cannot read {}", self.customers.display()))?;
        ids.lines().next().map(str::to_owned).context("there are no customers to load")
    }
}

fn count_contacts(database: &Path, contacts: &str) -> Result<u64> {
    let connection =
        rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let count: i64 =
        connection.query_row(&format!("SELECT count(*) FROM {contacts}"), [], |row| row.get(0))?;
    Ok(count.try_into()?)
}
