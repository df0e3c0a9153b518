//! What was added for searches since the blocks were packed.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Connection;
use shopfolk_model::{Contact, StoreId, searched_key};
use shopfolk_store::StoreError;

use crate::connection::doing;
use crate::search::added::{AddedContact, unpack};

/// A contact that was added. There are as many as the settings allow, so that of a text only a hash is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LateContact {
    customer: i64,
    pub contact: i64,
    hash: u64,
    pub updated: i64,
}

/// The contacts that were added to a store, by customer and id.
pub(super) struct LateContacts(Vec<LateContact>);

impl LateContacts {
    /// Reads them, and hands what is wrong with a row to `found`.
    pub(super) fn read(
        connection: &Connection,
        store: StoreId,
        found: &mut dyn FnMut(String),
    ) -> Result<Self, StoreError> {
        let checking = doing("check the contacts added for searches");
        let mut statement = connection
            .prepare("SELECT first_contact_id, contacts, data FROM search_added WHERE store_id = ?1")
            .map_err(&checking)?;
        let mut rows = statement.query([store.get()]).map_err(&checking)?;
        let mut contacts = Vec::new();
        while let Some(row) = rows.next().map_err(&checking)? {
            let (first, count): (i64, i64) = (row.get(0).map_err(&checking)?, row.get(1).map_err(&checking)?);
            let before = contacts.len();
            let data = row.get_ref(2).map_err(&checking)?.as_blob().unwrap_or_default();
            let whole = unpack_all(data, &mut contacts);
            let of_row = &contacts[before..];
            let as_said = of_row.first().is_some_and(|contact| contact.contact == first)
                && i64::try_from(of_row.len()).is_ok_and(|found| found == count);
            if !whole || !as_said {
                found(format!("the contacts from {first} on that were added for searches are damaged"));
            }
        }
        contacts.sort_unstable();
        Ok(Self(contacts))
    }

    /// Those of a customer of which a block does not know that knows the contacts below this id.
    pub(super) fn of(&self, customer: i64, next: i64) -> &[LateContact] {
        let from = self.0.partition_point(|late| (late.customer, late.contact) < (customer, next));
        let behind = &self.0[from..];
        &behind[..behind.partition_point(|late| late.customer == customer)]
    }
}

impl LateContact {
    /// Whether it says what there is to say of this contact.
    pub(super) fn is(&self, contact: &Contact) -> bool {
        let text = searched_key(contact.address.contact().as_str());
        self.contact == contact.id.get() && self.hash == hash(contact.contact_type().code(), text.as_bytes())
    }
}

fn unpack_all(mut data: &[u8], contacts: &mut Vec<LateContact>) -> bool {
    while !data.is_empty() {
        let Some((AddedContact { customer, contact, updated, contact_type, text }, rest)) = unpack(data)
        else {
            return false;
        };
        contacts.push(LateContact { customer, contact, updated, hash: hash(contact_type.code(), text) });
        data = rest;
    }
    true
}

fn hash(contact_type: u8, text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (contact_type, text).hash(&mut hasher);
    hasher.finish()
}
