//! Contacts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use shopfolk_model::{
    BookChange, BookSummary, Contact, ContactAddress, ContactBook, ContactHandle, ContactId, ContactKey,
    ContactNote, ContactText, ContactType, ContactWrite, CustomerId, MAXIMUM_CONTACTS, NewContact, OrderBy,
    Timestamp,
};
use shopfolk_store::{ReadContacts, StoreError, WriteContacts};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::parameter::{Parameter, parameters_of};
use crate::row::Place;
use crate::search::stored_folded;
use crate::session::Step;
use crate::tx::{Access, Lock, PostgresTx, PostgresWriteTx};

/// Keys that are longer, in bytes, are kept as their digest: an entry of an index holds at most 2,700 bytes.
const LONGEST_KEY: usize = 500;

/// Reads a contact. Its columns are those of the table, with `contact` from `contact_key` where it is null.
pub(crate) fn read_contact(row: &Row) -> Result<Contact, StoreError> {
    let id: i64 = row.try_get("contact_id").unwrap_or_default();
    let place = Place { row, table: "contacts", key: format!("contact {id}") };
    let contact_type = place.read("contact_type", |code: i16| {
        u8::try_from(code).ok().and_then(ContactType::from_code).ok_or_else(|| format!("no type {code}"))
    })?;
    let text = place.read("contact", |text: &str| ContactText::new(text))?;
    Ok(Contact {
        id: place.read("contact_id", ContactId::new)?,
        address: ContactAddress::from_stored(contact_type, text),
        handle: place.read("handle", |text: Option<&str>| text.map(ContactHandle::new).transpose())?,
        note: place.read("note", |text: Option<&str>| text.map(ContactNote::new).transpose())?,
        default: place.get("is_default")?,
        order_by: place.read("order_by", |place: i32| OrderBy::new(i64::from(place)))?,
        timestamp: place.read("timestamp", Timestamp::from_unix_seconds)?,
    })
}

/// The key as the table keeps it.
pub(crate) fn stored_key(key: &ContactKey) -> Cow<'_, str> {
    let key = key.as_str();
    if key.len() <= LONGEST_KEY {
        return Cow::Borrowed(key);
    }
    // No text begins with this character, so no short key is taken for a digest.
    let mut digest = "\u{1}".to_owned();
    for byte in Sha256::digest(key) {
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    Cow::Owned(digest)
}

/// What the columns `contact_key` and `contact` are to hold.
pub(crate) fn stored_text(contact: &Contact) -> (String, Option<String>) {
    let key = contact.address.key();
    let key = stored_key(key).into_owned();
    let text = contact.address.contact().as_str();
    let contact = (key != text).then(|| text.to_owned());
    (key, contact)
}

impl<A: Access> PostgresTx<'_, A> {
    fn lock_customer(&mut self, customer: CustomerId) -> Option<Step> {
        self.access.lock(self.store, Lock::Customer(customer))
    }
}

impl<A: Access> ReadContacts for PostgresTx<'_, A> {
    async fn find_contact_book(&mut self, customer: CustomerId) -> Result<Option<ContactBook>, StoreError> {
        let lock = self.lock_customer(customer);
        let find = Step::Run {
            what: "list the contacts of a customer",
            sql: "SELECT contacts.contact_id, contacts.contact_type,
                         coalesce(contacts.contact, contacts.contact_key) AS contact, contacts.handle, contacts.note,
                         contacts.is_default, contacts.order_by, contacts.timestamp
                    FROM customers
                    LEFT JOIN contacts ON contacts.store_id = customers.store_id
                                      AND contacts.customer_id = customers.customer_id
                   WHERE customers.store_id = $1 AND customers.customer_id = $2",
            parameters: parameters_of![self.store.get(), customer.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        if found.rows.is_empty() {
            return Ok(None);
        }
        let mut contacts = Vec::with_capacity(found.rows.len());
        for row in &found.rows {
            // A customer without contacts is one row without a contact.
            if row.try_get::<_, Option<i64>>("contact_id").unwrap_or_default().is_some() {
                contacts.push(Arc::new(read_contact(row)?));
            }
        }
        Ok(Some(ContactBook::whole(contacts)))
    }

    async fn find_contact_books(
        &mut self,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, ContactBook>, StoreError> {
        let ids: Vec<i64> = customers.iter().map(|customer| customer.get()).collect();
        let rows = self
            .list(
                "list the contacts of customers",
                // One by one: as long as the database has not counted the rows, it would look through all contacts of
                // the store.
                "SELECT found.customer_id, found.contact_id, found.contact_type,
                        coalesce(found.contact, found.contact_key) AS contact, found.handle, found.note,
                        found.is_default, found.order_by, found.timestamp
                   FROM unnest($2::bigint[]) AS wanted (customer_id),
                        LATERAL (SELECT * FROM contacts
                                  WHERE store_id = $1 AND contacts.customer_id = wanted.customer_id LIMIT $3) AS found",
                parameters_of![self.store.get(), ids, i64::from(MAXIMUM_CONTACTS)],
            )
            .await?;
        let mut contacts: HashMap<CustomerId, Vec<Arc<Contact>>> = HashMap::with_capacity(customers.len());
        for row in &rows {
            let place = Place { row, table: "contacts", key: format!("store {}", self.store) };
            let customer = place.read("customer_id", CustomerId::new)?;
            contacts.entry(customer).or_default().push(Arc::new(read_contact(row)?));
        }
        Ok(contacts
            .into_iter()
            .map(|(customer, contacts)| (customer, ContactBook::whole(contacts)))
            .collect())
    }
}

impl WriteContacts for PostgresWriteTx<'_> {
    async fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<ContactBook>, StoreError> {
        let code = i16::from(new.address.contact_type().code());
        let lock = self.lock_customer(customer);
        let equal = Step::Run {
            what: "find an equal contact",
            sql: "SELECT contact_id, contact_type, coalesce(contact, contact_key) AS contact, handle, note, is_default,
                         order_by, timestamp
                    FROM contacts
                   WHERE store_id = $1 AND customer_id = $2 AND contact_type = $3 AND contact_key = $4",
            parameters: parameters_of![
                self.store.get(),
                customer.get(),
                code,
                stored_key(new.address.key()).into_owned()
            ],
            touches: None,
        };
        let default = new.default.then(|| Step::Run {
            what: "find a default contact",
            sql: "SELECT contact_id, contact_type, coalesce(contact, contact_key) AS contact, handle, note, is_default,
                         order_by, timestamp
                    FROM contacts
                   WHERE store_id = $1 AND customer_id = $2 AND contact_type = $3 AND is_default",
            parameters: parameters_of![self.store.get(), customer.get(), code],
            touches: None,
        });
        let [locked, equal, default] = self.run([lock, Some(equal), default]).await?;
        let Some(row) = locked.rows.first() else { return Ok(None) };
        let summary = read_summary(row, customer)?;
        let rows = equal.rows.iter().chain(&default.rows);
        let contacts = rows.map(|row| read_contact(row).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Some(ContactBook::relevant(summary, contacts)))
    }

    async fn next_contact_id(&mut self) -> Result<ContactId, StoreError> {
        let taken = self.take_id(Kind::Contact).await?;
        ContactId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "contact" })
    }

    async fn write_contacts(
        &mut self,
        customer: CustomerId,
        change: &BookChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for write in &change.writes {
            match write {
                ContactWrite::Add(contact) => self.add_contact(customer, contact),
                ContactWrite::Replace { before, after } => self.replace_contact(customer, before, after),
                ContactWrite::Remove(contact) => self.remove_contact(customer, contact),
            }
        }
        self.write(
            "write down what a customer's contacts are as a whole",
            "UPDATE customers
                SET updated = $3, contact_count = $4, highest_order_by = $5
              WHERE store_id = $1 AND customer_id = $2",
            parameters_of![
                self.store.get(),
                customer.get(),
                now.unix_seconds(),
                // A customer has at most 500 contacts.
                i32::try_from(change.summary.size).unwrap_or(i32::MAX),
                change.summary.highest_order_by.map(OrderBy::get),
            ],
        );
        Ok(())
    }
}

