//! A pooler in front of a server: `PgBouncer`, which hands each transaction to another connection.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::TestDatabase;
use crate::account::command_as;
use crate::server::{PostgresServer, free_port, new_directory};
use crate::watchdog::Watchdog;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A `PgBouncer` in transaction mode. Dropping it ends it.
#[derive(Debug)]
pub struct PgBouncer {
    process: Child,
    // In this order: what is left of the process ends before its directory goes.
    _watchdog: Watchdog,
    _directory: TempDir,
    port: u16,
}

impl PgBouncer {
    /// Whether it is installed.
    pub fn is_installed() -> bool {
        program().is_some()
    }

    /// Starts one with three connections to each database of the server.
    pub fn start(server: &PostgresServer) -> Self {
        let program = program().expect("PgBouncer is not installed (on Debian: apt-get install pgbouncer)");
        let directory = new_directory(server.account);
        let (port, path) = (free_port(), directory.path().display().to_string());
        // Every client is the superuser: a pooler for tests keeps nobody out.
        let settings = format!(
            "[databases]\n* = user=postgres host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\nauth_file = {path}/users\npool_mode = transaction\n\
             default_pool_size = 3\nmax_client_conn = 200\nlogfile = {path}/log\npidfile = {path}/pid\n",
            server.port()
        );
        fs::write(directory.path().join("users"), "\"postgres\" \"\"\n").unwrap();
        let file = directory.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let mut process = command_as(server.account, program)
            .arg("--quiet")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cannot start pgbouncer");
        let mut end = Command::new("kill");
        end.args(["-9", &process.id().to_string()]);
        let watchdog = Watchdog::over(&end, directory.path());
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(directory.path().join("log")).unwrap_or_default();
            assert!(process.try_wait().unwrap().is_none(), "PgBouncer has ended: {}", log());
            assert!(began.elapsed() < PATIENCE, "PgBouncer does not start: {}", log());
            thread::sleep(Duration::from_millis(10));
        }
        Self { process, _watchdog: watchdog, _directory: directory, port }
    }

    /// The address of a database through it.
    pub fn url(&self, database: &TestDatabase) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}", self.port, database.name())
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Both fail only when it is gone already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<PathBuf> {
    let places = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&places).chain([PathBuf::from("/usr/sbin")]);
    places.map(|place| place.join("pgbouncer")).find(|path| path.is_file())
}
