//! What operations that write work with: the connection, and what memory knows of the database.

use std::sync::Arc;

use rusqlite::Connection;
use shopfolk_model::{Actor, StoreId};
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::connection::doing;
use crate::counters::Counters;
use crate::reader::execute;
use crate::recent::{BatchNumber, RecentContacts};
use crate::search::added::AddedContacts;
use crate::search::backlog::Backlog;
use crate::settle::SettlingOrder;
use crate::tx::{SqliteWriteTx, Writing};

/// The connection that writes, and what memory knows of the database.
pub(crate) struct WriterState {
    pub connection: Connection,
    pub recent: Arc<RecentContacts>,
    pub counters: Counters,
    pub settling: SettlingOrder,
    pub added: AddedContacts,
    pub backlog: Backlog,
    /// The commit that comes next.
    pub batch: BatchNumber,
    pub keep_recent: bool,
}

impl WriterState {
    /// What is known before anything was read.
    pub(crate) fn new(
        connection: Connection,
        recent: Arc<RecentContacts>,
        settings: &SqliteSettings,
    ) -> Self {
        Self {
            connection,
            recent,
            counters: Counters::default(),
            settling: SettlingOrder::default(),
            added: AddedContacts::default(),
            backlog: Backlog::new(settings),
            batch: 1,
            keep_recent: settings.serve,
        }
    }

    /// The transaction of one operation in the commit that is being made.
    pub(crate) fn begin_operation(&mut self, store: StoreId, author: Actor) -> SqliteWriteTx<'_> {
        SqliteWriteTx {
            connection: &mut self.connection,
            store,
            mode: Writing {
                author,
                recent: &self.recent,
                counters: &mut self.counters,
                settling: &mut self.settling,
                added: &mut self.added,
                backlog: &mut self.backlog,
                batch: self.batch,
                keep_recent: self.keep_recent,
                wrote: false,
            },
        }
    }

    /// Writes a page as it is.
    pub(crate) fn write_nothing(&self) -> Result<(), StoreError> {
        execute(&self.connection, "PRAGMA user_version = 0").map_err(doing("write"))
    }
}
