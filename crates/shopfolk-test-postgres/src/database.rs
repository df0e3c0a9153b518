//! A database of a test's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::proxy::Proxy;
use crate::server::run;

/// A database on a server. It goes when the server goes.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) psql: PathBuf,
}

impl TestDatabase {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port of its server, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its server listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Its address, for the superuser, who needs no password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/{}", self.address(), self.name)
    }

    /// The same by way of a proxy, not encrypted, so that the proxy sees what it passes on.
    pub fn url_through(&self, proxy: &Proxy) -> String {
        format!("postgres://postgres@{}/{}?sslmode=disable", proxy.address(), self.name)
    }

    /// Runs SQL and answers with what it prints: a row a line, columns divided by `|`.
    pub fn psql(&self, sql: &str) -> String {
        run(self.run_psql().args(["--command", sql]))
    }

    /// Runs the SQL of a file, all of it or nothing.
    pub fn run_file(&self, file: &Path) {
        run(self.run_psql().arg("--single-transaction").arg("--file").arg(file));
    }

    /// The SQL that makes a database like this one.
    pub fn dump(&self) -> String {
        let mut dump = Command::new(self.psql.with_file_name("pg_dump"));
        run(self.at_this_database(&mut dump).args(["--inserts", "--no-owner", "--no-privileges"]))
    }

    fn run_psql(&self) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        self.at_this_database(&mut psql);
        psql
    }

    fn at_this_database<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .args(["--host=127.0.0.1", "--username=postgres"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--dbname={}", self.name))
    }
}
