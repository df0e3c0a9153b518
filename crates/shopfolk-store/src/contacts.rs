//! The contacts of customers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use shopfolk_model::{
    BookChange, Contact, ContactAddress, ContactBook, ContactHandle, ContactId, ContactKey, ContactNote,
    ContactText, ContactType, CustomerId, NewContact, OrderBy, Timestamp, is_namesake_key, namesake_key,
    searched_key,
};

use crate::value::Made;
use crate::{
    ContactsRequest, Damage, Derived, Dialect, IdKind, ListedContactsPart, OnlyRows, Owner, Query, Record,
    Row, StoreError, Unique, record,
};

/// A contact of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: Arc<Contact>,
}

/// The default contact of a customer's contacts of a type.
pub const ONE_DEFAULT_CONTACT: Unique = Unique {
    name: "contacts_one_default",
    columns: &["customer_id", "contact_type"],
    only: Some(OnlyRows::Where("is_default")),
};

record! {
    contacts: "contact" is StoredContact, by (CustomerId, u8, String);
    |stored, dialect| {
        Key customer_id: CustomerId = &stored.customer;
        Key contact_type: ContactType = Made(stored.contact.contact_type());
        Key contact_key: String = Made(stored_key(stored.contact.address.key(), dialect).into_owned());
        Value contact_id: ContactId = &stored.contact.id;
        Value contact: Option<ContactText> = text_beside_key(&stored.contact, dialect);
        Value handle: Option<ContactHandle> = &stored.contact.handle;
        Value note: Option<ContactNote> = &stored.contact.note;
        Value is_default: bool = &stored.contact.default;
        Value order_by: OrderBy = &stored.contact.order_by;
        Value timestamp: Timestamp = &stored.contact.timestamp;
        Derived[Postgres] folded: Derived<Option<String>> = Made(searched_beside(stored.contact.address.contact()));
        Derived[Postgres] digits: Derived<Option<String>> = Made(digits_beside(&stored.contact));
    }
    |store, reader| {
        let text = match contact {
            Some(text) => text,
            None => ContactText::from_stored(&contact_key).map_err(|error| reader.damage("contact_key", error))?,
        };
        let address = ContactAddress::from_stored(contact_type, text);
        let is_namesake = is_namesake_key(&contact_key);
        Self {
            customer: customer_id,
            contact: Arc::new(Contact {
                id: contact_id,
                address: if is_namesake { address.of_namesake(contact_id) } else { address },
                handle,
                note,
                default: is_default,
                order_by,
                timestamp,
            }),
        }
    };
    ids: Some((IdKind::Contact, "contact_id"));
    owner: Some(Owner { table: "customers", column: "customer_id" });
    unique: &[ONE_DEFAULT_CONTACT];
}

/// On PostgreSQL keys that are longer, in bytes, are kept as their digest: an entry of an index holds at most 2,700 bytes.
const LONGEST_KEY: usize = 500;

/// The key of a contact as a database keeps it.
pub fn stored_key(key: &ContactKey, dialect: Dialect) -> Cow<'_, str> {
    let key = key.as_str();
    match key.rfind('\u{1}').map(|place| key.split_at(place)) {
        // The number of a namesake is no part of the digest, so that it can be told.
        Some((own, number)) if !own.is_empty() => (bounded_key(own, dialect).into_owned() + number).into(),
        _ => bounded_key(key, dialect),
    }
}

/// The key of something that has a number, as a database keeps it.
pub(crate) fn kept_key(key: &str, namesake: bool, number: i64, dialect: Dialect) -> String {
    let bounded = bounded_key(key, dialect).into_owned();
    if namesake { namesake_key(&bounded, number) } else { bounded }
}

fn bounded_key(key: &str, dialect: Dialect) -> Cow<'_, str> {
    if dialect == Dialect::Sqlite || key.len() <= LONGEST_KEY {
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

/// The text of a contact, where its key does not say it.
fn text_beside_key(contact: &Contact, dialect: Dialect) -> Option<&ContactText> {
    let text = contact.address.contact();
    (stored_key(contact.address.key(), dialect) != text.as_str()).then_some(text)
}

/// The searched key of a contact, where the text is another one.
pub fn searched_beside(text: &ContactText) -> Option<String> {
    let key = searched_key(text.as_str());
    (key != text.as_str()).then_some(key)
}

/// The digits of a phone number that has others than those of ASCII, or may have.
fn digits_beside(contact: &Contact) -> Option<String> {
    if contact.address.contact().as_str().is_ascii() { None } else { contact.phone_digits() }
}

/// The contacts of a customer, and what of them cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundContacts {
    /// Those that can be read.
    pub contacts: Vec<Arc<Contact>>,
    /// The others, each with its id where that can be read.
    pub damaged: Vec<(Option<ContactId>, Damage)>,
}

