//! A server, from its first start to its end.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::account::{Account, command_as};
use crate::certificates::Certificates;
use crate::watchdog::Watchdog;
use crate::{TestDatabase, programs};

/// How a server is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Whether every connection has to be encrypted.
    pub tls: bool,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// When the last client is gone.
    Smart,
    /// In order, without waiting for clients.
    Fast,
    /// As after a power cut, but for the memory of the system.
    Immediate,
}

impl StopMode {
    const fn name(self) -> &'static str {
        match self {
            Self::Smart => "smart",
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

/// A server with its directory. Dropping it stops it and removes everything.
#[derive(Debug)]
pub struct PostgresServer {
    // In this order: the server ends before its directory goes.
    _watchdog: Watchdog,
    pub(crate) directory: TempDir,
    pub(crate) port: u16,
    pub(crate) account: Option<Account>,
    certificates: Option<Certificates>,
}

/// Another port is tried when somebody else was faster with a free one.
const PORTS: u32 = 5;

/// What every client may do: the superuser comes without a password, `shopfolk` with one.
const PLAIN_ACCESS: &str = "local all all trust\nhost all shopfolk 127.0.0.1/32 scram-sha-256\n\
    host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n";
const ENCRYPTED_ACCESS: &str = "local all all trust\nhostssl all shopfolk 127.0.0.1/32 scram-sha-256\n\
    hostssl all all 127.0.0.1/32 trust\n";

impl PostgresServer {
    /// The password of the role `shopfolk`.
    pub const PASSWORD: &str = "a password of nobody";

    /// Starts a server.
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    /// Starts a server that is set up like this.
    pub fn start_with(settings: Settings) -> Self {
        let account = Account::to_step_down_to();
        let directory = new_directory(account);
        let watchdog = watch(account, directory.path());
        let data = data_in(directory.path());
        run(command_as(account, programs::directory().join("initdb")).arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));
        let certificates = settings.tls.then(|| Certificates::make(directory.path(), account));
        let access = if settings.tls { ENCRYPTED_ACCESS } else { PLAIN_ACCESS };
        fs::write(data.join("pg_hba.conf"), access).unwrap();
        if let Some(Certificates { certificate, key, .. }) = &certificates {
            let lines = format!(
                "ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'\n",
                certificate.display(),
                key.display()
            );
            append(&data.join("postgresql.conf"), &lines);
        }
        let server = Self::adopt(directory, watchdog, account, certificates);
        let role = format!("CREATE ROLE shopfolk LOGIN PASSWORD '{}'", Self::PASSWORD);
        server.socket_psql(&role);
        server
    }

    /// Starts a server on a directory that has its data.
    pub(crate) fn adopt(
        directory: TempDir,
        watchdog: Watchdog,
        account: Option<Account>,
        certificates: Option<Certificates>,
    ) -> Self {
        let data = data_in(directory.path());
        let mut server = Self { _watchdog: watchdog, directory, port: 0, account, certificates };
        for attempt in 1..=PORTS {
            server.port = free_port();
            let settings = format!(
                "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\nmax_connections = 200\n",
                server.port,
                server.directory.path().display()
            );
            append(&data.join("postgresql.conf"), &settings);
            if server.try_to_start() {
                return server;
            }
            assert!(attempt < PORTS, "PostgreSQL does not start:\n{}", server.log());
        }
        server
    }

    /// One server for the whole process, for tests that need no more than a database.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<PostgresServer> = LazyLock::new(PostgresServer::start);
        &SHARED
    }

    /// Its port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// One of PostgreSQL's programs, of the version that runs.
    pub fn bin(&self, name: &str) -> PathBuf {
        programs::directory().join(name)
    }

    /// The certificate of the authority that has signed the server's, in PEM; only of a server with TLS.
    pub fn ca_certificate(&self) -> &Path {
        let certificates = self.certificates.as_ref().expect("the server does not encrypt");
        &certificates.authority
    }

    /// Makes an empty database.
    pub fn create_database(&self) -> TestDatabase {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        self.socket_psql(&format!("CREATE DATABASE {name} OWNER shopfolk"));
        self.database(&name)
    }

    /// A database that is there.
    pub fn database(&self, name: &str) -> TestDatabase {
        TestDatabase { name: name.to_owned(), port: self.port, psql: self.bin("psql") }
    }

    /// Stops it; the data stay.
    pub fn stop(&self, mode: StopMode) {
        run(self.control().args(["stop", "--wait"]).arg(format!("--mode={}", mode.name())));
    }

    /// Starts it again, on the same data and port.
    pub fn start_again(&self) {
        assert!(self.try_to_start(), "PostgreSQL does not start again:\n{}", self.log());
    }

    /// Stops it as a crash would, and starts it again.
    pub fn crash_and_start_again(&self) {
        self.stop(StopMode::Immediate);
        self.start_again();
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn try_to_start(&self) -> bool {
        let log = self.directory.path().join("log");
        let status =
            self.control().args(["start", "--wait", "--timeout=60", "--silent", "--log"]).arg(log).output();
        status.expect("cannot start pg_ctl").status.success()
    }

    pub(crate) fn control(&self) -> Command {
        let mut control = command_as(self.account, self.bin("pg_ctl"));
        control.arg("--pgdata").arg(data_in(self.directory.path()));
        control
    }

    /// Runs SQL as the superuser over the socket, which every server lets in.
    pub(crate) fn socket_psql(&self, sql: &str) -> String {
        let mut psql = Command::new(self.bin("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.arg("--host").arg(self.directory.path()).arg(format!("--port={}", self.port));
        run(psql.args(["--username=postgres", "--dbname=postgres", "--command", sql]))
    }
}

/// Has a server that runs in this directory stopped, and the directory removed, when this process is gone.
pub(crate) fn watch(account: Option<Account>, directory: &Path) -> Watchdog {
    let mut end = command_as(account, programs::directory().join("pg_ctl"));
    end.args(["stop", "--mode=immediate", "--wait", "--pgdata"]).arg(data_in(directory));
    Watchdog::over(&end, directory)
}

/// A directory that the account can work in.
pub(crate) fn new_directory(account: Option<Account>) -> TempDir {
    let directory = tempfile::Builder::new().prefix("shopfolk-postgres-").tempdir().unwrap();
    if let Some(account) = account {
        account.own(directory.path());
    }
    directory
}

pub(crate) fn data_in(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Runs a command to its end and answers with what it said.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed: {said}{complained}");
    said.into_owned()
}

fn append(path: &Path, text: &str) {
    let before = fs::read_to_string(path).unwrap();
    fs::write(path, before + text).unwrap();
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
