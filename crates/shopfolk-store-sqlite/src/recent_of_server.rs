//! What a command knows of the recent contacts that a server beside it creates.
//!
//! The server alone adds such rows, in each store with ids that rise, so a command reads those that came since it last looked.
//! Which of them the server has settled since, the rows of their customers say: a command asks those before it relies on what it
//! knows ([`crate::tx::SqliteWriteTx::refresh_recent`]).

use std::collections::HashMap;

use rusqlite::Connection;
use shopfolk_model::StoreId;
use shopfolk_store::StoreError;

use crate::connection::doing;
use crate::recent::{CustomerKey, RecentContacts};
use crate::recent_rows::read_recent_after;

/// When so many were read, those are forgotten that the server no longer has among its recent ones.
const READ_BETWEEN_FORGETTING: usize = 65_536;

/// How far a store was read.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// How often others had written by then.
    at: u64,
    /// The last contact.
    last: i64,
}

/// How far each store was read that the command works on.
#[derive(Debug, Default)]
pub(crate) struct RecentOfServer {
    stores: HashMap<StoreId, Seen>,
    /// How often it was found that others wrote, from 1 on.
    writes: u64,
    /// How many contacts were read since some were forgotten.
    read: usize,
}

impl RecentOfServer {
    /// Another process has written.
    pub(crate) fn others_wrote(&mut self) {
        self.writes += 1;
    }

    /// All recent contacts were read anew.
    pub(crate) fn forget(&mut self) {
        self.stores.clear();
        self.writes += 1;
        self.read = 0;
    }

    /// Takes the contacts of a store that came since it was last read.
    pub(crate) fn catch_up(
        &mut self,
        connection: &Connection,
        recent: &RecentContacts,
        store: StoreId,
    ) -> Result<(), StoreError> {
        let seen = self.stores.entry(store).or_default();
        if seen.at == self.writes {
            return Ok(());
        }
        for (customer, contact) in read_recent_after(connection, store, seen.last)? {
            seen.last = contact.contact.id.get();
            self.read += 1;
            recent.take(CustomerKey { store, customer }, contact);
        }
        seen.at = self.writes;
        if self.read >= READ_BETWEEN_FORGETTING {
            self.read = 0;
            let first = first_recent(connection, store)?;
            recent.forget_before(store, first.unwrap_or(i64::MAX));
        }
        Ok(())
    }
}

/// The first recent contact that the table still has of a store.
fn first_recent(connection: &Connection, store: StoreId) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached("SELECT min(contact_id) FROM recent_contacts WHERE store_id = ?1")
        .and_then(|mut statement| statement.query_row([store.get()], |row| row.get(0)))
        .map_err(doing("find the first recent contact"))
}