impl FoundContacts {
    /// Takes the row of a contact.
    pub fn take(&mut self, row: Row<'_>) {
        match row.decode::<StoredContact>() {
            Ok(stored) => self.contacts.push(stored.contact),
            Err(damage) => {
                let place =
                    StoredContact::TABLE.columns_read().position(|column| column.name == "contact_id");
                let id = place.and_then(|place| row.columns.value(place).ok()?.as_integer());
                self.damaged.push((id.and_then(|id| ContactId::new(id).ok()), damage));
            }
        }
    }

    /// All of them, for a writer, who may miss none.
    ///
    /// # Errors
    /// When one is damaged.
    pub fn whole(self) -> Result<ContactBook, Damage> {
        match self.damaged.into_iter().next() {
            Some((_, damage)) => Err(damage),
            None => Ok(ContactBook::whole(self.contacts)),
        }
    }

    /// Those that can be read, and how many cannot; these are told.
    pub fn readable(self) -> (ContactBook, u64) {
        self.damaged.iter().for_each(|(_, damage)| damage.tell());
        (ContactBook::whole(self.contacts), self.damaged.len() as u64)
    }
}

/// Reading contacts.
pub trait ReadContacts {
    /// All contacts of a customer; `None` when there is no such customer.
    ///
    /// # Errors
    /// When the database fails.
    fn find_contacts(
        &mut self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<FoundContacts>, StoreError>> + Send;

    /// A part of the contacts of a customer, in the order of the list; `None` when there is no such customer.
    ///
    /// # Errors
    /// When the database fails.
    fn list_contacts(
        &mut self,
        customer: CustomerId,
        part: ContactsRequest,
    ) -> impl Future<Output = Result<Option<ListedContactsPart>, StoreError>> + Send;

    /// Finds rows and hands each to `take`, as [`ReadRows::read`](crate::ReadRows::read) does, and with them all contacts of
    /// each of these customers; a customer that is not there, or has none, may be left out.
    ///
    /// # Errors
    /// When the database fails.
    fn read_with_contacts(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(Row<'_>) + Send),
        customers: &[CustomerId],
    ) -> impl Future<Output = Result<HashMap<CustomerId, FoundContacts>, StoreError>> + Send;
}

/// What a new contact of a customer is added to.
#[derive(Debug, Clone)]
pub struct BookToAdd {
    /// What [`ContactBook::add`] has to know of the contacts ([`ContactBook::relevant`]).
    pub book: ContactBook,
    /// When the customer last changed.
    pub updated: Timestamp,
}

/// Writing contacts. Each call locks the customer first, so that two writes to one customer come one after the other.
pub trait WriteContacts {
    /// What has to be known of a customer to add `new`: costs the same however many contacts there are. `None` when there
    /// is no such customer.
    ///
    /// # Errors
    /// When a row is damaged or the database fails.
    fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> impl Future<Output = Result<Option<BookToAdd>, StoreError>> + Send;

    /// Writes what a rule answered, and moves the customer's `updated` to `now`, which is not before what it was
    /// ([`shopfolk_model::time_of_change`]).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it would break a uniqueness rule; otherwise when the database fails.
    fn write_contacts(
        &mut self,
        customer: CustomerId,
        change: &BookChange,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ContactKey {
        ContactKey::of(ContactType::Other, &ContactText::new(text).unwrap())
    }

    #[test]
    fn a_long_key_is_kept_as_a_digest_that_no_text_can_be() {
        assert_eq!(stored_key(&key("short"), Dialect::Postgres), "short");
        let (long, other) = ("é".repeat(1_000), "é".repeat(1_001));
        let long = key(&long);
        let digest = stored_key(&long, Dialect::Postgres);
        assert_eq!(digest.len(), 65);
        assert_ne!(digest, stored_key(&key(&other), Dialect::Postgres));
        assert!(ContactText::new(&digest).is_err());
        assert_eq!(stored_key(&long, Dialect::Sqlite), long.as_str());
    }
}
