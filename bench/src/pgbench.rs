//! pgbench, PostgreSQL's own load generator, with the statements of a create as Shopfolk sends them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use shopfolk_test_postgres::{PostgresServer, TestDatabase};

use crate::Pace;
use crate::shopfolk::STORE;

/// Room for the ids of one client of one run.
const IDS_OF_A_CLIENT: u64 = 100_000_000;
/// Room for the ids of one run, and the first ids that no node gives in a measurement.
const IDS_OF_A_RUN: u64 = 1_000_000_000_000;

/// How the statements of a transaction are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Each when the one before is answered, as most programs do.
    OneByOne,
    /// In two bundles, each when the one before is answered, as Shopfolk does.
    InTwoBundles,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Transactions that were committed.
    pub transactions: u64,
    /// Transactions a second, without the time to connect.
    pub rate: f64,
    /// The mean time of a transaction, in milliseconds.
    pub mean: f64,
}

/// Its scripts, ready to run.
#[derive(Debug)]
pub struct Pgbench {
    program: PathBuf,
    directory: PathBuf,
    customers: u32,
    runs: u64,
}

impl Pgbench {
    /// Writes the scripts: one for an e-mail address and one for a telephone number, for each way to send them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn prepare(server: &PostgresServer, directory: &Path, customers: u32) -> Result<Self> {
        for sending in [Sending::OneByOne, Sending::InTwoBundles] {
            for contact in CONTACTS {
                let path = directory.join(file_name(contact, sending));
                fs::write(&path, script(contact, sending))
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(Self { program: server.bin("pgbench"), directory: directory.to_owned(), customers, runs: 0 })
    }

    /// Loads the database for some seconds, with as many clients as the others have connections.
    ///
    /// # Errors
    /// When pgbench fails, or a transaction did.
    pub fn run(
        &mut self,
        database: &TestDatabase,
        sending: Sending,
        pace: &Pace,
        seconds: u32,
    ) -> Result<Outcome> {
        self.runs += 1;
        let mut pgbench = Command::new(&self.program);
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--host=127.0.0.1", "--username=postgres"]);
        pgbench.arg(format!("--port={}", database.port())).arg(format!("--client={}", pace.connections));
        pgbench.arg(format!("--jobs={}", pace.threads)).arg(format!("--time={seconds}"));
        pgbench.arg(format!("--define=base={}", self.runs * IDS_OF_A_RUN)).arg("--define=n=0");
        pgbench.arg(format!("--define=customers={}", self.customers));
        for contact in CONTACTS {
            pgbench.arg("--file").arg(self.directory.join(file_name(contact, sending)));
        }
        let output = pgbench.arg(database.name()).output().context("cannot start pgbench")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench failed: {said}{}", String::from_utf8_lossy(&output.stderr));
        // Its ids came from nowhere: nodes that start now must not give them again.
        database.psql(
            "UPDATE counters
                SET next_contact_id = (SELECT max(contact_id) + 1 FROM contacts),
                    next_event_id = (SELECT max(event_id) + 1 FROM events)",
        );
        parse(&said).with_context(|| format!("pgbench did not report: {said}"))
    }
}

/// What a created contact is.
#[derive(Debug, Clone, Copy)]
struct Contact {
    name: &'static str,
    code: u8,
    text: &'static str,
    note: &'static str,
}

/// The same as in `load.lua`, by turns.
const CONTACTS: [Contact; 2] = [
    Contact {
        name: "email",
        code: 1,
        text: "'person' || :customer || '-' || :id || '@example.com'",
        note: "met at the spring market",
    },
    Contact {
        name: "phone",
        code: 2,
        text: "'+1' || :id",
        note: "met at the market in spring, call after noon",
    },
];

fn file_name(contact: Contact, sending: Sending) -> String {
    let way = match sending {
        Sending::OneByOne => "one-by-one",
        Sending::InTwoBundles => "in-two-bundles",
    };
    format!("{}-{way}.sql", contact.name)
}

/// The statements of a create. Sent in bundles, pgbench cannot use what the lock has answered, so it lets the database
/// count, and takes places from its own counter.
fn script(Contact { code, text, note, .. }: Contact, sending: Sending) -> String {
    let bundles = sending == Sending::InTwoBundles;
    let (begin, end) = if bundles { ("\\startpipeline\n", "\\endpipeline\n") } else { ("", "") };
    let keep = if bundles { ";" } else { " \\gset" };
    let count = if bundles { "contact_count" } else { ":contact_count" };
    let order_by = if bundles { ":n" } else { ":highest_order_by + 1" };
    let highest = if bundles { "greatest(highest_order_by, :n)" } else { order_by };
    format!(
        "\\set customer random(1, :customers)
\\set n :n + 1
\\set id :base + :client_id * {IDS_OF_A_CLIENT} + :n
{begin}BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT contact_count, highest_order_by
  FROM customers WHERE store_id = {STORE} AND customer_id = :customer FOR NO KEY UPDATE{keep}
SELECT contact_id, contact_type, coalesce(contact, contact_key) AS contact, handle, note, is_default, order_by, timestamp
  FROM contacts
 WHERE store_id = {STORE} AND customer_id = :customer AND contact_type = {code} AND contact_key = {text};
{end}{begin}INSERT INTO contacts (store_id, customer_id, contact_id, contact_type, contact_key, contact, handle, note,
                      is_default, order_by, timestamp)
VALUES ({STORE}, :customer, :id, {code}, {text}, NULL, NULL, '{note}', false, {order_by}, 1742987232);
UPDATE customers SET updated = 1742987232, contact_count = {count} + 1, highest_order_by = {highest}
 WHERE store_id = {STORE} AND customer_id = :customer;
INSERT INTO events (store_id, event_id, event_type, entity_id, created)
VALUES ({STORE}, :id, 2, :customer, 1742987232);
COMMIT;
{end}"
    )
}

fn parse(said: &str) -> Result<Outcome> {
    let number = |before: &str| -> Result<f64> {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(before));
        let word =
            line.and_then(|rest| rest.split_whitespace().next()).with_context(|| format!("no '{before}'"))?;
        word.trim_end_matches('/').parse().with_context(|| format!("'{before}' is not a number"))
    };
    let failed = number("number of failed transactions:").unwrap_or_default();
    if failed > 0.0 {
        bail!("{failed} transactions failed");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of a run of seconds")]
    let transactions = number("number of transactions actually processed:")? as u64;
    Ok(Outcome { transactions, rate: number("tps =")?, mean: number("latency average =")? })
}

#[cfg(test)]
mod tests {
    use super::parse;

    const SAID: &str = "number of transactions actually processed: 30123\n\
        number of failed transactions: 0 (0.000%)\nlatency average = 6.372 ms\n\
        tps = 2008.223351 (without initial connection time)\n";

    #[test]
    fn what_pgbench_says_is_read() {
        let outcome = parse(SAID).unwrap();
        assert_eq!(outcome.transactions, 30_123);
        assert!((outcome.rate - 2_008.223_351).abs() < 1e-6 && (outcome.mean - 6.372).abs() < 1e-6);
    }

    #[test]
    fn failed_transactions_fail_the_run() {
        assert!(parse(&SAID.replace(": 0 (", ": 3 (")).is_err());
        assert!(parse("nothing").is_err());
    }
}
