//! Verifying that recent contacts can be read and do not contradict those that are settled.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Connection};
use shopfolk_model::StoreId;
use shopfolk_store::{Dialect, Invariant, Record, Row, StoreError, StoredContact, Violation, stored_key};

use crate::connection::doing;
use crate::recent_rows::{RECENT_CONTACTS, RECENT_OF_ALL, StoredRecentContact};
use crate::sql_values::SqlColumns;

const SETTLED: &str = "SELECT EXISTS (SELECT 1 FROM contacts
                                       WHERE store_id = ?1 AND customer_id = ?2 AND contact_type = ?3
                                         AND contact_key = ?4)";

/// Looks for unsettled contacts that equal another one of their customer. There are as many as a server's settings allow.
pub(super) fn check_recent_contacts(
    connection: &Connection,
    report: &mut impl FnMut(Violation),
) -> Result<(), StoreError> {
    let checking = doing("check the recent contacts");
    let mut settled = connection.prepare_cached(SETTLED).map_err(&checking)?;
    let mut statement = connection.prepare(&RECENT_OF_ALL).map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    let mut seen = HashSet::new();
    while let Some(row) = rows.next().map_err(&checking)? {
        let first = RECENT_CONTACTS.columns_read().count();
        let store: i64 = row.get(first).map_err(&checking)?;
        let settled_through: i64 = row.get(first + 3).map_err(&checking)?;
        // Rows that cannot be read are told of by themselves.
        let Ok(store) = StoreId::new(store) else { continue };
        let row = Row { store, table: RECENT_CONTACTS, columns: &SqlColumns(row) };
        let Ok(StoredRecentContact { stored, .. }) = row.decode() else { continue };
        let id = stored.contact.id;
        if id.get() <= settled_through {
            continue;
        }
        let key = key_of(&stored);
        if is_settled(&mut settled, store, &key)? || !seen.insert((store, key)) {
            let found = format!(
                "recent contact {id} of customer {} equals another one of the same customer",
                stored.customer
            );
            report(Violation { invariant: Invariant::NoEqualContacts, store: Some(store), found });
        }
    }
    Ok(())
}

type Key = <StoredContact as Record>::Key;

fn key_of(stored: &StoredContact) -> Key {
    let address = &stored.contact.address;
    let key = stored_key(address.key(), Dialect::Sqlite).into_owned();
    (stored.customer, address.contact_type().code(), key)
}

fn is_settled(
    statement: &mut CachedStatement<'_>,
    store: StoreId,
    (customer, contact_type, key): &Key,
) -> Result<bool, StoreError> {
    statement
        .query_row((store.get(), customer.get(), contact_type, key), |row| row.get(0))
        .map_err(doing("check the recent contacts"))
}
