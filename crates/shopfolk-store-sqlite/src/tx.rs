//! A transaction on one store, for reading or for writing.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Params, Row};
use shopfolk_model::{CustomerId, StoreId};
use shopfolk_store::{ReadTx, StoreError, WriteTx};

use crate::connection::doing;
use crate::counters::{Counters, StoreCounters};
use crate::recent::{BatchNumber, CustomerKey, RecentContact, RecentContacts};
use crate::search::{AddedContacts, Backlog};
use crate::settle::{Turns, read_recent_contacts, read_recent_contacts_of_many};

/// What a transaction may do beside reading the tables: [`Reading`] or [`Writing`].
pub(crate) trait Access: Send {
    /// The recent contacts of a customer to add to what the tables say; its row says `settled_through`.
    fn recent_contacts(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError>;

    /// The same for many customers of a store, given by id with what their rows say. Those without any may be left out.
    fn recent_contacts_of_many(
        &self,
        connection: &Connection,
        store: StoreId,
        customers: &[(CustomerId, i64)],
    ) -> Result<HashMap<CustomerId, Vec<RecentContact>>, StoreError> {
        let of = |&(customer, settled_through)| {
            let key = CustomerKey { store, customer };
            self.recent_contacts(connection, key, settled_through).map(|recent| (customer, recent))
        };
        customers.iter().map(of).collect()
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
    /// Of a command beside a server, whose recent contacts it looks up where they lie.
    Command,
}

impl Access for Reading<'_> {
    fn recent_contacts(
        &self,
        connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError> {
        match self {
            Self::Server { recent, began } => Ok(recent.read(customer, *began, settled_through)),
            Self::Command => read_recent_contacts(connection, customer, settled_through),
        }
    }

    fn recent_contacts_of_many(
        &self,
        connection: &Connection,
        store: StoreId,
        customers: &[(CustomerId, i64)],
    ) -> Result<HashMap<CustomerId, Vec<RecentContact>>, StoreError> {
        match self {
            Self::Server { recent, began } => Ok(customers
                .iter()
                .map(|&(customer, settled_through)| {
                    (customer, recent.read(CustomerKey { store, customer }, *began, settled_through))
                })
                .collect()),
            Self::Command => read_recent_contacts_of_many(connection, store, customers),
        }
    }
}

/// The one transaction that writes.
pub(crate) struct Writing<'a> {
    pub recent: &'a RecentContacts,
    pub counters: &'a mut Counters,
    pub turns: &'a mut Turns,
    /// The commit that the changes will come with.
    pub batch: BatchNumber,
    /// Whether created contacts go to the recent ones.
    pub keep_recent: bool,
    /// What the commit adds for searches.
    pub added: &'a mut AddedContacts,
    /// What is not packed for searches.
    pub backlog: &'a mut Backlog,
    /// Whether the operation has changed anything yet.
    pub wrote: bool,
    /// The customer that the operation created, whose contacts go straight to the tables beside it.
    pub created: Option<CustomerId>,
}

impl Access for Writing<'_> {
    fn recent_contacts(
        &self,
        _connection: &Connection,
        customer: CustomerKey,
        settled_through: i64,
    ) -> Result<Vec<RecentContact>, StoreError> {
        Ok(self.recent.read(customer, BatchNumber::MAX, settled_through))
    }
}

/// A transaction on one store. The SQL of each resource is in the file of its name.
pub(crate) struct SqliteTx<'a, A> {
    pub connection: &'a mut Connection,
    pub store: StoreId,
    pub access: A,
}

/// A transaction that reads.
pub(crate) type SqliteReadTx<'a> = SqliteTx<'a, Reading<'a>>;
/// A transaction that writes.
pub(crate) type SqliteWriteTx<'a> = SqliteTx<'a, Writing<'a>>;

impl<A: Access> ReadTx for SqliteTx<'_, A> {}
impl WriteTx for SqliteWriteTx<'_> {}

impl<A> SqliteTx<'_, A> {
    /// The customer of this store with this id.
    pub(crate) fn key(&self, customer: CustomerId) -> CustomerKey {
        CustomerKey { store: self.store, customer }
    }

    /// The row that a statement finds, if it finds one. `what` says what is being done.
    pub(crate) fn find<T>(
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
    pub(crate) fn list<T>(
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
        self.access.wrote = true;
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(doing(what))
    }

    /// The counters of the store.
    pub(crate) fn counters(&mut self) -> Result<&mut StoreCounters, StoreError> {
        self.access.counters.of(self.connection, self.store)
    }
}