impl PostgresWriteTx<'_> {
    fn add_contact(&mut self, customer: CustomerId, contact: &Contact) {
        self.raise_contact(contact.id);
        let parameters = self.columns(customer, contact);
        self.write(
            "add a contact",
            "INSERT INTO contacts (store_id, customer_id, contact_id, contact_type, contact_key, contact, handle, note,
                                   is_default, order_by, timestamp, folded)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            parameters,
        );
    }

    fn replace_contact(&mut self, customer: CustomerId, before: &Contact, after: &Contact) {
        let mut parameters = self.columns(customer, after);
        parameters.extend(parameters_of![
            i16::from(before.contact_type().code()),
            stored_key(before.address.key()).into_owned()
        ]);
        self.write_one(
            "change a contact",
            "UPDATE contacts
                SET contact_type = $4, contact_key = $5, contact = $6, handle = $7, note = $8, is_default = $9,
                    order_by = $10, timestamp = $11, folded = $12
              WHERE store_id = $1 AND customer_id = $2 AND contact_type = $13 AND contact_key = $14
                AND contact_id = $3",
            parameters,
        );
    }

    fn remove_contact(&mut self, customer: CustomerId, contact: &Contact) {
        self.write_one(
            "delete a contact",
            "DELETE FROM contacts
              WHERE store_id = $1 AND customer_id = $2 AND contact_type = $3 AND contact_key = $4
                AND contact_id = $5",
            parameters_of![
                self.store.get(),
                customer.get(),
                i16::from(contact.contact_type().code()),
                stored_key(contact.address.key()).into_owned(),
                contact.id.get(),
            ],
        );
    }

    /// `store_id, customer_id, contact_id, contact_type, contact_key, contact, handle, note, is_default, order_by,
    /// timestamp`, in this order.
    fn columns(&self, customer: CustomerId, contact: &Contact) -> Vec<Parameter> {
        let (key, text) = stored_text(contact);
        parameters_of![
            self.store.get(),
            customer.get(),
            contact.id.get(),
            i16::from(contact.contact_type().code()),
            key,
            text,
            contact.handle.as_ref().map(ContactHandle::as_str),
            contact.note.as_ref().map(ContactNote::as_str),
            contact.default,
            contact.order_by.get(),
            contact.timestamp.unix_seconds(),
            stored_folded(contact.address.contact().as_str()),
        ]
    }
}

fn read_summary(row: &Row, customer: CustomerId) -> Result<BookSummary, StoreError> {
    let place = Place { row, table: "customers", key: format!("customer {customer}") };
    Ok(BookSummary {
        size: place.read("contact_count", |size: i32| u32::try_from(size))?,
        highest_order_by: place.read("highest_order_by", |place: Option<i32>| {
            place.map(|place| OrderBy::new(i64::from(place))).transpose()
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ContactKey {
        ContactKey::of(ContactType::Other, &ContactText::new(text).unwrap())
    }

    #[test]
    fn a_long_key_is_kept_as_a_digest_that_no_text_can_be() {
        assert_eq!(stored_key(&key("short")), "short");
        let (long, other) = ("é".repeat(1_000), "é".repeat(1_001));
        let digest = stored_key(&key(&long)).into_owned();
        assert_eq!(digest.len(), 65);
        assert_ne!(digest, stored_key(&key(&other)));
        assert!(ContactText::new(&digest).is_err());
    }
}
