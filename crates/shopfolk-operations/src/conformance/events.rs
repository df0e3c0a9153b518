//! Events record what happened, by whom, and what was before; a reader of them misses none.

use shopfolk_model::{
    Actor, ContactChange, ContactNote, CustomerChange, CustomerId, CustomerName, ExtraFieldEntry,
    ExtraFieldKey, ExtraFieldValue, FieldChange, Happening, NewCustomer,
};
use shopfolk_store::{CustomerRow, Engine, PORTION, StoreError, StoredEvent, WriteOperation, WriteTx};
use tokio::task::JoinSet;

use super::extra_fields::create_field;
use super::fixture::*;
use super::groups::{create_group, named};
use crate::{
    ChangeContact, ChangeCustomer, CreateContact, DeleteContact, DeleteCustomer, delete_extra_field,
    delete_group,
};

async fn events<E: Engine>(engine: &E) -> Vec<StoredEvent> {
    engine.list_events(STORE, None, 1_000).await.unwrap()
}

pub async fn reader_of_events_misses_none<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut customers = Vec::new();
    for number in 0..4 {
        customers.push(create_customer(&engine, &format!("{number}@example.com")).await);
    }
    let already = events(&engine).await.len();
    let mut writes = JoinSet::new();
    for number in 0..200_usize {
        let (engine, customer) = (engine.clone(), customers[number % 4]);
        writes.spawn(async move {
            create(&engine, customer, phone(&number.to_string())).await;
        });
    }
    let mut seen: Vec<StoredEvent> = Vec::new();
    while seen.len() < already + 200 {
        let after = seen.last().map(|event| event.position);
        let next = engine.list_events(STORE, after, 7).await.unwrap();
        assert!(next.len() <= 7);
        seen.extend(next);
        tokio::task::yield_now().await;
    }
    writes.join_all().await;
    let places: Vec<i64> = seen.iter().map(|event| event.position.get()).collect();
    assert_eq!(places, (1..).take(seen.len()).collect::<Vec<_>>());
    let mut created: Vec<_> = seen.iter().filter_map(|event| event.event.contact).collect();
    created.sort_unstable();
    created.dedup();
    assert_eq!(created.len(), 200);
    assert_eq!(events(&engine).await, seen, "what was read stays as it is");
}

pub async fn event_says_by_whom_and_what_was_before<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let token = Actor::Token(create_token(&engine, "secret_one").await.id);
    let new = CreateContact { customer, contact: phone("+1 2"), now: at(2) };
    engine.write(STORE, token, new).await.unwrap();
    let contact = phones(&engine, customer).await[0].id;
    let note = FieldChange::Set(ContactNote::new("evenings").unwrap());
    let change = ContactChange { note, ..ContactChange::default() };
    engine
        .write(STORE, Actor::Import, ChangeContact { customer, contact, change, now: at(3) })
        .await
        .unwrap();
    engine.write(STORE, BY, DeleteContact { customer, contact, now: at(4) }).await.unwrap();
    let name = FieldChange::Set(CustomerName::new("Anna").unwrap());
    let change = CustomerChange { name, ..CustomerChange::default() };
    engine.write(STORE, token, ChangeCustomer { customer, change, now: at(5) }).await.unwrap();

    let events = events(&engine).await;
    let [.., created, changed, deleted, named] = &events[..] else { panic!("{events:?}") };
    assert_eq!(created.event.happening, Happening::ContactCreated(customer));
    assert_eq!((created.event.by, created.event.contact), (token, Some(contact)));
    assert_eq!(created.event.before, None);
    assert_eq!((changed.event.by, changed.event.created), (Actor::Import, at(3)));
    let before = |event: &StoredEvent| event.event.before.clone().unwrap();
    assert!(before(changed).contains("\"+1 2\"") && !before(changed).contains("evenings"));
    assert_eq!(deleted.event.happening, Happening::ContactDeleted(customer));
    assert!(before(deleted).contains("evenings"));
    assert_eq!(named.event.happening, Happening::CustomerUpdated(customer));
    assert_eq!(&*before(named), "{\"name\":null}");
    assert!(events.iter().all(|event| event.event.happening.event_type().name().contains('.')));
}

pub async fn deleted_customer_is_told_whole<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    create(&engine, customer, phone("+1 2")).await;
    engine.write(STORE, BY, DeleteCustomer { customer, now: at(9) }).await.unwrap();
    let last = events(&engine).await.pop().unwrap();
    assert_eq!(last.event.happening, Happening::CustomerDeleted(customer));
    let before = last.event.before.unwrap();
    assert!(before.contains("anna@example.com") && before.contains("+1 2"), "{before}");
}

