//! Contacts.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::params;
use shopfolk_model::{
    BookChange, BookSummary, Contact, ContactBook, ContactId, ContactWrite, CustomerId, NewContact, OrderBy,
    Timestamp,
};
use shopfolk_store::{ReadContacts, StoreError, WriteContacts};

use crate::recent::RecentContact;
use crate::row::{ContactRow, Place};
use crate::settle::{insert_contact, settle_customer, update_customer};
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// A customer with more unsettled contacts than this is settled by the next one, so that looking through them is quick.
const MOST_UNSETTLED_OF_ONE: usize = 64;

impl<A: Access> SqliteTx<'_, A> {
    /// All contacts of a customer; `None` when there is no such customer.
    pub(crate) fn contact_book_now(&self, customer: CustomerId) -> Result<Option<ContactBook>, StoreError> {
        let settled_through: Option<i64> = self.find(
            "find the customer of contacts",
            "SELECT settled_through FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| row.get(0),
        )?;
        let Some(settled_through) = settled_through else { return Ok(None) };
        let rows = self.list(
            "list the contacts of a customer",
            "SELECT contact_id, contact_type, coalesce(contact, contact_key), handle, note, is_default, order_by,
                    timestamp
               FROM contacts
              WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| ContactRow::read(row, 0),
        )?;
        let recent = self.access.recent_contacts(self.connection, self.key(customer), settled_through)?;
        let mut contacts = Vec::with_capacity(rows.len() + recent.len());
        for row in rows {
            contacts.push(Arc::new(row.contact("contacts")?));
        }
        contacts.extend(recent.into_iter().map(|recent| recent.contact));
        Ok(Some(ContactBook::whole(contacts)))
    }
}

impl<A: Access> ReadContacts for SqliteTx<'_, A> {
    async fn find_contact_book(&mut self, customer: CustomerId) -> Result<Option<ContactBook>, StoreError> {
        self.contact_book_now(customer)
    }

    async fn find_contact_books(
        &mut self,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, ContactBook>, StoreError> {
        let mut books = HashMap::with_capacity(customers.len());
        for &customer in customers {
            books.extend(self.find_contact_book(customer).await?.map(|book| (customer, book)));
        }
        Ok(books)
    }
}

impl WriteContacts for SqliteWriteTx<'_> {
    async fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<ContactBook>, StoreError> {
        let matters = |contact: &Contact| {
            contact.address.equals(&new.address)
                || (new.default && contact.default && contact.contact_type() == new.address.contact_type())
        };
        let (summary, mut contacts) = match self.access.recent.unsettled(self.key(customer), matters) {
            Some(unsettled) => (unsettled.summary, unsettled.contacts),
            None => match self.contact_summary(customer)? {
                Some(summary) => (summary, Vec::new()),
                None => return Ok(None),
            },
        };
        contacts.extend(self.equal_contact(customer, new)?);
        if new.default {
            contacts.extend(self.default_contact(customer, new)?);
        }
        Ok(Some(ContactBook::relevant(summary, contacts)))
    }

    async fn next_contact_id(&mut self) -> Result<ContactId, StoreError> {
        self.counters()?.next_contact()
    }

    async fn write_contacts(
        &mut self,
        customer: CustomerId,
        change: &BookChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match &change.writes[..] {
            [ContactWrite::Add(contact)] if self.may_be_recent(customer, contact)? => {
                self.add_recent(customer, contact, change.summary, now)
            }
            writes => {
                settle_customer(self.connection, self.access.recent, self.key(customer), self.access.batch)?;
                for write in writes {
                    self.write_contact(customer, write)?;
                }
                self.access.wrote = true;
                update_customer(self.connection, self.key(customer), change.summary, now, None)?;
                if self.access.created == Some(customer) { Ok(()) } else { self.note_changed(customer) }
            }
        }
    }
}

