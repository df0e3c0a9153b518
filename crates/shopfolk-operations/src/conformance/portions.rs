//! Large things, a portion at a time.

use std::sync::Arc;

use shopfolk_model::{
    Contact, ContactNote, ContactType, EmailAddress, Money, NewContact, NewCustomer, OrderBy, OrderKey,
    OrderSearch,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use crate::{
    CreateCustomer, CustomerPortion, ReadContacts, ReadCustomers, ReadOrders, RecordOrder, SearchOrders,
    WantedOfOrders,
};

fn large_contact(number: i64) -> NewContact {
    let note = ContactNote::optional(&"ü".repeat(2_000)).unwrap();
    let order_by = OrderBy::new(number * 7 % 10).ok();
    NewContact { note, order_by, ..of_type(ContactType::Other, &format!("c{number}")) }
}

/// Contacts of a customer from the portions in which they are read, the first of them read already.
async fn all_contacts<E: Engine>(engine: &E, portion: CustomerPortion) -> Vec<Arc<Contact>> {
    let mut contacts = portion.items[0].contacts.contacts().to_vec();
    let mut more = portion.more_contacts;
    assert!(more.is_some());
    while let Some((customer, after)) = more {
        let part = engine.read(STORE, ReadContacts { customer, after: Some(after) }).await.unwrap();
        let bytes: usize =
            part.contacts.iter().filter_map(|contact| Some(contact.note.as_ref()?.as_str().len())).sum();
        assert!(bytes <= crate::PORTION_BYTES);
        contacts.extend(part.contacts);
        more = part.more.map(|place| (customer, place));
    }
    contacts
}

pub async fn large_customers_are_read_in_portions<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut ids = Vec::new();
    for (name, contacts) in [("anna", 0), ("bert", 100), ("cleo", 100), ("dora", 250), ("eve", 0)] {
        let contacts = (0..contacts).map(large_contact).collect();
        let new = NewCustomer { contacts, ..customer(&format!("{name}@example.com")) };
        ids.push(engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap());
    }
    for number in 0..5 {
        // Created one by one, so that an engine that keeps such contacts apart has some.
        create(&engine, ids[3], large_contact(1_000 + number)).await;
    }
    let read = async |ids: &[_]| {
        engine.read(STORE, ReadCustomers { ids: ids.to_vec(), contacts: true }).await.unwrap()
    };
    let first = read(&ids).await;
    assert_eq!((first.items.len(), &first.rest[..], first.goes_on()), (2, &ids[2..], true));
    let second = read(&first.rest).await;
    assert_eq!((second.items.len(), &second.rest[..]), (1, &ids[3..]));
    let large = read(&second.rest).await;
    assert_eq!((large.items.len(), &large.rest[..]), (1, &ids[4..]));
    let rest = read(&large.rest).await;
    assert_eq!((rest.items.len(), rest.goes_on()), (1, false));
    let whole = whole_customer(&engine, STORE, ids[3]).await.unwrap();
    assert_eq!(large.items[0].customer, whole.customer);
    assert_eq!(all_contacts(&engine, large).await, whole.contacts.contacts());
    let without = engine.read(STORE, ReadCustomers { ids: ids.clone(), contacts: false }).await.unwrap();
    assert_eq!((without.items.len(), without.goes_on()), (5, false));
}

pub async fn large_orders_are_read_in_portions_and_short_ones_without_documents<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for key in ["AAAAA", "BBBBB", "CCCCC", "DDDDD"] {
        let order = RecordOrder {
            customer: None,
            email: EmailAddress::new("a@example.com").ok(),
            total: Money::default(),
            created: at(5),
            products: Vec::new(),
            document: format!(r#"{{"note":"{}"}}"#, "n".repeat(200_000)),
            keys: vec![OrderKey::new(key).unwrap()],
            now: at(5),
        };
        engine.write(STORE, BY, order).await.unwrap();
    }
    let search = |wanted| {
        let page = PageRequest::at(0, 100);
        SearchOrders { search: OrderSearch::default(), page, wanted }
    };
    let found = engine.read(STORE, search(WantedOfOrders::Everything)).await.unwrap();
    assert_eq!((found.total, found.count, found.first.items.len(), found.first.rest.len()), (4, 4, 2, 2));
    let rest = engine.read(STORE, ReadOrders { numbers: found.first.rest.clone() }).await.unwrap();
    let read: Vec<_> = found.first.items.iter().chain(&rest.items).collect();
    assert_eq!(read.iter().map(|order| order.key.as_str()).collect::<String>(), "DDDDDCCCCCBBBBBAAAAA");
    let short = engine.read(STORE, search(WantedOfOrders::Short)).await.unwrap().first;
    assert_eq!((short.items.len(), short.rest.len()), (4, 0));
    for (short, whole) in short.items.iter().zip(read) {
        assert_eq!((short.number, short.key, short.customer), (whole.number, whole.key, whole.customer));
        assert_eq!(short.document, "{}");
    }
    let counted = engine.read(STORE, search(WantedOfOrders::Count)).await.unwrap();
    assert_eq!((counted.total, counted.count, counted.first.items.len()), (4, 4, 0));
}
