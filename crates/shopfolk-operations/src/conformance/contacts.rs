//! Contacts, one rule after the other. The rules themselves are tested in the model; here they meet rows.

use shopfolk_model::{
    Contact, ContactChange, ContactHandle, ContactId, ContactNote, ContactRuleError, ContactText,
    ContactType, CustomerId, FieldChange, MAXIMUM_CONTACTS, NewContact, OrderBy,
};
use shopfolk_store::Engine;

use super::fixture::*;
use crate::{
    ChangeContact, ContactCreation, ContactUpdate, CreateContact, DeleteContact, GetContact, OperationError,
    OrderContacts, ReadContacts,
};

pub async fn created_contact_is_found_and_listed<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let new = NewContact {
        handle: ContactHandle::optional("myshop").unwrap(),
        note: ContactNote::optional(" first line\nsecond ").unwrap(),
        default: true,
        order_by: Some(OrderBy::new(7).unwrap()),
        timestamp: Some(at(99)),
        ..of_type(ContactType::Facebook, "https://Facebook.com/MyShop/")
    };
    let created = create(&engine, customer, new.clone()).await;
    assert_eq!(NewContact::from(&*created), new);
    let found = engine.read(STORE, GetContact { customer, contact: created.id }).await.unwrap();
    assert_eq!(found, created);
    assert_eq!(contacts(&engine, customer).await[1], *created);
}

pub async fn repeated_create_answers_with_the_contact_that_is_there<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let created = create(&engine, customer, phone("+0 123")).await;
    for contact in [phone("+0123"), default_phone("+0-1-2-3")] {
        let again = try_create(&engine, customer, contact).await.unwrap();
        assert_eq!(again, ContactCreation::AlreadyThere(created.clone()));
    }
    assert_eq!(phones(&engine, customer).await, [Contact::clone(&created)]);
}

pub async fn second_default_of_a_type_takes_it_over<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let defaults = async || {
        let phones = phones(&engine, customer).await;
        phones.into_iter().filter(|contact| contact.default).map(|contact| contact.id).collect::<Vec<_>>()
    };
    let first = create(&engine, customer, default_phone("1")).await;
    assert_eq!(defaults().await, [first.id]);
    let second = create(&engine, customer, default_phone("2")).await;
    assert_eq!(defaults().await, [second.id]);
    create(&engine, customer, phone("3")).await;
    let fourth = create(&engine, customer, default_phone("4")).await;
    assert_eq!(defaults().await, [fourth.id]);
}

pub async fn contact_takes_the_place_behind_the_highest<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let place = async |contact: &str| create(&engine, customer, phone(contact)).await.order_by.get();
    assert_eq!(place("1").await, 1);
    let far = NewContact { order_by: Some(OrderBy::new(40).unwrap()), ..phone("2") };
    let far = create(&engine, customer, far).await;
    assert_eq!(place("3").await, 41);
    engine.write(STORE, BY, DeleteContact { customer, contact: far.id, now: at(3) }).await.unwrap();
    assert_eq!(place("4").await, 42);
    let near = NewContact { order_by: Some(OrderBy::FIRST), ..phone("5") };
    create(&engine, customer, near).await;
    assert_eq!(place("6").await, 43);
}

pub async fn contact_after_the_five_hundredth_is_refused<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    // The e-mail is the first of them.
    for number in 1..MAXIMUM_CONTACTS {
        create(&engine, customer, phone(&number.to_string())).await;
    }
    let refused = try_create(&engine, customer, phone("one more")).await;
    assert!(matches!(refused, Err(OperationError::ContactRule(ContactRuleError::Full))), "{refused:?}");
    let there = try_create(&engine, customer, phone("1")).await;
    assert!(matches!(there, Ok(ContactCreation::AlreadyThere(_))), "{there:?}");
    assert_eq!(contacts(&engine, customer).await.len(), MAXIMUM_CONTACTS as usize);
}

pub async fn changed_contact_keeps_what_the_change_leaves_out<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let before = create(&engine, customer, default_phone("1")).await;
    let change = ContactChange {
        contact: Some(ContactText::new("2").unwrap()),
        note: FieldChange::Set(ContactNote::new("mobile").unwrap()),
        ..ContactChange::default()
    };
    let operation = ChangeContact { customer, contact: before.id, change, now: at(3) };
    assert_eq!(engine.write(STORE, BY, operation).await.unwrap(), ContactUpdate::Updated);
    let expected = Contact {
        address: phone("2").address,
        note: ContactNote::optional("mobile").unwrap(),
        ..Contact::clone(&before)
    };
    assert_eq!(phones(&engine, customer).await, [expected.clone()]);

    let nothing =
        ChangeContact { customer, contact: before.id, change: ContactChange::default(), now: at(4) };
    assert_eq!(engine.write(STORE, BY, nothing).await.unwrap(), ContactUpdate::NothingToDo);
    assert_eq!(phones(&engine, customer).await, [expected]);
    assert_eq!(updated(&engine, customer).await, at(3));
}

pub async fn change_that_would_equal_another_contact_is_refused<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let first = create(&engine, customer, phone("1")).await;
    let second = create(&engine, customer, phone("2")).await;
    let change =
        ContactChange { contact: Some(ContactText::new("(1)").unwrap()), ..ContactChange::default() };
    let refused =
        engine.write(STORE, BY, ChangeContact { customer, contact: second.id, change, now: at(3) }).await;
    let rule = ContactRuleError::AlreadyThere { id: first.id, address: first.address.clone() };
    assert!(matches!(refused, Err(OperationError::ContactRule(error)) if error == rule));
    assert_eq!(phones(&engine, customer).await.len(), 2);
}

