//! The rules of a customer's contacts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod list;
mod order;
mod random_calls;
mod rules;

use std::sync::Arc;

use shopfolk_model::{
    Contact, ContactAddress, ContactBook, ContactChange, ContactId, ContactText, ContactType, ContactWrite,
    NewContact, Timestamp,
};

fn id(number: i64) -> ContactId {
    ContactId::new(number).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

fn address(contact_type: ContactType, contact: &str) -> ContactAddress {
    ContactAddress::new(contact_type, ContactText::new(contact).unwrap()).unwrap()
}

fn phone(contact: &str) -> NewContact {
    NewContact::of(address(ContactType::Phone, contact))
}

fn default_phone(contact: &str) -> NewContact {
    NewContact { default: true, ..phone(contact) }
}

/// Adds contacts with the ids 1, 2, …
fn book_of(contacts: impl IntoIterator<Item = NewContact>) -> ContactBook {
    let mut book = ContactBook::default();
    for (position, contact) in contacts.into_iter().enumerate() {
        let number = i64::try_from(position).unwrap() + 1;
        book.add(contact, id(number), at(0)).unwrap();
    }
    book
}

fn ids(book: &ContactBook) -> Vec<i64> {
    book.contacts().iter().map(|contact| contact.id.get()).collect()
}

fn defaults(book: &ContactBook) -> Vec<i64> {
    book.contacts().iter().filter(|contact| contact.default).map(|contact| contact.id.get()).collect()
}

fn change() -> ContactChange {
    ContactChange::default()
}

/// The rows as a database would hold them after these writes.
fn apply(rows: &mut Vec<Arc<Contact>>, writes: &[ContactWrite]) {
    for write in writes {
        match write {
            ContactWrite::Add(contact) => rows.push(Arc::clone(contact)),
            ContactWrite::Replace { before, after } => {
                let row = rows.iter_mut().find(|row| *row == before).expect("the row before is there");
                *row = Arc::clone(after);
            }
            ContactWrite::Remove(contact) => {
                let position = rows.iter().position(|row| row == contact).expect("the row is there");
                rows.remove(position);
            }
        }
    }
}
