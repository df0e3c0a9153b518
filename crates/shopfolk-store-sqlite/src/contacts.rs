//! Contacts.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::params;
use shopfolk_model::{
    BookChange, BookSummary, Contact, ContactBook, ContactWrite, CustomerId, NewContact, OrderBy, Timestamp,
};
use shopfolk_store::{
    BookToAdd, ContactsPart, ContactsRequest, CustomerRow, Damage, Dialect, FoundContacts, IdKind,
    ListedContactsPart, ONE_DEFAULT_CONTACT, Query, ReadContacts, Record, Row, StoreError, Stored,
    StoredContact, Value, Which, WriteContacts,
};

use crate::recent::RecentContact;
use crate::recent_rows::{RECENT_CONTACTS, StoredRecentContact};
use crate::settle::{insert_contact, update_customer};
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

/// A customer with more unsettled contacts than this is settled by the next one, so that looking through them is quick.
const MOST_UNSETTLED_OF_ONE: usize = 64;

/// The contacts of a customer that the tables hold.
const OF_CUSTOMER: &str = "SELECT settled_through FROM customers WHERE store_id = ?1 AND customer_id = ?2";

impl<M: TxMode> SqliteTx<'_, M> {
    /// All contacts of a customer; `None` when there is no such customer.
    pub(crate) fn contacts_now(&self, customer: CustomerId) -> Result<Option<FoundContacts>, StoreError> {
        let Some(recent) = self.recent_of(customer)? else { return Ok(None) };
        let mut found = FoundContacts::default();
        let query = Query { table: StoredContact::TABLE, which: Which::Owners(&[customer.get()]) };
        self.read_one(&query, &mut |row| found.take(row))?;
        found.contacts.extend(recent.into_iter().map(|recent| recent.contact));
        Ok(Some(found))
    }

    /// The recent contacts of a customer, which the tables do not hold; `None` when there is no such customer.
    fn recent_of(&self, customer: CustomerId) -> Result<Option<Vec<RecentContact>>, StoreError> {
        let settled_through: Option<i64> = self.query_row(
            "find the customer of contacts",
            OF_CUSTOMER,
            (self.store.get(), customer.get()),
            |row| row.get(0),
        )?;
        let recent = |through| self.mode.recent_contacts(self.connection, self.key(customer), through);
        settled_through.map(recent).transpose()
    }

    /// About how many bytes the recent contacts of a customer have.
    pub(crate) fn size_of_recent(&self, customer: CustomerId) -> Result<u64, StoreError> {
        let recent = self.recent_of(customer)?.unwrap_or_default();
        Ok(recent.iter().map(|recent| ContactsPart::size(&recent.contact) as u64).sum())
    }

    /// All contacts of customers that lie near each other, in few statements.
    fn contacts_between(
        &self,
        first: CustomerId,
        last: CustomerId,
    ) -> Result<HashMap<CustomerId, FoundContacts>, StoreError> {
        let mut found: HashMap<CustomerId, FoundContacts> = HashMap::new();
        let between = Which::OwnersBetween(first.get(), last.get());
        self.read_one(&Query { table: StoredContact::TABLE, which: between }, &mut |row| {
            let customer = row.columns.value(0).ok().and_then(|id| CustomerId::new(id.as_integer()?).ok());
            if let Some(customer) = customer {
                found.entry(customer).or_default().take(row);
            }
        })?;
        let settled: Vec<(i64, i64)> = self.query_rows(
            "find the customers of contacts",
            "SELECT customer_id, settled_through
               FROM customers
              WHERE store_id = ?1 AND customer_id BETWEEN ?2 AND ?3",
            (self.store.get(), first.get(), last.get()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (id, settled_through) in settled {
            let Ok(customer) = CustomerId::new(id) else { continue };
            let recent = self.mode.recent_contacts(self.connection, self.key(customer), settled_through)?;
            if !recent.is_empty() {
                let contacts = &mut found.entry(customer).or_default().contacts;
                contacts.extend(recent.into_iter().map(|recent| recent.contact));
            }
        }
        Ok(found)
    }
}

impl<M: TxMode> ReadContacts for SqliteTx<'_, M> {
    async fn find_contacts(&mut self, customer: CustomerId) -> Result<Option<FoundContacts>, StoreError> {
        self.contacts_now(customer)
    }

    async fn list_contacts(
        &mut self,
        customer: CustomerId,
        part: ContactsRequest,
    ) -> Result<Option<ListedContactsPart>, StoreError> {
        let Some(recent) = self.recent_of(customer)? else { return Ok(None) };
        let mut part = ContactsPart::new(part);
        let query = Query { table: StoredContact::TABLE, which: Which::Owners(&[customer.get()]) };
        self.read_one(&query, &mut |row| part.take(row))?;
        for recent in &recent {
            part.add(&recent.contact);
        }
        Ok(Some(part.listed()))
    }

    async fn read_with_contacts(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(Row<'_>) + Send),
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, FoundContacts>, StoreError> {
        for query in queries {
            self.read_one(query, take)?;
        }
        if let (Some(&first), Some(&last)) = (customers.iter().min(), customers.iter().max())
            && last.get() - first.get() < 2 * i64::try_from(customers.len()).unwrap_or(i64::MAX)
        {
            return self.contacts_between(first, last);
        }
        let mut found = HashMap::with_capacity(customers.len());
        for &customer in customers {
            found.extend(self.contacts_now(customer)?.map(|contacts| (customer, contacts)));
        }
        Ok(found)
    }
}

impl WriteContacts for SqliteWriteTx<'_> {
    async fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<BookToAdd>, StoreError> {
        self.refresh_recent(customer)?;
        let matters = |contact: &Contact| {
            contact.address.equals(&new.address)
                || (new.default && contact.default && contact.contact_type() == new.address.contact_type())
        };
        let (summary, updated, mut contacts) = match self.mode.recent.unsettled(self.key(customer), matters) {
            Some(unsettled) => (unsettled.summary, unsettled.updated, unsettled.contacts),
            None => match self.customer_row(customer)? {
                Some(customer) => (customer.contacts, customer.updated, Vec::new()),
                None => return Ok(None),
            },
        };
        contacts.extend(self.equal_contact(customer, new)?);
        if new.default {
            contacts.extend(self.default_contact(customer, new)?);
        }
        Ok(Some(BookToAdd { book: ContactBook::relevant(summary, contacts), updated }))
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
                self.settle(customer)?;
                for write in writes {
                    self.write_contact(customer, write)?;
                }
                update_customer(self.connection, self.key(customer), change.summary, now, None)?;
                self.note_changed(customer)
            }
        }
    }
}

