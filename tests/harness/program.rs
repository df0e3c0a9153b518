//! The built program and its database.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use shopfolk_test_postgres::proxy::Proxy;
use shopfolk_test_postgres::{PgBouncer, PostgresServer, TestDatabase};
use tempfile::TempDir;

use super::STORE;
use super::postgres::has_pgbouncer;

/// The program with a directory and a database of its own, which are removed at the end.
pub struct Program {
    directory: TempDir,
    /// The address of its PostgreSQL database; without one, its database is a file in the directory.
    url: Option<String>,
    /// The same database for SQL.
    postgres: Option<TestDatabase>,
    _pooler: Option<PgBouncer>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// With a file for a database, which is not there yet.
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), url: None, postgres: None, _pooler: None }
    }

    /// With an empty database on the PostgreSQL server that the tests of a process share.
    pub fn on_postgres() -> Self {
        Self::on(&PostgresServer::shared().create_database())
    }

    /// The same through a pooler in transaction mode; `None` when none is installed.
    pub fn through_pgbouncer() -> Option<Self> {
        if !has_pgbouncer() {
            return None;
        }
        let database = PostgresServer::shared().create_database();
        let pooler = PgBouncer::start(PostgresServer::shared());
        Some(Self { url: Some(pooler.url(&database)), _pooler: Some(pooler), ..Self::on(&database) })
    }

    /// With this database.
    pub fn on(database: &TestDatabase) -> Self {
        Self { postgres: Some(database.clone()), ..Self::at(&database.url()) }
    }

    /// With the database of this program, by way of a proxy.
    pub fn through(&self, proxy: &Proxy) -> Self {
        let database = self.postgres();
        Self { postgres: Some(database.clone()), ..Self::at(&database.url_through(proxy)) }
    }

    /// With the PostgreSQL database at this address.
    pub fn at(url: &str) -> Self {
        Self { url: Some(url.to_owned()), ..Self::new() }
    }

    /// Runs SQL on its database, past the program.
    pub fn execute(&self, sql: &str) {
        if self.is_on_postgres() {
            self.postgres().psql(sql);
        } else {
            rusqlite::Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
        }
    }

    /// Its PostgreSQL database.
    pub fn postgres(&self) -> &TestDatabase {
        self.postgres.as_ref().unwrap()
    }

    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    pub fn is_on_postgres(&self) -> bool {
        self.url.is_some()
    }

    /// The file that is its database.
    pub fn database(&self) -> PathBuf {
        assert!(!self.is_on_postgres(), "the database is no file");
        self.directory.path().join("shop.db")
    }

    pub fn database_url(&self) -> String {
        match &self.url {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", self.database().display()),
        }
    }

    /// The program, free of the settings of whoever runs the tests, in its directory.
    pub fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shopfolk"));
        let is_setting = |name: &str| name.starts_with("SHOPFOLK_") || name == "PGPASSWORD";
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command
    }

    /// The program on its database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare();
        command.args(arguments).args(["--database", &self.database_url()]);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(arguments))
    }

    /// Runs a command that reads this from its input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = self.command(arguments);
        let mut running =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that fails before it has read everything says why on its output.
        let _ = running.stdin.take().unwrap().write_all(input);
        running.wait_with_output().unwrap().into()
    }

    /// Makes a token for the store.
    pub fn create_token(&self, scopes: &str) -> String {
        let store = STORE.to_string();
        self.run(&["token", "create", "--store", &store, "--scopes", scopes])
            .succeeded()
            .stdout
            .trim()
            .to_owned()
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// What the program said in one line about why it failed with this status.
    pub fn failed(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stdout, "", "an error does not go to stdout");
        let line = self.stderr.strip_prefix("shopfolk: ").and_then(|line| line.strip_suffix('\n'));
        let line = line.unwrap_or_else(|| panic!("not a line of ours: {:?}", self.stderr));
        assert!(!line.contains('\n'), "more than a line: {line}");
        line.to_owned()
    }
}
