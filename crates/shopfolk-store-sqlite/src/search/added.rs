//! Contacts that were created since the blocks were packed, in the order they came.
//!
//! Each commit that creates contacts appends one row a store with all of them, so that a create pays for a few bytes in a
//! row that is written anyway, and a search that looks through them misses nothing that was answered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, params};
use shopfolk_model::{Contact, ContactType, CustomerId, StoreId, Timestamp, searched_key};
use shopfolk_store::{Damage, StoreError};

use crate::connection::doing;

/// A contact that was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AddedContact<'a> {
    pub customer: i64,
    pub contact: i64,
    /// What the customer's `updated` is by it, in UNIX seconds.
    pub updated: i64,
    pub contact_type: ContactType,
    /// The searched key of its text.
    pub text: &'a [u8],
}

/// What comes before the text of a contact: customer, contact, updated (8 bytes each), type (1), length of the text (2).
const HEAD: usize = 27;

/// What the commit that is being made adds, by store.
#[derive(Debug, Default)]
pub(crate) struct AddedContacts(HashMap<StoreId, Added>);

#[derive(Debug)]
struct Added {
    first_contact: i64,
    contacts: usize,
    packed: Vec<u8>,
}

impl AddedContacts {
    /// Adds a contact.
    pub(crate) fn add(
        &mut self,
        store: StoreId,
        customer: CustomerId,
        contact: &Contact,
        updated: Timestamp,
    ) {
        let added = match self.0.entry(store) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(Added { first_contact: contact.id.get(), contacts: 0, packed: Vec::new() })
            }
        };
        let packed = &mut added.packed;
        added.contacts += 1;
        packed.extend_from_slice(&customer.get().to_le_bytes());
        packed.extend_from_slice(&contact.id.get().to_le_bytes());
        packed.extend_from_slice(&updated.unix_seconds().to_le_bytes());
        packed.push(contact.contact_type().code());
        let text = contact.address.contact().as_str();
        let length_at = packed.len();
        packed.extend_from_slice(&[0; 2]);
        let start = packed.len();
        if text.is_ascii() {
            packed.extend_from_slice(text.as_bytes());
            packed[start..].make_ascii_lowercase();
        } else {
            packed.extend_from_slice(searched_key(text).as_bytes());
        }
        // At most 1,024 characters, each of which has a key of at most 33 bytes.
        let length = u16::try_from(packed.len() - start).unwrap_or(u16::MAX);
        packed[length_at..start].copy_from_slice(&length.to_le_bytes());
    }

    /// Forgets what the commit would have added.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Writes what the commit adds, and says for each store how many contacts that were.
    pub(crate) fn write(
        &mut self,
        connection: &Connection,
        mut wrote: impl FnMut(StoreId, usize),
    ) -> Result<(), StoreError> {
        for (store, added) in self.0.drain() {
            connection
                .prepare_cached(
                    "INSERT INTO search_added (store_id, first_contact_id, contacts, data) VALUES (?1, ?2, ?3, ?4)",
                )
                .and_then(|mut statement| {
                    let contacts = i64::try_from(added.contacts).unwrap_or(i64::MAX);
                    statement.execute(params![store.get(), added.first_contact, contacts, added.packed])
                })
                .map_err(doing("add contacts for searches"))?;
            wrote(store, added.contacts);
        }
        Ok(())
    }
}

/// Hands every contact that was added to a store to `look`, in the order they came.
pub(super) fn read_added(
    connection: &Connection,
    store: StoreId,
    mut look: impl FnMut(AddedContact<'_>),
) -> Result<(), StoreError> {
    let reading = doing("read the contacts added for searches");
    let mut statement = connection
        .prepare_cached("SELECT data FROM search_added WHERE store_id = ?1 ORDER BY first_contact_id")
        .map_err(&reading)?;
    let mut rows = statement.query([store.get()]).map_err(&reading)?;
    while let Some(row) = rows.next().map_err(&reading)? {
        let damaged = || Damage {
            table: "search_added",
            column: "data",
            row: format!("store {store}"),
            reason: "the row is damaged; 'shopfolk rebuild' makes it anew".to_owned(),
        };
        let data = row.get_ref(0).map_err(&reading)?;
        let mut data = data.as_blob().map_err(|_| damaged())?;
        while !data.is_empty() {
            let (contact, rest) = unpack(data).ok_or_else(damaged)?;
            look(contact);
            data = rest;
        }
    }
    Ok(())
}

/// The first contact of a row, and what comes behind it.
pub(super) fn unpack(data: &[u8]) -> Option<(AddedContact<'_>, &[u8])> {
    let number = |at: usize| Some(i64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
    let length = u16::from_le_bytes(data.get(HEAD - 2..HEAD)?.try_into().ok()?);
    let end = HEAD + usize::from(length);
    let contact = AddedContact {
        customer: number(0)?,
        contact: number(8)?,
        updated: number(16)?,
        contact_type: ContactType::from_code(*data.get(24)?)?,
        text: data.get(HEAD..end)?,
    };
    Some((contact, &data[end..]))
}