impl SqliteWriteTx<'_> {
    fn contact_summary(&self, customer: CustomerId) -> Result<Option<BookSummary>, StoreError> {
        let row: Option<(u32, Option<i64>)> = self.find(
            "find the customer of contacts",
            "SELECT contact_count, highest_order_by FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let Some((size, highest)) = row else { return Ok(None) };
        let place = Place { table: "customers", row: format!("store {}, customer {customer}", self.store) };
        let highest_order_by = place.value("highest_order_by", highest.map(OrderBy::new).transpose())?;
        Ok(Some(BookSummary { size, highest_order_by }))
    }

    fn equal_contact(
        &self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<Arc<Contact>>, StoreError> {
        self.find(
            "find an equal contact",
            "SELECT contact_id, contact_type, coalesce(contact, contact_key), handle, note, is_default, order_by,
                    timestamp
               FROM contacts
              WHERE store_id = ?1 AND customer_id = ?2 AND contact_type = ?3 AND contact_key = ?4",
            params![
                self.store.get(),
                customer.get(),
                new.address.contact_type().code(),
                new.address.key().as_str()
            ],
            |row| ContactRow::read(row, 0),
        )?
        .map(|row| row.contact("contacts").map(Arc::new))
        .transpose()
    }

    fn default_contact(
        &self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<Arc<Contact>>, StoreError> {
        self.find(
            "find a default contact",
            "SELECT contact_id, contact_type, coalesce(contact, contact_key), handle, note, is_default, order_by,
                    timestamp
               FROM contacts
              WHERE store_id = ?1 AND customer_id = ?2 AND contact_type = ?3 AND is_default = 1",
            params![self.store.get(), customer.get(), new.address.contact_type().code()],
            |row| ContactRow::read(row, 0),
        )?
        .map(|row| row.contact("contacts").map(Arc::new))
        .transpose()
    }

    /// Whether a new contact may wait among the recent ones: its id must be above all settled ones of the customer, as
    /// every id is that a counter gave.
    fn may_be_recent(&mut self, customer: CustomerId, contact: &Contact) -> Result<bool, StoreError> {
        let key = self.key(customer);
        self.counters()?.raise_contact(contact.id)?;
        if !self.access.keep_recent || self.access.created == Some(customer) {
            return Ok(false);
        }
        let unsettled = self.access.recent.unsettled(key, |_| false);
        Ok(unsettled.is_none_or(|unsettled| unsettled.count < MOST_UNSETTLED_OF_ONE))
    }

    fn add_recent(
        &mut self,
        customer: CustomerId,
        contact: &Arc<Contact>,
        summary: BookSummary,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(
            "add a recent contact",
            "INSERT INTO recent_contacts (store_id, contact_id, customer_id, contact_type, contact, handle, note,
                                          is_default, order_by, timestamp, customer_updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.store.get(),
                contact.id.get(),
                customer.get(),
                contact.contact_type().code(),
                contact.address.contact().as_str(),
                contact.handle.as_ref().map(shopfolk_model::ContactHandle::as_str),
                contact.note.as_ref().map(shopfolk_model::ContactNote::as_str),
                contact.default,
                contact.order_by.get(),
                contact.timestamp.unix_seconds(),
                now.unix_seconds(),
            ],
        )?;
        self.access.backlog.take_fresh(self.store, customer);
        self.access.added.add(self.store, customer, contact, now);
        let key = self.key(customer);
        let recent = RecentContact { contact: Arc::clone(contact), updated: now, batch: self.access.batch };
        if self.access.recent.add(key, recent, summary) {
            self.access.turns.wait(key, contact.id);
        }
        Ok(())
    }

    fn write_contact(&mut self, customer: CustomerId, write: &ContactWrite) -> Result<(), StoreError> {
        match write {
            ContactWrite::Add(contact) => {
                self.access.wrote = true;
                self.counters()?.raise_contact(contact.id)?;
                insert_contact(self.connection, self.key(customer), contact)
            }
            ContactWrite::Replace { before, after } => {
                self.delete_contact(customer, before)?;
                insert_contact(self.connection, self.key(customer), after)
            }
            ContactWrite::Remove(contact) => self.delete_contact(customer, contact),
        }
    }

    fn delete_contact(&mut self, customer: CustomerId, contact: &Contact) -> Result<(), StoreError> {
        let deleted = self.change(
            "delete a contact",
            "DELETE FROM contacts
              WHERE store_id = ?1 AND customer_id = ?2 AND contact_type = ?3 AND contact_key = ?4
                AND contact_id = ?5",
            params![
                self.store.get(),
                customer.get(),
                contact.contact_type().code(),
                contact.address.key().as_str(),
                contact.id.get(),
            ],
        )?;
        if deleted == 1 {
            return Ok(());
        }
        Err(StoreError::Corrupt {
            table: "contacts",
            column: "contact_key",
            row: format!("store {}, customer {customer}, contact {}", self.store, contact.id),
            reason: "the contact that was just read is not there".to_owned(),
        })
    }
}
