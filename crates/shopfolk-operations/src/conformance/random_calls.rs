//! Random calls on a few customers, against the rules of the model in memory.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    Addition, ContactBook, ContactChange, ContactEntry, ContactId, ContactText, ContactType, CustomerChange,
    CustomerId, CustomerName, FieldChange, NewContact, OrderBy,
};
use shopfolk_store::Engine;

use super::fixture::*;
use crate::{ChangeContact, ChangeCustomer, ContactCreation, CustomerUpdate, DeleteContact, DeleteCustomer};

const TYPES: [ContactType; 3] = [ContactType::Phone, ContactType::Viber, ContactType::Other];

pub async fn any_calls_end_as_in_the_model<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let engines = [engine];
    any_calls_on(&engines, 1, 1_500).await;
}

/// Makes this many random calls, each on one of the engines, which share a database, and compares with the model.
pub async fn any_calls_on<E: Engine>(engines: &[E], seed: u64, calls: u32) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut books: BTreeMap<CustomerId, ContactBook> = BTreeMap::new();
    for call in 0..calls {
        let engine = engines.choose(&mut random).unwrap();
        let known: Vec<_> = books.keys().copied().collect();
        let customer = match known.choose(&mut random) {
            Some(&customer) if !random.random_bool(0.03) => customer,
            _ => {
                let id = create_customer(engine, &format!("customer{seed}-{call}@example.com")).await;
                books.insert(id, contact_book(engine, STORE, id).await.unwrap());
                id
            }
        };
        let book = books.get_mut(&customer).unwrap();
        match random.random_range(0..100) {
            0..70 => add(engine, &mut random, customer, book).await,
            70..85 => change(engine, &mut random, customer, book).await,
            85..93 => {
                let Some(contact) = any_contact(&mut random, book) else { continue };
                engine.write(STORE, BY, DeleteContact { customer, contact, now: at(3) }).await.unwrap();
                book.remove(contact).unwrap();
            }
            93..95 => {
                engine.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await.unwrap();
                books.remove(&customer);
                continue;
            }
            95..97 => replace(engine, &mut random, customer, book).await,
            97..99 => rename(engine, &mut random, customer).await,
            _ => {}
        }
        // Through whichever engine: what one wrote, the others see.
        let seen = contact_book(engines.choose(&mut random).unwrap(), STORE, customer).await.unwrap();
        assert_eq!(&seen, book, "seed {seed}, call {call}");
    }
    for (customer, book) in books {
        let seen = contact_book(&engines[0], STORE, customer).await.unwrap();
        assert_eq!(seen, book, "seed {seed}, customer {customer} at the end");
    }
}

fn any_contact(random: &mut StdRng, book: &ContactBook) -> Option<ContactId> {
    book.contacts().choose(random).map(|contact| contact.id)
}

async fn add<E: Engine>(engine: &E, random: &mut StdRng, customer: CustomerId, book: &mut ContactBook) {
    let new = NewContact {
        default: random.random_bool(0.2),
        order_by: random.random_bool(0.2).then(|| OrderBy::new(random.random_range(0..50)).unwrap()),
        ..of_type(*TYPES.choose(random).unwrap(), &random.random_range(0..60).to_string())
    };
    match try_create(engine, customer, new.clone()).await.unwrap() {
        ContactCreation::Created(created) => {
            let addition = book.add(new, created.id, at(2)).unwrap();
            assert!(matches!(addition, Addition::Added { contact, .. } if contact == created));
        }
        ContactCreation::AlreadyThere(there) => {
            let addition = book.add(new, contact_id(0), at(2)).unwrap();
            assert_eq!(addition, Addition::AlreadyThere(there));
        }
    }
}

async fn change<E: Engine>(engine: &E, random: &mut StdRng, customer: CustomerId, book: &mut ContactBook) {
    let Some(contact) = any_contact(random, book) else { return };
    let text = random.random_range(0..60).to_string();
    let change = ContactChange {
        contact: random.random_bool(0.5).then(|| ContactText::new(&text).unwrap()),
        contact_type: random.random_bool(0.3).then(|| *TYPES.choose(random).unwrap()),
        default: random.random_bool(0.5).then(|| random.random_bool(0.7)),
        ..ContactChange::default()
    };
    let operation = ChangeContact { customer, contact, change: change.clone(), now: at(3) };
    let expected = book.change(contact, change.clone());
    match engine.write(STORE, BY, operation).await {
        Ok(_) => assert!(matches!(expected, Ok(Some(_))), "{change:?}: {expected:?}"),
        Err(error) => assert_eq!(expected.unwrap_err().to_string(), error.to_string()),
    }
}

/// Puts a list in the place of the contacts: some of them, of which some become the default.
async fn replace<E: Engine>(engine: &E, random: &mut StdRng, customer: CustomerId, book: &mut ContactBook) {
    let ids: Vec<_> = book.contacts().iter().map(|contact| contact.id).collect();
    let kept = ids.into_iter().filter(|_| random.random_bool(0.8)).collect::<Vec<_>>();
    let entry = |id| {
        let default = random.random_bool(0.2).then_some(true);
        ContactEntry::Known(id, ContactChange { default, ..ContactChange::default() })
    };
    let entries: Vec<_> = kept.into_iter().map(entry).collect();
    book.replace_all(&entries, [], at(3)).unwrap();
    let change = CustomerChange { contacts: Some(entries), ..CustomerChange::default() };
    let updated = engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(3) }).await.unwrap();
    assert_eq!(updated, CustomerUpdate::Updated);
}

/// Changes a customer while contacts that were just created may not be beside the others yet.
async fn rename<E: Engine>(engine: &E, random: &mut StdRng, customer: CustomerId) {
    let name = CustomerName::new(&random.random_range(0..1_000).to_string()).unwrap();
    let change = CustomerChange { name: FieldChange::Set(name.clone()), ..CustomerChange::default() };
    engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(4) }).await.unwrap();
    let found = whole_customer(engine, STORE, customer).await.unwrap().customer;
    assert_eq!((found.name, found.updated), (Some(name), at(4)));
}
