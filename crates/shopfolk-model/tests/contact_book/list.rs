//! A list that takes the place of all contacts.

use shopfolk_model::{
    ContactBook, ContactChange, ContactEntry, ContactNote, ContactRuleError, ContactText, ContactType,
    ContactWrite, FieldChange, NewContact,
};

use crate::*;

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
