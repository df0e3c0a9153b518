//! Customers.

use shopfolk_model::{
    ContactRuleError, ContactType, CustomerId, CustomerName, CustomerPosition, CustomerSearch, GroupId,
    MAXIMUM_CONTACTS, NewCustomer,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use crate::{AddCustomers, CreateCustomer, DeleteCustomer, OperationError, SearchCustomers, Wanted};

pub async fn customer_gets_a_contact_for_its_email<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let new = NewCustomer { name: Some(CustomerName::new("Anna").unwrap()), ..customer("Anna@Example.com") };
    let id = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap();
    let found = whole_customer(&engine, STORE, id).await.unwrap();
    assert_eq!(found.customer.id, id);
    assert_eq!(found.customer.email.as_ref().unwrap().as_str(), "Anna@Example.com");
    assert_eq!(found.customer.name.unwrap().as_str(), "Anna");
    assert_eq!((found.customer.registered, found.customer.updated), (at(5), at(5)));
    let [contact] = found.contacts.contacts() else { panic!("{:?}", found.contacts) };
    assert_eq!(contact.contact_type(), ContactType::Email);
    assert_eq!(contact.address.contact().as_str(), "Anna@Example.com");
    assert!(contact.default);
    assert_eq!(contact.order_by.get(), 0);
    assert_eq!(contact.timestamp, at(5));
}

pub async fn customer_with_contacts_gets_them_in_order<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let own = of_type(ContactType::Email, "ANNA@example.com");
    let contacts = vec![phone("1"), own, phone("2"), phone("(1)")];
    let new = NewCustomer { contacts, ..customer("anna@example.com") };
    let id = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap();
    let listed = super::contacts(&engine, id).await;
    let texts: Vec<_> = listed.iter().map(|contact| contact.address.contact().as_str()).collect();
    assert_eq!(texts, ["1", "ANNA@example.com", "2"], "equal ones once, no second e-mail");
    assert!(listed.iter().all(|contact| !contact.default));
    let places: Vec<_> = listed.iter().map(|contact| contact.order_by.get()).collect();
    assert_eq!(places, [0, 1, 2]);
}

pub async fn email_in_use_is_refused_without_regard_to_case<E: Engine>(engine: E) {
    shop(&engine).await;
    let new = customer("ANNA@example.COM");
    let refused = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(2) }).await;
    assert!(matches!(refused, Err(OperationError::EmailInUse { .. })), "{refused:?}");
}

pub async fn deleted_customer_takes_its_contacts_along<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    let contact = create(&engine, customer, phone("1")).await.id;
    engine.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await.unwrap();
    let missing = |error| matches!(error, OperationError::CustomerNotFound { .. });
    assert!(missing(whole_customer(&engine, STORE, customer).await.unwrap_err()));
    assert!(missing(try_create(&engine, customer, phone("2")).await.unwrap_err()));
    let again = engine.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await;
    assert!(missing(again.unwrap_err()));
    // The address is free again, the ids are not.
    let next = create_customer(&engine, "anna@example.com").await;
    assert!(next > customer);
    assert!(create(&engine, next, phone("1")).await.id > contact);
}

/// Everybody on this page, by id.
pub(super) fn everybody(page: PageRequest<CustomerPosition>) -> SearchCustomers {
    let search = CustomerSearch::default();
    SearchCustomers { search, sort: None, page, wanted: Wanted::CustomersWithContacts }
}

pub async fn customers_are_listed_in_pages<E: Engine>(engine: E) {
    let first = shop(&engine).await;
    let second = create_customer(&engine, "second@example.com").await;
    let third = create_customer(&engine, "third@example.com").await;
    create(&engine, second, phone("1")).await;
    let list = async |offset, limit| {
        let page = PageRequest::at(offset, limit);
        let page = engine.read(STORE, everybody(page)).await.unwrap();
        let ids: Vec<_> = page.first.items.iter().map(|item| item.customer.id).collect();
        let sizes: Vec<_> = page.first.items.iter().map(|item| item.contacts.contacts().len()).collect();
        (page.total, ids, sizes)
    };
    assert_eq!(list(0, 2).await, (3, vec![first, second], vec![1, 2]));
    assert_eq!(list(2, 2).await, (3, vec![third], vec![1]));
    assert_eq!(list(u64::MAX, 2).await, (3, vec![], vec![]));
    engine.write(STORE, BY, DeleteCustomer { customer: second, now: at(3) }).await.unwrap();
    assert_eq!(list(0, 100).await, (2, vec![first, third], vec![1, 1]));
}

pub async fn refused_customer_leaves_nothing_behind<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let contacts = (0..=MAXIMUM_CONTACTS).map(|number| phone(&number.to_string())).collect();
    let new = NewCustomer { contacts, ..customer("anna@example.com") };
    let refused = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(2) }).await;
    assert!(matches!(refused, Err(OperationError::ContactRule(ContactRuleError::Full))));
    assert_eq!(engine.read(STORE, everybody(PageRequest::at(0, 0))).await.unwrap().total, 0);
    create_customer(&engine, "anna@example.com").await;
}

pub async fn refused_customers_take_no_ids<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let contact = create(&engine, anna, phone("1")).await.id;
    let group = GroupId::new(77).unwrap();
    let full = (0..=MAXIMUM_CONTACTS).map(|number| phone(&number.to_string())).collect();
    for refused in [
        customer("anna@example.com"),
        NewCustomer { group, ..customer("bert@example.com") },
        NewCustomer { contacts: full, ..customer("bert@example.com") },
    ] {
        engine.write(STORE, BY, CreateCustomer { customer: refused, now: at(2) }).await.unwrap_err();
    }
    let (known, new) = (customer("anna@example.com"), customer("bert@example.com"));
    let customers = vec![known, new.clone(), new, customer("carl@example.com")];
    let added = engine.write(STORE, BY, AddCustomers { customers, now: at(2) }).await.unwrap();
    let number = |customer: CustomerId| customer.get() - anna.get();
    assert_eq!(
        added.into_iter().map(|id| id.map(number)).collect::<Vec<_>>(),
        [None, Some(1), None, Some(2)]
    );
    assert_eq!(
        create(&engine, anna, phone("2")).await.id.get(),
        contact.get() + 3,
        "two e-mails are between"
    );
}
