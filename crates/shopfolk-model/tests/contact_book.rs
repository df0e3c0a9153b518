//! The rules of a customer's contacts, one by one and against a naive reference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use proptest::prelude::*;
use shopfolk_model::{
    Addition, Contact, ContactAddress, ContactBook, ContactChange, ContactEntry, ContactHandle, ContactId,
    ContactNote, ContactRuleError, ContactText, ContactType, ContactWrite, EmailAddress, FieldChange,
    MAXIMUM_CONTACTS, NewContact, OrderBy, Timestamp,
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

#[test]
fn the_first_contact_is_in_the_first_place_and_the_next_behind_the_highest() {
    let mut book = book_of([
        phone("1"),
        NewContact { order_by: Some(OrderBy::new(7).unwrap()), ..phone("2") },
        NewContact { order_by: Some(OrderBy::new(3).unwrap()), ..phone("3") },
        phone("4"),
    ]);
    let places: Vec<_> = book.contacts().iter().map(|contact| contact.order_by.get()).collect();
    assert_eq!(places, [0, 3, 7, 8]);
    book.remove(id(4)).unwrap();
    assert_eq!(book.summary().highest_order_by, Some(OrderBy::new(7).unwrap()));
}

#[test]
fn ties_of_place_are_resolved_by_id() {
    let tied = |contact| NewContact { order_by: Some(OrderBy::FIRST), ..phone(contact) };
    assert_eq!(ids(&book_of([phone("1"), tied("2"), tied("3")])), [1, 2, 3]);
}

#[test]
fn an_equal_contact_is_there_already_and_nothing_changes() {
    let mut book = book_of([phone("+0 123")]);
    let before = book.clone();
    match book.add(default_phone("+0-1-2-3"), id(2), at(9)).unwrap() {
        Addition::AlreadyThere(contact) => assert_eq!(contact.id, id(1)),
        other @ Addition::Added { .. } => panic!("{other:?}"),
    }
    assert_eq!(book, before);
}

#[test]
fn the_same_text_of_another_type_is_another_contact() {
    let whatsapp = NewContact::of(address(ContactType::WhatsApp, "123"));
    assert_eq!(ids(&book_of([phone("123"), whatsapp])), [1, 2]);
}

#[test]
fn second_default_of_a_type_takes_it_over() {
    let mut book = book_of([default_phone("1")]);
    let Addition::Added { change, .. } = book.add(default_phone("2"), id(2), at(0)).unwrap() else {
        panic!()
    };
    assert_eq!(defaults(&book), [2]);
    assert!(
        matches!(&change.writes[0], ContactWrite::Replace { after, .. } if after.id == id(1) && !after.default)
    );
    assert!(matches!(&change.writes[1], ContactWrite::Add(contact) if contact.default));
}

#[test]
fn defaults_of_different_types_live_side_by_side() {
    let viber = NewContact { default: true, ..NewContact::of(address(ContactType::Viber, "1")) };
    assert_eq!(defaults(&book_of([default_phone("1"), viber])), [1, 2]);
}

#[test]
fn the_contact_after_the_five_hundredth_is_refused_but_an_equal_one_is_not() {
    let mut book = book_of((0..MAXIMUM_CONTACTS).map(|number| phone(&number.to_string())));
    assert_eq!(book.add(phone("500"), id(501), at(0)), Err(ContactRuleError::Full));
    assert!(matches!(book.add(phone("499"), id(501), at(0)), Ok(Addition::AlreadyThere(_))));
    book.remove(id(1)).unwrap();
    assert!(matches!(book.add(phone("500"), id(501), at(0)), Ok(Addition::Added { .. })));
}

#[test]
fn a_timestamp_is_now_unless_it_is_given() {
    let mut book = book_of([NewContact { timestamp: Some(at(5)), ..phone("1") }]);
    book.add(phone("2"), id(2), at(9)).unwrap();
    let times: Vec<_> = book.contacts().iter().map(|contact| contact.timestamp.unix_seconds()).collect();
    assert_eq!(times, [5, 9]);
}

#[test]
fn a_change_touches_only_the_fields_it_names() {
    let note = |text| ContactNote::optional(text).unwrap();
    let mut book = book_of([NewContact { note: note("old"), ..default_phone("1") }]);
    let before = Arc::clone(&book.contacts()[0]);
    let new_note = ContactChange { note: FieldChange::Set(note("new").unwrap()), ..change() };
    book.change(id(1), new_note).unwrap().unwrap();
    assert_eq!(*book.contacts()[0], Contact { note: note("new"), ..Contact::clone(&before) });
    book.change(id(1), ContactChange { note: FieldChange::Clear, ..change() }).unwrap().unwrap();
    assert_eq!(book.contacts()[0].note, None);
    assert_eq!(book.change(id(2), change()), Ok(None));
}

#[test]
fn a_change_can_move_the_default() {
    let mut book = book_of([default_phone("1"), phone("2")]);
    book.change(id(2), ContactChange { default: Some(true), ..change() }).unwrap().unwrap();
    assert_eq!(defaults(&book), [2]);
    book.change(id(2), ContactChange { default: Some(false), ..change() }).unwrap().unwrap();
    assert_eq!(defaults(&book), [] as [i64; 0]);
}

#[test]
fn a_new_type_whose_default_is_taken_makes_the_contact_non_default() {
    let viber = NewContact { default: true, ..NewContact::of(address(ContactType::Viber, "1")) };
    let to_viber = || ContactChange { contact_type: Some(ContactType::Viber), ..change() };
    let mut book = book_of([default_phone("2"), viber]);
    book.change(id(1), to_viber()).unwrap().unwrap();
    assert_eq!(defaults(&book), [2]);

    let mut book = book_of([default_phone("2")]);
    book.change(id(1), to_viber()).unwrap().unwrap();
    assert_eq!(defaults(&book), [1], "nobody else is the default of the new type");
}

#[test]
fn a_new_type_takes_the_default_when_the_body_says_so() {
    let viber = NewContact { default: true, ..NewContact::of(address(ContactType::Viber, "1")) };
    let mut book = book_of([default_phone("2"), viber]);
    let to_viber = ContactChange { contact_type: Some(ContactType::Viber), default: Some(true), ..change() };
    book.change(id(1), to_viber).unwrap().unwrap();
    assert_eq!(defaults(&book), [1]);
}

#[test]
fn a_change_that_would_equal_another_contact_is_refused() {
    let mut book = book_of([phone("1"), phone("2")]);
    let before = book.clone();
    let same = ContactChange { contact: Some(ContactText::new("(1)").unwrap()), ..change() };
    assert!(
        matches!(book.change(id(2), same), Err(ContactRuleError::AlreadyThere { id: other, .. }) if other == id(1))
    );
    assert_eq!(book, before);
    let itself = ContactChange { contact: Some(ContactText::new("(2)").unwrap()), ..change() };
    book.change(id(2), itself).unwrap().unwrap();
    assert_eq!(book.contacts()[1].address.contact().as_str(), "(2)");
}

#[test]
fn a_change_to_email_needs_an_address() {
    let mut book = book_of([phone("1")]);
    let to_email = ContactChange { contact_type: Some(ContactType::Email), ..change() };
    assert!(matches!(book.change(id(1), to_email), Err(ContactRuleError::NotAnEmailAddress { .. })));
}

#[test]
fn a_handle_from_a_link_follows_the_link_and_a_given_one_stays() {
    let page = |name: &str| address(ContactType::Facebook, &format!("https://facebook.com/{name}"));
    let to = |name: &str| ContactChange { contact: Some(page(name).contact().clone()), ..change() };
    let handle = |book: &ContactBook| book.contacts()[0].handle.as_ref().map(ToString::to_string);
    let given = ContactHandle::optional("mine").unwrap();

    let mut book = book_of([NewContact::of(page("a"))]);
    book.change(id(1), to("b")).unwrap().unwrap();
    assert_eq!(handle(&book).as_deref(), Some("b"));
    let cleared = ContactChange { handle: FieldChange::Clear, ..to("c") };
    book.change(id(1), cleared).unwrap().unwrap();
    assert_eq!(handle(&book), None);

    let mut book = book_of([NewContact::of(page("a")).with_handle(given)]);
    book.change(id(1), to("b")).unwrap().unwrap();
    assert_eq!(handle(&book).as_deref(), Some("mine"));
}

#[test]
fn no_other_contact_becomes_default_when_the_default_goes() {
    let mut book = book_of([default_phone("1"), phone("2")]);
    let change = book.remove(id(1)).unwrap();
    assert!(matches!(&change.writes[..], [ContactWrite::Remove(contact)] if contact.id == id(1)));
    assert_eq!(defaults(&book), [] as [i64; 0]);
    assert_eq!(book.remove(id(1)), None);
}

#[test]
fn the_customers_own_email_is_a_default_contact_in_the_first_place() {
    let contact = ContactBook::contact_for_email(&EmailAddress::new("Anna@example.com").unwrap());
    assert!(contact.address.equals(&address(ContactType::Email, "anna@example.com")));
    assert_eq!(contact.address.contact().as_str(), "Anna@example.com");
    assert!(contact.default);
    assert_eq!(contact.order_by, Some(OrderBy::FIRST));
}

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

fn known(number: i64, note: &str) -> ContactEntry {
    let note = FieldChange::Set(ContactNote::new(note).unwrap());
    ContactEntry::Known(id(number), ContactChange { note, ..change() })
}

#[test]
fn a_list_takes_the_place_of_the_contacts_by_the_rules_of_the_single_calls() {
    let mut book = book_of([default_phone("1"), phone("2"), phone("3")]);
    let entries = [ContactEntry::New(default_phone("4")), known(2, "n"), ContactEntry::New(phone("2"))];
    let change = book.replace_all(&entries, [id(4), id(5)], at(9)).unwrap().unwrap();
    assert_eq!((ids(&book), defaults(&book)), (vec![2, 4], vec![4]));
    assert_eq!(change.summary, book.summary());
    let removed: Vec<_> = change
        .writes
        .iter()
        .filter_map(|write| match write {
            ContactWrite::Remove(contact) => Some(contact.id.get()),
            _ => None,
        })
        .collect();
    assert_eq!(removed, [1, 3], "those that no entry names go, and they go first");
    let writes = book.replace_all(&[known(2, "n"), known(4, "m")], [], at(9)).unwrap().unwrap().writes;
    assert!(
        matches!(&writes[..], [ContactWrite::Replace { after, .. }] if after.id == id(4)),
        "what stays as it is is not written: {writes:?}"
    );
    let unchanged = ContactEntry::Known(id(2), ContactChange::default());
    book.replace_all(std::slice::from_ref(&unchanged), [], at(9)).unwrap();
    assert_eq!(book.replace_all(&[unchanged], [], at(9)), Ok(None));
    book.replace_all(&[], [], at(9)).unwrap();
    assert!(book.contacts().is_empty());
}

/// Puts a list in the place of the contacts, and sees that every step of writing it keeps the rules.
fn replace(book: &mut ContactBook, entries: &[ContactEntry], ids: &[i64]) {
    let mut rows = book.contacts().to_vec();
    let change = book.replace_all(entries, ids.iter().map(|number| id(*number)), at(9)).unwrap().unwrap();
    for write in &change.writes {
        apply(&mut rows, std::slice::from_ref(write));
        for (place, one) in rows.iter().enumerate() {
            for other in &rows[..place] {
                assert!(!one.address.equals(&other.address), "{write:?}");
                let both = one.default && other.default && one.contact_type() == other.contact_type();
                assert!(!both, "{write:?}");
            }
        }
    }
    assert_eq!(ContactBook::whole(rows), *book);
}

#[test]
fn the_order_of_a_list_does_not_decide_what_becomes_of_the_texts() {
    let text = |id: i64, text: &str| {
        ContactEntry::Known(
            self::id(id),
            ContactChange { contact: Some(ContactText::new(text).unwrap()), ..ContactChange::default() },
        )
    };
    let texts = |book: &ContactBook| {
        let mut texts: Vec<_> = book
            .contacts()
            .iter()
            .map(|contact| (contact.id.get(), contact.address.contact().to_string()))
            .collect();
        texts.sort_unstable();
        texts
    };
    let of =
        |texts: &[(i64, &str)]| texts.iter().map(|(id, text)| (*id, (*text).to_owned())).collect::<Vec<_>>();
    let mut book = book_of([default_phone("1"), phone("2"), phone("3")]);
    // In a circle.
    replace(&mut book, &[text(1, "2"), text(2, "3"), text(3, "1")], &[]);
    assert_eq!((texts(&book), defaults(&book)), (of(&[(1, "2"), (2, "3"), (3, "1")]), vec![1]));
    // Each takes what the next one leaves, and a new one what the last one leaves.
    replace(&mut book, &[ContactEntry::New(phone("1")), text(1, "3"), text(2, "4"), text(3, "5")], &[4]);
    assert_eq!(texts(&book), of(&[(1, "3"), (2, "4"), (3, "5"), (4, "1")]));
    let equal = book.replace_all(&[text(1, "7"), text(2, "7")], [], at(9));
    assert_eq!(
        equal,
        Err(ContactRuleError::AlreadyThere { id: id(1), address: address(ContactType::Phone, "7") })
    );
    assert_eq!(texts(&book).len(), 4, "nothing is changed");
}

#[test]
fn a_list_may_move_each_default_to_where_the_other_was() {
    let mut book = book_of([
        default_phone("1"),
        NewContact { default: true, ..NewContact::of(address(ContactType::Other, "2")) },
    ]);
    let to = |id: i64, contact_type| {
        ContactEntry::Known(
            self::id(id),
            ContactChange { contact_type: Some(contact_type), ..ContactChange::default() },
        )
    };
    replace(&mut book, &[to(1, ContactType::Other), to(2, ContactType::Phone)], &[]);
    assert_eq!(defaults(&book), [1, 2]);
    let said = |id: i64, default| {
        ContactEntry::Known(
            self::id(id),
            ContactChange { default: Some(default), ..ContactChange::default() },
        )
    };
    replace(&mut book, &[said(1, true), to(2, ContactType::Other)], &[]);
    assert_eq!(defaults(&book), [1], "the default is taken");
    replace(&mut book, &[said(1, true), said(2, true)], &[]);
    assert_eq!(defaults(&book), [2], "the later one of two that say so");
}

#[test]
fn a_list_that_names_a_contact_that_is_not_there_or_twice_is_refused() {
    let mut book = book_of([phone("1")]);
    let unknown = book.replace_all(&[known(7, "n")], [], at(9));
    assert_eq!(unknown, Err(ContactRuleError::Unknown { id: id(7) }));
    let twice = book.replace_all(&[known(1, "n"), known(1, "m")], [], at(9));
    assert_eq!(twice, Err(ContactRuleError::Twice { id: id(1) }));
    assert_eq!(ids(&book), [1]);
}

#[test]
fn the_contact_for_the_customers_own_address_follows_it() {
    let email = |text: &str| EmailAddress::new(text).unwrap();
    let mut book = book_of([ContactBook::contact_for_email(&email("a@example.com"))]);
    assert!(book.follow_email(&email("A@example.com"), &email("b@example.com")).is_some());
    assert_eq!(book.contacts()[0].address.contact().as_str(), "b@example.com");
    assert_eq!(book.follow_email(&email("a@example.com"), &email("c@example.com")), None, "it is gone");
    let other = NewContact::of(address(ContactType::Email, "c@example.com"));
    book.add(other, id(2), at(1)).unwrap();
    assert_eq!(book.follow_email(&email("b@example.com"), &email("C@example.com")), None, "it is there");
}