/// Inserts the row of a customer once more.
struct InsertAgain(CustomerId);

impl WriteOperation for InsertAgain {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        let row: CustomerRow = tx.get((self.0,)).await?.unwrap();
        tx.insert(&[row]).await
    }
}

pub async fn insertion_of_what_is_there_is_a_conflict<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let before = contacts(&engine, customer).await;
    let refused = engine.write(STORE, BY, InsertAgain(customer)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(contacts(&engine, customer).await, before);
}

pub(super) async fn crowd<E: Engine>(engine: &E, count: usize) -> Vec<CustomerId> {
    create_store(engine, STORE).await;
    add_crowd(engine, count, |new| new).await
}

/// Adds customers, each after a change of what is said of them.
async fn add_crowd<E: Engine>(
    engine: &E,
    count: usize,
    change: impl Fn(NewCustomer) -> NewCustomer,
) -> Vec<CustomerId> {
    let customers = (0..count).map(|number| change(customer(&format!("{number}@example.com")))).collect();
    let add = crate::AddCustomers { customers, now: at(1) };
    engine.write(STORE, BY, add).await.unwrap().into_iter().flatten().collect()
}

/// Asserts that these customers were changed by this actor, each once and with this state before, and that the last event is
/// another one by the same.
async fn assert_told_of_each<E: Engine>(
    engine: &E,
    by: Actor,
    customers: &[CustomerId],
    before: &str,
    last: impl Fn(Happening) -> bool,
) {
    let mut told = engine.list_events(STORE, None, 10_000).await.unwrap();
    let deleted = told.pop().unwrap().event;
    assert!(last(deleted.happening) && deleted.by == by, "{deleted:?}");
    let mut changed = Vec::new();
    for StoredEvent { event, .. } in told {
        if let Happening::CustomerUpdated(customer) = event.happening {
            assert_eq!((event.by, event.created, event.before.as_deref()), (by, at(9), Some(before)));
            changed.push(customer);
        }
    }
    changed.sort_unstable();
    assert_eq!(changed, customers);
    for customer in [customers[0], customers[customers.len() - 1]] {
        assert_eq!(updated(engine, customer).await, at(9));
    }
}

pub async fn deleted_group_is_told_of_each_of_its_customers<E: Engine>(engine: E) {
    let outsider = shop(&engine).await;
    let token = Actor::Token(create_token(&engine, "secret_one").await.id);
    let group = create_group(&engine, named("VIP")).await.unwrap();
    let crowd = add_crowd(&engine, PORTION + 1, |new| NewCustomer { group, ..new }).await;
    delete_group(&engine, STORE, token, group, || Ok(at(9))).await.unwrap();
    let before = format!("{{\"group_id\":{group}}}");
    let last = |happening| happening == Happening::GroupDeleted(group);
    assert_told_of_each(&engine, token, &crowd, &before, last).await;
    assert_eq!(updated(&engine, outsider).await, at(1));
}

pub async fn deleted_extra_field_is_told_of_each_customer_with_a_value<E: Engine>(engine: E) {
    let outsider = shop(&engine).await;
    let token = Actor::Token(create_token(&engine, "secret_one").await.id);
    let keys = ["aaaaaaa", "bbbbbbb"].map(|key| ExtraFieldKey::new(key).unwrap());
    for (name, key) in [("Size", "aaaaaaa"), ("Colour", "bbbbbbb")] {
        create_field(&engine, name, shopfolk_model::ExtraFieldType::Text, &[key]).await.unwrap();
    }
    let value = |key| ExtraFieldEntry {
        key: Some(key),
        title: None,
        value: Some(ExtraFieldValue::new("XL").unwrap()),
    };
    let extra_fields: Vec<_> = keys.into_iter().map(value).collect();
    // As many as a portion has at the most, so that only another one tells that nobody is left.
    let crowd = add_crowd(&engine, PORTION, |new| NewCustomer { extra_fields: extra_fields.clone(), ..new });
    let crowd = crowd.await;
    let field = engine.read(STORE, crate::GetExtraField { key: keys[0] }).await.unwrap().id;
    delete_extra_field(&engine, STORE, token, keys[0], || Ok(at(9))).await.unwrap();
    let before = format!("{{\"extra_fields\":{{\"{field}\":\"XL\"}}}}");
    let last = |happening| happening == Happening::ExtraFieldDeleted(field);
    assert_told_of_each(&engine, token, &crowd, &before, last).await;
    assert_eq!(updated(&engine, outsider).await, at(1));
    let one = whole_customer(&engine, STORE, crowd[7]).await.unwrap();
    assert_eq!(one.customer.extra_fields.len(), 1, "the other field's value stays");
}
