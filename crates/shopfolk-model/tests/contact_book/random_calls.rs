//! Calls at random, against the rules as plainly as they can be said.

use proptest::prelude::*;
use shopfolk_model::{Addition, ContactBook, ContactChange, ContactText, ContactType, NewContact, OrderBy};

use crate::*;

/// A call on a book, with small numbers so that collisions are frequent.
#[derive(Debug, Clone)]
enum Call {
    Add {
        contact: u8,
        contact_type: ContactType,
        default: bool,
        order_by: Option<u8>,
    },
    Change {
        id: u8,
        contact: Option<u8>,
        contact_type: Option<ContactType>,
        default: Option<bool>,
        order_by: Option<u8>,
    },
    Remove {
        id: u8,
    },
}

fn any_type() -> impl Strategy<Value = ContactType> {
    prop_oneof![Just(ContactType::Phone), Just(ContactType::Viber), Just(ContactType::Other)]
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (0..12_u8, any_type(), any::<bool>(), proptest::option::of(0..9_u8)).prop_map(
            |(contact, contact_type, default, order_by)| Call::Add { contact, contact_type, default, order_by }
        ),
        3 => (
            0..20_u8,
            proptest::option::of(0..12_u8),
            proptest::option::of(any_type()),
            proptest::option::of(any::<bool>()),
            proptest::option::of(0..9_u8),
        )
            .prop_map(|(id, contact, contact_type, default, order_by)| Call::Change {
                id, contact, contact_type, default, order_by
            }),
        1 => (0..20_u8).prop_map(|id| Call::Remove { id }),
    ]
}

/// The rules again, as plainly as they can be said, over a list without any order of its own.
#[derive(Default)]
struct Reference(Vec<(i64, ContactType, u8, bool, i32)>);

impl Reference {
    fn add(&mut self, id: i64, contact: u8, contact_type: ContactType, default: bool, order_by: Option<u8>) {
        if self.0.iter().any(|row| row.1 == contact_type && row.2 == contact) {
            return;
        }
        let highest = self.0.iter().map(|row| row.4).max();
        let place = order_by.map_or_else(|| highest.map_or(0, |highest| highest + 1), i32::from);
        self.0.push((id, contact_type, contact, false, place));
        if default {
            self.make_default(id);
        }
    }

    fn make_default(&mut self, id: i64) {
        let contact_type = self.0.iter().find(|row| row.0 == id).unwrap().1;
        for row in self.0.iter_mut().filter(|row| row.1 == contact_type) {
            row.3 = row.0 == id;
        }
    }

    fn change(
        &mut self,
        id: i64,
        (contact, contact_type, default, order_by): (
            Option<u8>,
            Option<ContactType>,
            Option<bool>,
            Option<u8>,
        ),
    ) {
        let Some(row) = self.0.iter().find(|row| row.0 == id).copied() else { return };
        let (new_contact, new_type) = (contact.unwrap_or(row.2), contact_type.unwrap_or(row.1));
        if self.0.iter().any(|other| other.0 != id && other.1 == new_type && other.2 == new_contact) {
            return;
        }
        let taken = self.0.iter().any(|other| other.0 != id && other.1 == new_type && other.3);
        let row = self.0.iter_mut().find(|row| row.0 == id).unwrap();
        *row = (id, new_type, new_contact, row.3, order_by.map_or(row.4, i32::from));
        match default {
            Some(true) => self.make_default(id),
            Some(false) => row.3 = false,
            None => row.3 = row.3 && !taken,
        }
    }

    fn listed(&self) -> Vec<(i64, ContactType, String, bool, i32)> {
        let mut rows: Vec<_> =
            self.0.iter().map(|row| (row.0, row.1, row.2.to_string(), row.3, row.4)).collect();
        rows.sort_by_key(|row| (row.4, row.0));
        rows
    }
}

fn listed(book: &ContactBook) -> Vec<(i64, ContactType, String, bool, i32)> {
    book.contacts()
        .iter()
        .map(|contact| {
            let text = contact.address.contact().to_string();
            (contact.id.get(), contact.contact_type(), text, contact.default, contact.order_by.get())
        })
        .collect()
}

proptest! {
    #[test]
    fn any_calls_end_as_in_the_naive_reference(calls in proptest::collection::vec(any_call(), 0..60)) {
        let mut book = ContactBook::default();
        let mut reference = Reference::default();
        let mut rows = Vec::new();
        for (position, call) in calls.into_iter().enumerate() {
            let number = i64::try_from(position).unwrap() % 20;
            match call {
                Call::Add { contact, contact_type, default, order_by } => {
                    if book.find(id(number)).is_some() {
                        continue;
                    }
                    reference.add(number, contact, contact_type, default, order_by);
                    let new = NewContact {
                        default,
                        order_by: order_by.map(|order_by| OrderBy::new(order_by.into()).unwrap()),
                        ..NewContact::of(address(contact_type, &contact.to_string()))
                    };
                    // What an engine loads for this question leads to the same answer as the whole book.
                    let relevant = book.contacts().iter().filter(|other| {
                        other.address.equals(&new.address) || (other.default && other.contact_type() == contact_type)
                    });
                    let mut part = ContactBook::relevant(book.summary(), relevant.cloned().collect());
                    let expected = part.add(new.clone(), id(number), at(1));
                    let addition = book.add(new, id(number), at(1));
                    prop_assert_eq!(&addition, &expected);
                    if let Ok(Addition::Added { change, .. }) = addition {
                        apply(&mut rows, &change.writes);
                    }
                }
                Call::Change { id: target, contact, contact_type, default, order_by } => {
                    reference.change(target.into(), (contact, contact_type, default, order_by));
                    let change = ContactChange {
                        contact: contact.map(|contact| ContactText::new(&contact.to_string()).unwrap()),
                        contact_type,
                        default,
                        order_by: order_by.map(|order_by| OrderBy::new(order_by.into()).unwrap()),
                        ..ContactChange::default()
                    };
                    if let Ok(Some(change)) = book.change(id(target.into()), change) {
                        apply(&mut rows, &change.writes);
                    }
                }
                Call::Remove { id: target } => {
                    reference.0.retain(|row| row.0 != i64::from(target));
                    if let Some(change) = book.remove(id(target.into())) {
                        apply(&mut rows, &change.writes);
                    }
                }
            }
            prop_assert_eq!(listed(&book), reference.listed());
            prop_assert_eq!(&ContactBook::whole(rows.clone()), &book);
        }
    }
}
