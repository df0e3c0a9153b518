//! The threads that read: each with a connection that cannot write, serving one snapshot after the other.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use futures_util::FutureExt;
use rusqlite::Connection;
use shopfolk_model::StoreId;
use shopfolk_store::{ReadOperation, StoreError};
use tokio::runtime::Handle;

use crate::connection::doing;
use crate::recent::{ReaderNumber, RecentContacts};
use crate::tx::{Reading, SqliteReadTx};

/// Something to do on a connection that reads. It answers its caller itself.
pub(crate) type ReadJob = Box<dyn FnOnce(&mut Reader) + Send>;

/// What a reading thread works with.
pub(crate) struct Reader {
    pub connection: Connection,
    pub recent: Arc<RecentContacts>,
    pub number: ReaderNumber,
    /// Whether this process serves the database.
    pub serve: bool,
}

impl Reader {
    /// Runs an operation on a snapshot of a store.
    pub(crate) fn run<O: ReadOperation>(
        &mut self,
        store: StoreId,
        operation: &O,
    ) -> Result<O::Output, O::Error> {
        if !self.serve {
            return self.in_snapshot(store, operation, Reading::Command(OnceCell::new()));
        }
        let recent = Arc::clone(&self.recent);
        // Before the snapshot is taken, so that the list keeps whatever the snapshot may lack.
        let began = recent.begin_read(self.number);
        let outcome = self.in_snapshot(store, operation, Reading::Server { recent: &recent, began });
        recent.end_read(self.number);
        outcome
    }

    fn in_snapshot<O: ReadOperation>(
        &mut self,
        store: StoreId,
        operation: &O,
        mode: Reading<'_>,
    ) -> Result<O::Output, O::Error> {
        execute(&self.connection, "BEGIN").map_err(doing("begin to read"))?;
        let connection = &mut self.connection;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = SqliteReadTx { connection, store, mode };
            operation.run(&mut tx).now_or_never()
        }));
        execute(&self.connection, "ROLLBACK").map_err(doing("end a read"))?;
        finished(outcome)
    }
}

/// Runs an operation on a snapshot of a store; it may wait for the task that takes what it reads.
pub(crate) fn read_alone<O: ReadOperation>(
    connection: &mut Connection,
    store: StoreId,
    operation: &O,
    runtime: &Handle,
) -> Result<O::Output, O::Error> {
    execute(connection, "BEGIN").map_err(doing("begin to read"))?;
    let outcome = {
        // Recent contacts are looked up where they lie: memory knows them for the readers of a server alone.
        let mut tx =
            SqliteReadTx { connection: &mut *connection, store, mode: Reading::Command(OnceCell::new()) };
        runtime.block_on(operation.run(&mut tx))
    };
    execute(connection, "ROLLBACK").map_err(doing("end a read"))?;
    outcome
}

/// Runs a statement that has neither parameters nor rows.
pub(crate) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// What an operation answered. Its futures are always ready, because nothing in this engine waits for anything else.
pub(crate) fn finished<T, E: From<StoreError>>(
    outcome: thread::Result<Option<Result<T, E>>>,
) -> Result<T, E> {
    let fault = |what: &str| StoreError::Database { doing: "run an operation", source: what.into() };
    match outcome {
        Ok(Some(answer)) => answer,
        Ok(None) => Err(fault("the operation waited for something that is not the database").into()),
        Err(_) => Err(fault("the operation panicked").into()),
    }
}
