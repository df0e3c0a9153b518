//! What the tests on PostgreSQL do with the server itself.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use shopfolk_test_postgres::{PgBouncer, PostgresServer, TestDatabase};

use super::{PATIENCE, eventually};

/// Somebody else's transaction that holds a lock. It is rolled back when this is dropped.
pub struct HeldLock {
    psql: Child,
    input: Option<ChildStdin>,
}

impl HeldLock {
    /// Locks a table, as an administrator at a terminal would who then goes to lunch.
    pub fn on_table(server: &PostgresServer, database: &TestDatabase, table: &str) -> Self {
        let take = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        let held = format!("relation = '{table}'::regclass AND mode = 'AccessExclusiveLock'");
        Self::take(server, database, &take, &held)
    }

    /// Takes the lock that a node has while it changes the tables; its number is the name of the program.
    pub fn on_migrations(server: &PostgresServer, database: &TestDatabase) -> Self {
        let take = "SELECT pg_advisory_xact_lock(('x' || encode('shopfolk', 'hex'))::bit(64)::bigint)";
        let held = "locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        Self::take(server, database, take, held)
    }

    fn take(server: &PostgresServer, database: &TestDatabase, take: &str, held: &str) -> Self {
        let mut psql = Command::new(server.bin("psql"))
            .args(["--no-psqlrc", "--quiet", "--host=127.0.0.1", "--username=postgres"])
            .arg(format!("--port={}", database.port()))
            .arg(format!("--dbname={}", database.name()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = psql.stdin.take().unwrap();
        writeln!(input, "BEGIN; {take};").unwrap();
        input.flush().unwrap();
        let held = format!("SELECT count(*) FROM pg_locks WHERE {held} AND granted");
        eventually("the lock is held", PATIENCE, || (database.psql(&held).trim() == "1").then_some(()));
        Self { psql, input: Some(input) }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends when its input does.
        let _ = self.psql.wait();
    }
}

/// Waits until no transaction is under way: whatever a node that is gone has begun is done or undone.
pub fn wait_until_quiet(database: &TestDatabase) {
    let busy = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND backend_type = 'client backend' AND xact_start IS NOT NULL";
    eventually("no transaction is under way", PATIENCE, || (database.psql(busy).trim() == "0").then_some(()));
}

/// Whether `PgBouncer` is there; says so when it is not, because the test is left out then.
#[allow(clippy::print_stderr, reason = "whoever runs the tests has to see what was left out")]
pub fn has_pgbouncer() -> bool {
    let there = PgBouncer::is_installed();
    if !there {
        eprintln!("left out: PgBouncer is not installed (on Debian: apt-get install pgbouncer)");
    }
    there
}
