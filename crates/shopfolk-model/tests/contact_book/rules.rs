//! The rules one by one.

use shopfolk_model::{
    Addition, Contact, ContactBook, ContactChange, ContactHandle, ContactNote, ContactRuleError, ContactText,
    ContactType, ContactWrite, EmailAddress, FieldChange, MAXIMUM_CONTACTS, NewContact, OrderBy,
};

use crate::*;

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

#[test]
fn the_contact_for_the_customers_own_address_follows_it() {
    let email = |text: &str| EmailAddress::new(text).unwrap();
    let mut book = book_of([ContactBook::contact_for_email(&email("a@example.com"))]);
    assert!(book.follow_email(&email("A@example.com"), &email("b@example.com")).is_some());
    assert_eq!(book.contacts()[0].address.contact().as_str(), "b@example.com");
    assert_eq!(book.follow_email(&email("b@example.com"), &email("b@example.com")), None, "nothing changes");
    assert_eq!(book.follow_email(&email("a@example.com"), &email("c@example.com")), None, "it is gone");
    assert!(book.lacks_email(Some(&email("a@example.com")), &email("c@example.com")));
    assert!(book.lacks_email(None, &email("c@example.com")));
    assert!(!book.lacks_email(Some(&email("b@example.com")), &email("c@example.com")), "it follows");
    assert!(!book.lacks_email(Some(&email("a@example.com")), &email("B@example.com")), "it is there");
    let other = NewContact::of(address(ContactType::Email, "c@example.com"));
    book.add(other, id(2), at(1)).unwrap();
    assert!(book.follow_email(&email("b@example.com"), &email("C@example.com")).is_some(), "it is there");
    assert_eq!(defaults(&book), [2], "it becomes the default");
    assert_eq!(
        book.follow_email(&email("b@example.com"), &email("c@example.com")),
        None,
        "it is the default"
    );
}