impl SqliteWriteTx<'_> {
    /// Has a command rely on nothing of a customer's recent contacts that a server beside it has changed.
    pub(crate) fn refresh_recent(&self, customer: CustomerId) -> Result<(), StoreError> {
        let key = self.key(customer);
        if self.mode.keep_recent || !self.mode.recent.knows(key) {
            return Ok(());
        }
        let row = self.query_row(
            "find what the contacts of a customer amount to",
            "SELECT settled_through, contact_count, highest_order_by
               FROM customers
              WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?)),
        )?;
        let (settled_through, size, highest) = row.unwrap_or((i64::MAX, 0, None));
        // Of a number that is none, `check` tells.
        let highest_order_by = highest.and_then(|highest| OrderBy::load(Value::Integer(highest)).ok());
        self.mode.recent.refresh(key, settled_through, BookSummary { size, highest_order_by });
        Ok(())
    }

    fn customer_row(&self, customer: CustomerId) -> Result<Option<CustomerRow>, StoreError> {
        let mut found: Option<Result<CustomerRow, Damage>> = None;
        let query = Query::keys::<CustomerRow>(&[(customer,)]);
        self.read_one(&query, &mut |row| found = Some(row.decode()))?;
        Ok(found.transpose()?)
    }

    fn equal_contact(
        &self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<Arc<Contact>>, StoreError> {
        let code = new.address.contact_type().code();
        let key = (customer, code, new.address.key().as_str().to_owned());
        self.one_contact(&Query::keys::<StoredContact>(&[key]))
    }

    fn default_contact(
        &self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<Arc<Contact>>, StoreError> {
        let values = vec![customer.get().into(), i64::from(new.address.contact_type().code()).into()];
        let which = Which::Unique(&ONE_DEFAULT_CONTACT, vec![values]);
        self.one_contact(&Query { table: StoredContact::TABLE, which })
    }

    fn one_contact(&self, query: &Query<'_>) -> Result<Option<Arc<Contact>>, StoreError> {
        let mut found: Option<Result<StoredContact, Damage>> = None;
        self.read_one(query, &mut |row| found = Some(row.decode()))?;
        Ok(found.transpose()?.map(|stored| stored.contact))
    }

    /// Whether a new contact may wait among the recent ones: its id must be above all settled ones of the customer, as
    /// every id is that a counter gave.
    fn may_be_recent(&mut self, customer: CustomerId, contact: &Contact) -> Result<bool, StoreError> {
        let key = self.key(customer);
        self.counters()?.raise_above(IdKind::Contact, contact.id.get())?;
        if !self.mode.keep_recent {
            return Ok(false);
        }
        let unsettled = self.mode.recent.unsettled(key, |_| false);
        Ok(unsettled.is_none_or(|unsettled| unsettled.count < MOST_UNSETTLED_OF_ONE))
    }

    fn add_recent(
        &mut self,
        customer: CustomerId,
        contact: &Arc<Contact>,
        summary: BookSummary,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = StoredContact { customer, contact: Arc::clone(contact) };
        let recent = StoredRecentContact { stored, updated: now };
        self.insert_rows(RECENT_CONTACTS, &[recent.encode(Dialect::Sqlite)])?;
        self.mode.backlog.take_fresh(self.store, customer);
        self.mode.added.add(self.store, customer, contact, now);
        let key = self.key(customer);
        let recent = RecentContact { contact: Arc::clone(contact), updated: now, batch: self.mode.batch };
        if self.mode.recent.add(key, recent, summary) {
            self.mode.settling.wait(key, contact.id);
        }
        Ok(())
    }

    fn write_contact(&mut self, customer: CustomerId, write: &ContactWrite) -> Result<(), StoreError> {
        match write {
            ContactWrite::Add(contact) => {
                self.counters()?.raise_above(IdKind::Contact, contact.id.get())?;
                insert_contact(self.connection, self.key(customer), Arc::clone(contact))
            }
            ContactWrite::Replace { before, after } => {
                self.delete_contact(customer, before)?;
                insert_contact(self.connection, self.key(customer), Arc::clone(after))
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
        let damage = Damage {
            table: "contacts",
            column: "contact_key",
            row: format!("store {}, customer_id {customer}, contact_id {}", self.store, contact.id),
            reason: "the contact that was just read is not there".to_owned(),
        };
        Err(damage.into())
    }
}
