//! What operations that write work with: the connection, and what memory knows of the database.

use std::sync::Arc;

use rusqlite::Connection;
use shopfolk_model::{Actor, StoreId};
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::counters::Counters;
use crate::rearrangements::{read_rearrangements, write_rearrangements};
use crate::recent::{BatchNumber, RecentContacts};
use crate::recent_of_server::RecentOfServer;
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
    /// Whether created contacts wait among the recent ones: in a server.
    pub keep_recent: bool,
    /// What a command knows of the recent contacts that a server beside it creates.
    pub recent_of_server: Option<RecentOfServer>,
    /// Whether the commit that is being made rearranges what a server keeps in memory.
    pub rearranged: bool,
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
            recent_of_server: (!settings.serve).then(RecentOfServer::default),
            rearranged: false,
        }
    }

    /// Has a command know of the recent contacts of a store that came to be beside it.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn catch_up(&mut self, store: StoreId) -> Result<(), StoreError> {
        match &mut self.recent_of_server {
            Some(of_server) => of_server.catch_up(&self.connection, &self.recent, store),
            None => Ok(()),
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
                rearranged: &mut self.rearranged,
                wrote: false,
            },
        }
    }

    /// Writes a page as it is.
    pub(crate) fn write_nothing(&self) -> Result<(), StoreError> {
        write_rearrangements(&self.connection, read_rearrangements(&self.connection)?)
    }
}
