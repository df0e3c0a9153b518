//! A second server that follows the first.

use std::thread;
use std::time::{Duration, Instant};

use crate::PostgresServer;
use crate::account::command_as;
use crate::server::{data_in, new_directory, run, watch};

/// How long a standby may take to catch up.
const PATIENCE: Duration = Duration::from_mins(1);

impl PostgresServer {
    /// Makes a standby that has everything this server has answered: from now on this one answers a commit when the
    /// standby has it too (synchronous replication).
    #[must_use]
    pub fn standby(&self) -> Self {
        let directory = new_directory(self.account);
        let watchdog = watch(self.account, directory.path());
        let source = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        run(command_as(self.account, self.bin("pg_basebackup"))
            .arg(format!("--dbname={source}"))
            .arg("--pgdata")
            .arg(data_in(directory.path()))
            .args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]));
        let standby = Self::adopt(directory, watchdog, self.account, None);
        self.set_synchronous_standbys("*");
        self.wait_until_synchronous();
        standby
    }

    /// Waits until a standby follows this server synchronously.
    pub fn wait_until_synchronous(&self) {
        let began = Instant::now();
        while self.socket_psql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").trim()
            == "0"
        {
            assert!(began.elapsed() < PATIENCE, "no standby follows:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes a standby the server that takes writes. It waits for no other.
    pub fn promote(&self) {
        run(self.control().args(["promote", "--wait", "--timeout=60"]));
        self.set_synchronous_standbys("");
    }

    fn set_synchronous_standbys(&self, names: &str) {
        self.socket_psql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.socket_psql("SELECT pg_reload_conf()");
    }
}
