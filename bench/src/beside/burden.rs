//! The burdens: what clients of the large store ask for without a pause.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::counted::Counted;
use super::filling::{LARGE_STORE, Stage, path};
use super::open_connections::{slow_bodies, slow_readers};
use crate::client::Client;

/// How many clients ask at once, each for one thing after the other.
const CLIENTS: u32 = 8;
/// After a request that failed: a server that has ended shall not be asked as fast as a loop goes.
const AFTER_FAILURE: Duration = Duration::from_millis(20);
/// About a tenth of the customers that are made up.
const LARGE_GROUP: &str = "b2b_b2c=b2b";

/// What clients of the large store do without a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Burden {
    /// `customers_update` of everybody, with another value each time.
    MassChange,
    /// A group of a tenth of the customers is made, filled and deleted.
    GroupDeletion,
    /// A page near the end of everybody by name, backwards.
    PageByName,
    /// The ids of everybody by name.
    IdsByName,
    /// The last page of everybody.
    LastPage,
    /// The ids of 30 orders of 1 MiB each.
    LargeOrders,
    /// 100 customers with many contacts and long notes: a GiB where there are a million customers.
    LongNotes,
    /// 60 clients ask for those 100 customers and do not read the answer.
    SlowReaders,
    /// 3,000 bodies of 200 KB of which the end comes slowly.
    SlowBodies,
    /// Tokens that nobody has.
    UnknownTokens,
    /// The command line imports a tenth of the customers, changed each time.
    Import,
}

impl Burden {
    /// Its name in the report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::MassChange => "mass change",
            Self::GroupDeletion => "group deletion",
            Self::PageByName => "page by name",
            Self::IdsByName => "ids by name",
            Self::LastPage => "last page",
            Self::LargeOrders => "large orders",
            Self::LongNotes => "long notes",
            Self::SlowReaders => "slow readers",
            Self::SlowBodies => "slow bodies",
            Self::UnknownTokens => "unknown tokens",
            Self::Import => "import",
        }
    }

    /// How many threads it takes.
    pub(super) const fn threads(self) -> u32 {
        match self {
            Self::SlowReaders | Self::SlowBodies | Self::Import => 1,
            _ => CLIENTS,
        }
    }

    /// Does what one client of it does, as long as it goes on.
    pub(super) fn go_on(
        self,
        stage: &Stage,
        address: SocketAddr,
        client: u32,
        goes_on: &AtomicBool,
        counted: &Counted,
    ) {
        let asking = Asking { client: Client::new(address, Some(&stage.large)), number: client, goes_on };
        match self {
            Self::SlowReaders => return slow_readers(address, &stage.large, goes_on, counted),
            Self::SlowBodies => return slow_bodies(address, &stage.large, goes_on, counted),
            _ => {}
        }
        for round in 0.. {
            if !goes_on.load(Ordering::Relaxed) {
                return;
            }
            let outcome = self.once(stage, &asking, round);
            counted.add(&outcome);
            if outcome.is_err() {
                thread::sleep(AFTER_FAILURE);
            }
        }
    }

    fn once(self, stage: &Stage, asking: &Asking, round: u64) -> Result<StatusCode> {
        let customers = stage.customers;
        match self {
            Self::MassChange => asking.mass_change(round),
            Self::GroupDeletion => asking.group(round),
            Self::PageByName => {
                asking.get(&format!("customers?sortBy=NAME_DESC&offset={}", customers / 10 * 9))
            }
            Self::IdsByName => asking.get("customers_ids?sortBy=NAME_ASC"),
            Self::LastPage => asking.get(&format!("customers?offset={}", customers - 100)),
            Self::LargeOrders => asking.get("orders?limit=30&responseFields=items(id)"),
            Self::LongNotes => asking.get("customers?limit=100"),
            Self::UnknownTokens => asking.unknown_token(round),
            Self::Import => {
                let file = &stage.files[usize::from(round % 2 == 1)];
                import(&stage.program, &stage.database, file, asking.goes_on)
            }
            Self::SlowReaders | Self::SlowBodies => bail!("{} is not asked for one by one", self.name()),
        }
    }
}

/// One client of a burden.
struct Asking<'a> {
    client: Client,
    /// Which of the clients it is.
    number: u32,
    goes_on: &'a AtomicBool,
}

impl Asking<'_> {
    fn get(&self, call: &str) -> Result<StatusCode> {
        self.client.ask(&Method::GET, &path(call), None, self.goes_on)
    }

    fn mass_change(&self, round: u64) -> Result<StatusCode> {
        let body = json!({ "mode": "ALL", "customer": { "acceptMarketing": round.is_multiple_of(2) } });
        self.client.ask(&Method::POST, &path("customers_update"), Some(&body), self.goes_on)
    }

    fn group(&self, round: u64) -> Result<StatusCode> {
        let name = json!({ "name": format!("group {round} of {}", self.number) });
        let group: Value = self.client.post(&path("customer_groups"), &name)?;
        let id = group["id"].as_u64().context("the group has no id")?;
        let fill = json!({ "mode": "ALL_FILTERED", "customer": { "customerGroupId": id } });
        let call = path(&format!("customers_update?{LARGE_GROUP}"));
        // One that is not filled in time is filled in part, and deleted all the same.
        self.client.ask(&Method::POST, &call, Some(&fill), self.goes_on)?;
        self.client.ask(&Method::DELETE, &path(&format!("customer_groups/{id}")), None, self.goes_on)
    }

    fn unknown_token(&self, round: u64) -> Result<StatusCode> {
        let token = format!("secret_{:08}{round:024}", self.number);
        self.client.with_token(&token).ask(&Method::GET, &path("customers?limit=1"), None, self.goes_on)
    }
}

/// Imports a file with the command line, until it is done or nobody wants it any more.
fn import(program: &Path, database: &str, file: &Path, goes_on: &AtomicBool) -> Result<StatusCode> {
    let mut import = Command::new(program)
        .args(["import", "--store", &LARGE_STORE.to_string(), "--database", database])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Ended)
        .context("cannot start the import")?;
    while goes_on.load(Ordering::Relaxed) {
        if let Some(status) = import.0.try_wait().context("cannot look after the import")? {
            return if status.success() {
                Ok(StatusCode::OK)
            } else {
                bail!("the import ended with {status}")
            };
        }
        thread::sleep(AFTER_FAILURE);
    }
    Ok(StatusCode::OK)
}

/// A process that is ended when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only if the process is gone already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
