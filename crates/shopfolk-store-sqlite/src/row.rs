//! From rows to words of the model. A row that cannot become one says where it is and what is wrong.

use std::fmt::Display;

use rusqlite::Row;
use shopfolk_model::{
    Contact, ContactAddress, ContactHandle, ContactId, ContactNote, ContactText, ContactType, OrderBy,
    Timestamp,
};
use shopfolk_store::StoreError;

/// A value of a row that may not be what it should.
pub(crate) struct Place {
    /// The table.
    pub table: &'static str,
    /// The key of the row.
    pub row: String,
}

impl Place {
    /// Takes the value, or says which one cannot be.
    pub(crate) fn value<T, E: Display>(
        &self,
        column: &'static str,
        value: Result<T, E>,
    ) -> Result<T, StoreError> {
        value.map_err(|error| StoreError::Corrupt {
            table: self.table,
            column,
            row: self.row.clone(),
            reason: error.to_string(),
        })
    }
}

/// A contact as both tables hold it: `contact_id, contact_type, contact, handle, note, is_default, order_by,
/// timestamp`, in this order, from `first` on.
pub(crate) struct ContactRow {
    id: i64,
    contact_type: u8,
    contact: String,
    handle: Option<String>,
    note: Option<String>,
    default: bool,
    order_by: i64,
    timestamp: i64,
}

impl ContactRow {
    /// Reads the columns.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(first)?,
            contact_type: row.get(first + 1)?,
            contact: row.get(first + 2)?,
            handle: row.get(first + 3)?,
            note: row.get(first + 4)?,
            default: row.get(first + 5)?,
            order_by: row.get(first + 6)?,
            timestamp: row.get(first + 7)?,
        })
    }

    /// The contact in the row.
    pub(crate) fn contact(self, table: &'static str) -> Result<Contact, StoreError> {
        let place = Place { table, row: format!("contact {}", self.id) };
        let contact_type =
            ContactType::from_code(self.contact_type).ok_or_else(|| format!("no type {}", self.contact_type));
        let contact_type = place.value("contact_type", contact_type)?;
        let text = place.value("contact", ContactText::new(&self.contact))?;
        let handle = self.handle.map(|handle| ContactHandle::new(&handle)).transpose();
        let note = self.note.map(|note| ContactNote::new(&note)).transpose();
        Ok(Contact {
            id: place.value("contact_id", ContactId::new(self.id))?,
            address: ContactAddress::from_stored(contact_type, text),
            handle: place.value("handle", handle)?,
            note: place.value("note", note)?,
            default: self.default,
            order_by: place.value("order_by", OrderBy::new(self.order_by))?,
            timestamp: place.value("timestamp", Timestamp::from_unix_seconds(self.timestamp))?,
        })
    }
}