pub async fn deleted_contact_is_gone_and_its_id_is_not_reused<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let created = create(&engine, customer, default_phone("1")).await;
    let delete = || engine.write(STORE, BY, DeleteContact { customer, contact: created.id, now: at(3) });
    delete().await.unwrap();
    assert!(phones(&engine, customer).await.is_empty());
    let again = delete().await;
    assert!(matches!(again, Err(OperationError::ContactNotFound { id }) if id == created.id));
    assert!(create(&engine, customer, phone("1")).await.id > created.id);
}

pub async fn unknown_customer_is_named_before_unknown_contact<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let other = create_customer(&engine, "other@example.com").await;
    let of_other = create(&engine, other, phone("1")).await.id;
    let nobody = customer_id(4711);
    let missing = |error| matches!(error, OperationError::CustomerNotFound { id } if id == nobody);
    assert!(missing(try_create(&engine, nobody, phone("1")).await.unwrap_err()));
    assert!(missing(engine.read(STORE, ReadContacts { customer: nobody, after: None }).await.unwrap_err()));
    let get = GetContact { customer: nobody, contact: of_other };
    assert!(missing(engine.read(STORE, get).await.unwrap_err()));
    let delete = DeleteContact { customer: nobody, contact: of_other, now: at(3) };
    assert!(missing(engine.write(STORE, BY, delete).await.unwrap_err()));

    let strange = |error| matches!(error, OperationError::ContactNotFound { id } if id == of_other);
    assert!(strange(engine.read(STORE, GetContact { customer, contact: of_other }).await.unwrap_err()));
    for change in
        [ContactChange::default(), ContactChange { default: Some(true), ..ContactChange::default() }]
    {
        let change = ChangeContact { customer, contact: of_other, change, now: at(3) };
        assert!(strange(engine.write(STORE, BY, change).await.unwrap_err()));
    }
    let delete = DeleteContact { customer, contact: of_other, now: at(3) };
    assert!(strange(engine.write(STORE, BY, delete).await.unwrap_err()));
}

pub async fn no_write_to_contacts_moves_updated_back<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let create = |contact, now| engine.write(STORE, BY, CreateContact { customer, contact, now: at(now) });
    create(phone("1"), 9).await.unwrap();
    for (number, now) in [("2", 5), ("3", 8)] {
        create(phone(number), now).await.unwrap();
        assert_eq!(updated(&engine, customer).await, at(9));
    }
    let contact = phones(&engine, customer).await[0].id;
    let change = ContactChange { default: Some(true), ..ContactChange::default() };
    engine.write(STORE, BY, ChangeContact { customer, contact, change, now: at(3) }).await.unwrap();
    assert_eq!(updated(&engine, customer).await, at(9));
    engine.write(STORE, BY, DeleteContact { customer, contact, now: at(4) }).await.unwrap();
    assert_eq!(updated(&engine, customer).await, at(9));
    create(phone("4"), 5).await.unwrap();
    assert_eq!(updated(&engine, customer).await, at(9));
}

pub async fn every_write_to_contacts_moves_updated<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    assert_eq!(updated(&engine, customer).await, at(1));
    let contact = create(&engine, customer, phone("1")).await.id;
    assert_eq!(updated(&engine, customer).await, at(2));
    let change = ContactChange { default: Some(true), ..ContactChange::default() };
    engine.write(STORE, BY, ChangeContact { customer, contact, change, now: at(3) }).await.unwrap();
    assert_eq!(updated(&engine, customer).await, at(3));
    engine.write(STORE, BY, DeleteContact { customer, contact, now: at(4) }).await.unwrap();
    assert_eq!(updated(&engine, customer).await, at(4));
}

pub async fn contacts_take_the_order_of_a_list_all_or_none<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    create(&engine, customer, default_phone("1")).await;
    create(&engine, customer, phone("2")).await;
    let mut expected = contacts(&engine, customer).await;
    expected.reverse();
    for (place, contact) in (0..).zip(&mut expected) {
        contact.order_by = OrderBy::new(place).unwrap();
    }
    let ids: Vec<_> = expected.iter().map(|contact| contact.id).collect();
    let order = |contacts: &[ContactId], customer| OrderContacts {
        customer,
        contacts: contacts.to_vec(),
        now: at(5),
    };
    for wrong in [&ids[1..], &[&ids[..], &ids[..1]].concat()] {
        let refused = engine.write(STORE, BY, order(wrong, customer)).await;
        assert!(matches!(refused, Err(OperationError::ContactRule(_))), "{refused:?}");
    }
    let nobody = engine.write(STORE, BY, order(&ids, CustomerId::new(999).unwrap())).await;
    assert!(matches!(nobody, Err(OperationError::CustomerNotFound { .. })), "{nobody:?}");
    assert_ne!(contacts(&engine, customer).await, expected);

    assert_eq!(engine.write(STORE, BY, order(&ids, customer)).await.unwrap(), ContactUpdate::Updated);
    assert_eq!(contacts(&engine, customer).await, expected);
    assert_eq!(updated(&engine, customer).await, at(5));
    assert_eq!(engine.write(STORE, BY, order(&ids, customer)).await.unwrap(), ContactUpdate::NothingToDo);
}
