//! What holds when several operations run at once, and when one fails in the middle.

use std::collections::HashSet;

use shopfolk_model::{BookChange, BookSummary, CustomerGroup, CustomerId, GroupId, GroupName, NewContact};
use shopfolk_store::{Engine, StoreError, WriteOperation, WriteTx};
use tokio::task::JoinSet;

use super::fixture::*;
use crate::{ContactCreation, DeleteCustomer, OperationError, ReadContacts};

/// Writes a contact and then fails or panics.
#[derive(Clone, Copy)]
struct Halfway {
    customer: CustomerId,
    panics: bool,
}

impl WriteOperation for Halfway {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let new = default_phone("halfway");
        let mut book = tx.find_contact_book_to_add(self.customer, &new).await?.unwrap().book;
        let id = tx.take_id().await?;
        if let shopfolk_model::Addition::Added { change, .. } = book.add(new, id, at(9))? {
            tx.write_contacts(self.customer, &change, at(9)).await?;
        }
        let nothing = BookChange { writes: Vec::new(), summary: BookSummary::default() };
        tx.write_contacts(self.customer, &nothing, at(9)).await?;
        assert!(!self.panics, "this panic is part of a test");
        Err(StoreError::Unavailable { reason: "of a test" }.into())
    }
}

async fn fails_halfway<E: Engine>(engine: E, panics: bool) {
    let customer = shop(&engine).await;
    let other = create_customer(&engine, "other@example.com").await;
    create(&engine, customer, default_phone("before")).await;
    let mut writes = JoinSet::new();
    for number in 0..60_u32 {
        let engine = engine.clone();
        writes.spawn(async move {
            let whose = if number % 2 == 0 { customer } else { other };
            if number % 7 == 3 {
                assert!(engine.write(STORE, BY, Halfway { customer: whose, panics }).await.is_err());
            } else {
                create(&engine, whose, phone(&number.to_string())).await;
            }
        });
    }
    writes.join_all().await;
    let (mut count, mut places) = (0, HashSet::new());
    for whose in [customer, other] {
        for contact in phones(&engine, whose).await {
            assert_ne!(contact.address.contact().as_str(), "halfway");
            assert_eq!(contact.default, contact.address.contact().as_str() == "before");
            assert!(places.insert((whose, contact.order_by)), "a place was given twice");
            count += 1;
        }
    }
    assert_eq!(count, 1 + (0..60).filter(|number| number % 7 != 3).count());
    assert_eq!(updated(&engine, customer).await, at(2));
}

pub async fn operation_that_fails_halfway_changes_nothing_and_harms_no_neighbour<E: Engine>(engine: E) {
    fails_halfway(engine, false).await;
}

pub async fn panicking_operation_changes_nothing_and_harms_no_neighbour<E: Engine>(engine: E) {
    fails_halfway(engine, true).await;
}

pub async fn concurrent_creates_of_one_customer_get_places_and_one_default<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let mut writes = JoinSet::new();
    for number in 0..200_u32 {
        let engine = engine.clone();
        let new = NewContact { default: number % 3 == 0, ..phone(&number.to_string()) };
        writes.spawn(async move { create(&engine, customer, new).await.id });
    }
    let ids: HashSet<_> = writes.join_all().await.into_iter().collect();
    let phones = phones(&engine, customer).await;
    assert_eq!(phones.iter().map(|contact| contact.id).collect::<HashSet<_>>(), ids);
    let places: Vec<_> = phones.iter().map(|contact| contact.order_by.get()).collect();
    assert_eq!(places, (1..=200).collect::<Vec<_>>());
    assert_eq!(phones.iter().filter(|contact| contact.default).count(), 1);
}

pub async fn concurrent_equal_creates_make_one_contact<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let mut writes = JoinSet::new();
    for number in 0..50 {
        let engine = engine.clone();
        let new = phone(if number % 2 == 0 { "+0 123" } else { "+01-23" });
        writes.spawn(async move { try_create(&engine, customer, new).await.unwrap() });
    }
    let created = writes.join_all().await.into_iter();
    assert_eq!(created.filter(|one| matches!(one, ContactCreation::Created(_))).count(), 1);
    assert_eq!(phones(&engine, customer).await.len(), 1);
}

/// Writers and readers at once: what was answered before a read began is in it, and no read sees two defaults.
pub async fn read_sees_every_answered_write<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let mut writers = JoinSet::new();
    for writer in 0..4_u32 {
        let engine = engine.clone();
        writers.spawn(async move {
            for number in 0..50_u32 {
                let text = format!("{writer}{number:04}");
                let new = NewContact { default: number % 5 == 0, ..phone(&text) };
                let id = create(&engine, customer, new).await.id;
                let seen = phones(&engine, customer).await;
                assert!(seen.iter().any(|contact| contact.id == id), "{text} is not there");
                assert!(seen.iter().filter(|contact| contact.default).count() <= 1, "two defaults: {seen:?}");
                let places: HashSet<_> = seen.iter().map(|contact| contact.order_by).collect();
                assert_eq!(places.len(), seen.len(), "a place was given twice: {seen:?}");
                if number % 10 == 9 {
                    let delete = crate::DeleteContact { customer, contact: id, now: at(3) };
                    engine.write(STORE, BY, delete).await.unwrap();
                    let seen = phones(&engine, customer).await;
                    assert!(!seen.iter().any(|contact| contact.id == id), "{text} is still there");
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(phones(&engine, customer).await.len(), 4 * 45);
}

/// A customer has a contact from the beginning, and nobody sees one without.
pub async fn contacts_are_read_with_their_customer_or_not_at_all<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for number in 0..40 {
        let customer = create_customer(&engine, &format!("{number}@example.com")).await;
        let mut readers = JoinSet::new();
        for _ in 0..4 {
            let engine = engine.clone();
            readers.spawn(async move {
                while let Ok(found) = engine.read(STORE, ReadContacts { customer, after: None }).await {
                    assert_eq!(found.contacts.len(), 1);
                }
            });
        }
        engine.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await.unwrap();
        readers.join_all().await;
    }
}

/// Changes a group, and reads it again or not.
struct ChangeGroupAtOnce {
    group: CustomerGroup,
    reads: bool,
}

impl WriteOperation for ChangeGroupAtOnce {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.update(std::slice::from_ref(&self.group)).await?;
        if self.reads {
            // What goes wrong is not forgotten when the operation goes on.
            let _ = tx.get::<CustomerGroup>((self.group.id,)).await;
        }
        Ok(())
    }
}

pub async fn change_of_a_row_that_is_not_there_is_refused<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for reads in [false, true] {
        let (id, name) = (GroupId::new(7).unwrap(), GroupName::new("VIP").unwrap());
        let group = CustomerGroup { id, name, external_reference: None, namesake: false };
        let changed = engine.write(STORE, BY, ChangeGroupAtOnce { group, reads }).await;
        assert!(matches!(changed, Err(StoreError::Database { doing: "change rows", .. })), "{changed:?}");
    }
}
