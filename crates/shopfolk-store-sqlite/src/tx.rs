//! A transaction on one store, for reading or for writing.

use std::cell::OnceCell;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Params, Row};
use shopfolk_model::{Actor, CustomerId, StoreId};
use shopfolk_store::{ReadTx, StoreError, WriteTx};

use crate::connection::doing;
use crate::counters::{Counters, StoreCounters};
use crate::recent::{BatchNumber, CustomerKey, RecentContact, RecentContacts};
use crate::recent_rows::read_recent_contacts;
use crate::search::added::AddedContacts;
use crate::search::backlog::Backlog;
use crate::settle::SettlingOrder;

/// What a transaction knows beside the tables: [`Reading`] or [`Writing`].
pub(crate) trait TxMode: Send {
    /// The recent contacts of a customer to add to what the tables say; its row says `settled_through`.
    fn recent_contacts(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError>;

    /// When the customer was updated by the last of these, in UNIX seconds.
    fn recently_updated(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Option<i64>, StoreError> {
        let recent = self.recent_contacts(connection, customer, settled_through)?;
        Ok(recent.last().map(|last| last.updated.unix_seconds()))
    }
}

/// A snapshot.
pub(crate) enum Reading<'a> {
    /// Of a server, which knows the recent contacts by heart.
    Server {
        recent: &'a RecentContacts,
        /// The last commit that was done when the snapshot was taken.
        began: BatchNumber,
    },
    /// Of a command beside a server, which reads the recent contacts of its store once.
    Command(OnceCell<HashMap<CustomerId, Vec<RecentContact>>>),
}

impl TxMode for Reading<'_> {
    fn recent_contacts(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError> {
        match self {
            Self::Server { recent, began } => Ok(recent.read(customer, *began, settled_through)),
            Self::Command(known) => {
                if known.get().is_none() {
                    let _ = known.set(read_recent_contacts(connection, customer.store)?);
                }
                let of_customer = known.get().and_then(|known| known.get(&customer.customer));
                let unsettled = |recent: &&RecentContact| recent.contact.id.get() > settled_through;
                Ok(of_customer.into_iter().flatten().filter(unsettled).cloned().collect())
            }
        }
    }

    fn recently_updated(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Server { recent, began } => Ok(recent.last_update(customer, *began, settled_through)),
            Self::Command(_) => {
                let recent = self.recent_contacts(connection, customer, settled_through)?;
                Ok(recent.last().map(|last| last.updated.unix_seconds()))
            }
        }
    }
}

/// The one transaction that writes.
pub(crate) struct Writing<'a> {
    /// By whom.
    pub author: Actor,
    pub recent: &'a RecentContacts,
    pub counters: &'a mut Counters,
    pub settling: &'a mut SettlingOrder,
    /// The commit that the changes will come with.
    pub batch: BatchNumber,
    /// Whether created contacts go to the recent ones.
    pub keep_recent: bool,
    /// Whether the commit rearranges what a server keeps in memory ([`crate::rearrangements`]).
    pub rearranged: &'a mut bool,
    /// What the commit adds for searches.
    pub added: &'a mut AddedContacts,
    /// What is not packed for searches.
    pub backlog: &'a mut Backlog,
    /// Whether the operation has changed anything yet.
    pub wrote: bool,
}

impl TxMode for Writing<'_> {
    fn recent_contacts(
        &self,
        _connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError> {
        Ok(self.recent.read(customer, BatchNumber::MAX, settled_through))
    }

    fn recently_updated(
        &self,
        _connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Option<i64>, StoreError> {
        Ok(self.recent.last_update(customer, BatchNumber::MAX, settled_through))
    }
}

/// A transaction on one store. The SQL of each resource is in the file of its name.
pub(crate) struct SqliteTx<'a, M> {
    pub connection: &'a mut Connection,
    pub store: StoreId,
    pub mode: M,
}

/// A transaction that reads.
pub(crate) type SqliteReadTx<'a> = SqliteTx<'a, Reading<'a>>;
/// A transaction that writes.
pub(crate) type SqliteWriteTx<'a> = SqliteTx<'a, Writing<'a>>;

impl<M: TxMode> ReadTx for SqliteTx<'_, M> {}
impl WriteTx for SqliteWriteTx<'_> {}

impl<M> SqliteTx<'_, M> {
    /// The customer of this store with this id.
    pub(crate) fn key(&self, customer: CustomerId) -> CustomerKey {
        CustomerKey { store: self.store, customer }
    }

    /// The row that a statement finds, if it finds one. `what` says what is being done.
    pub(crate) fn query_row<T>(
        &self,
        what: &'static str,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(parameters, read).optional())
            .map_err(doing(what))
    }

    /// The rows that a statement finds.
    pub(crate) fn query_rows<T>(
        &self,
        what: &'static str,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, read)?.collect())
            .map_err(doing(what))
    }
}

impl SqliteWriteTx<'_> {
    /// Changes rows, and says how many.
    pub(crate) fn change(
        &mut self,
        what: &'static str,
        sql: &str,
        parameters: impl Params,
    ) -> Result<usize, StoreError> {
        self.mode.wrote = true;
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(doing(what))
    }

    /// The counters of the store.
    pub(crate) fn counters(&mut self) -> Result<&mut StoreCounters, StoreError> {
        self.mode.counters.of(self.connection, self.store)
    }
}
