//! Changing and deleting customers.

use shopfolk_model::{
    AddressEntry, AddressId, AddressRuleError, City, CompanyName, ContactChange, ContactEntry, ContactId,
    ContactRuleError, ContactText, ContactType, CustomerChange, CustomerDetails, CustomerDetailsChange,
    CustomerId, CustomerKind, CustomerName, EmailAddress, ExternalReferenceId, FieldChange, NewCustomer,
    PrimaryPhone, TaxText, Whereabouts, WhereaboutsChange,
};
use shopfolk_store::{Engine, PageRequest};

use super::*;
use crate::{
    ChangeCustomer, ChangeSeenCustomer, CreateContact, CreateCustomer, CustomerUpdate, CustomerWithContacts,
    DeleteCustomer, ListDeletedCustomers, OperationError,
};

/// Something of every kind.
pub fn details() -> CustomerDetails {
    CustomerDetails {
        billing: Whereabouts {
            company_name: CompanyName::optional("Example \"Inc\"").unwrap(),
            country: "NO".parse().ok(),
            ..Whereabouts::default()
        },
        tax_id: TaxText::optional("7").unwrap(),
        kind: CustomerKind::Business,
        accept_marketing: Some(false),
        external_reference: ExternalReferenceId::optional("their 7").unwrap(),
        ..CustomerDetails::default()
    }
}

/// A new address in this city.
pub fn address_in(city: &str) -> AddressEntry {
    let city = FieldChange::Set(City::new(city).unwrap());
    let whereabouts = WhereaboutsChange { city, ..WhereaboutsChange::default() };
    AddressEntry { whereabouts, ..AddressEntry::default() }
}

async fn change<E: Engine>(
    engine: &E,
    customer: CustomerId,
    change: CustomerChange,
) -> Result<CustomerUpdate, OperationError> {
    engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(9) }).await
}

async fn get<E: Engine>(engine: &E, customer: CustomerId) -> CustomerWithContacts {
    whole_customer(engine, STORE, customer).await.unwrap()
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

pub async fn customer_who_was_changed_since_it_was_seen_stays<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let new = NewCustomer {
        details: details(),
        addresses: vec![address_in("Oslo")],
        ..customer("anna@example.com")
    };
    let id = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap();
    let named = |name: &str| {
        let name = FieldChange::Set(CustomerName::new(name).unwrap());
        let change = CustomerChange { name, ..CustomerChange::default() };
        ChangeCustomer { customer: id, change, now: at(9) }
    };
    let customer = get(&engine, id).await.customer;
    let seen = customer.version();
    let contact = CreateContact { customer: id, contact: phone("1"), now: at(7) };
    engine.write(STORE, BY, contact).await.unwrap();
    assert_ne!(get(&engine, id).await.customer.updated, customer.updated);
    let by_one = ChangeSeenCustomer { seen: seen.clone(), change: named("Anna") };
    assert_eq!(engine.write(STORE, BY, by_one).await.unwrap(), Some(CustomerUpdate::Updated));
    let by_another = ChangeSeenCustomer { seen, change: named("Bert") };
    assert_eq!(engine.write(STORE, BY, by_another).await.unwrap(), None);
    let now = get(&engine, id).await.customer;
    assert_eq!(now.name, CustomerName::optional("Anna").unwrap());
    let gone = ChangeCustomer { customer: customer_id(99), ..named("Nobody") };
    let gone = ChangeSeenCustomer { seen: now.version(), change: gone };
    assert!(matches!(engine.write(STORE, BY, gone).await, Err(OperationError::CustomerNotFound { .. })));
}

pub async fn primary_phone_becomes_the_default_and_is_made_where_it_is_missing<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let id = create_customer(&engine, "anna@example.com").await;
    let first = create(&engine, id, default_phone("+1 2")).await.id;
    create(&engine, id, phone("+3 4")).await;
    let phones = async || -> Vec<(String, bool)> {
        let contacts = get(&engine, id).await.contacts;
        let phones =
            contacts.contacts().iter().filter(|contact| contact.contact_type() == ContactType::Phone);
        phones.map(|phone| (phone.address.contact().as_str().to_owned(), phone.default)).collect()
    };
    let expected = |all: &[(&str, bool)]| -> Vec<(String, bool)> {
        all.iter().map(|(text, default)| ((*text).to_owned(), *default)).collect()
    };
    let set = async |primary: &str, contacts: Option<Vec<ContactEntry>>| {
        let primary = Some(PrimaryPhone::new(ContactText::new(primary).unwrap()));
        let change = CustomerChange { primary_phone: primary, contacts, ..CustomerChange::default() };
        let change = ChangeCustomer { customer: id, change, now: at(9) };
        assert_eq!(engine.write(STORE, BY, change).await.unwrap(), CustomerUpdate::Updated);
    };
    for _ in 0..2 {
        set("+34", None).await;
        assert_eq!(phones().await, expected(&[("+1 2", false), ("+3 4", true)]));
    }
    set("+5", None).await;
    assert_eq!(phones().await, expected(&[("+1 2", false), ("+3 4", false), ("+5", true)]));
    let only = ContactEntry::Known(first, ContactChange { default: Some(true), ..ContactChange::default() });
    set("+34", Some(vec![only])).await;
    assert_eq!(phones().await, expected(&[("+1 2", false), ("+34", true)]));
}

pub async fn changed_customer_keeps_what_the_change_leaves_out<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let new = NewCustomer {
        name: CustomerName::optional("Anna").unwrap(),
        details: details(),
        addresses: vec![address_in("Oslo")],
        ..customer("anna@example.com")
    };
    let id = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap();
    create(&engine, id, phone("1")).await;
    let before = get(&engine, id).await;
    assert_eq!(before.customer.details, details());
    assert_eq!(before.customer.addresses.addresses().len(), 1);

    assert_eq!(change(&engine, id, CustomerChange::default()).await.unwrap(), CustomerUpdate::NothingToDo);
    assert_eq!(get(&engine, id).await, before);
    let set = CustomerChange {
        details: CustomerDetailsChange {
            tax_id: FieldChange::Clear,
            tax_exempt: Some(true),
            ..CustomerDetailsChange::default()
        },
        ..CustomerChange::default()
    };
    assert_eq!(change(&engine, id, set).await.unwrap(), CustomerUpdate::Updated);
    let mut expected = before;
    expected.customer.updated = at(9);
    expected.customer.details = CustomerDetails { tax_id: None, tax_exempt: true, ..details() };
    assert_eq!(get(&engine, id).await, expected);
    let unknown = CustomerId::new(77).unwrap();
    let refused = change(&engine, unknown, CustomerChange::default()).await.unwrap_err();
    assert!(matches!(refused, OperationError::CustomerNotFound { .. }), "{refused:?}");
}

pub async fn changed_email_takes_its_contact_along<E: Engine>(engine: E) {
    let id = shop(&engine).await;
    let own = get(&engine, id).await.contacts.contacts()[0].id;
    let to = |text: &str| CustomerChange { email: Some(email(text)), ..CustomerChange::default() };
    change(&engine, id, to("Berta@example.com")).await.unwrap();
    let found = get(&engine, id).await;
    assert_eq!(found.customer.email, Some(email("Berta@example.com")));
    assert_eq!(found.contacts.contacts().len(), 1);
    assert_eq!(found.contacts.find(own).unwrap().address.contact().as_str(), "Berta@example.com");

    // Not when the new one is there already.
    create(&engine, id, of_type(ContactType::Email, "clara@example.com")).await;
    change(&engine, id, to("clara@example.com")).await.unwrap();
    let found = get(&engine, id).await;
    assert_eq!(found.contacts.find(own).unwrap().address.contact().as_str(), "Berta@example.com");
    assert_eq!(found.contacts.contacts().len(), 2);
}

pub async fn email_and_external_reference_in_use_are_refused_in_a_change<E: Engine>(engine: E) {
    let id = shop(&engine).await;
    let other = NewCustomer { details: details(), ..customer("berta@example.com") };
    let other = engine.write(STORE, BY, CreateCustomer { customer: other, now: at(2) }).await.unwrap();
    let before = get(&engine, id).await;
    let to = |text: &str| CustomerChange { email: Some(email(text)), ..CustomerChange::default() };
    let refused = change(&engine, id, to("BERTA@example.com")).await.unwrap_err();
    assert!(matches!(refused, OperationError::EmailInUse { .. }), "{refused:?}");
    let named = |text: &str| CustomerChange {
        details: CustomerDetailsChange {
            external_reference: FieldChange::Set(ExternalReferenceId::new(text).unwrap()),
            ..CustomerDetailsChange::default()
        },
        ..CustomerChange::default()
    };
    let refused = change(&engine, id, named("their 7")).await.unwrap_err();
    assert!(matches!(refused, OperationError::ExternalReferenceInUse { .. }), "{refused:?}");
    let new = NewCustomer { details: details(), ..customer("clara@example.com") };
    let refused = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(3) }).await.unwrap_err();
    assert!(matches!(refused, OperationError::ExternalReferenceInUse { .. }), "{refused:?}");
    assert_eq!(get(&engine, id).await, before);
    // Its own are not in its way, and what another one gave up is free.
    change(&engine, other, to("Berta@Example.com")).await.unwrap();
    change(&engine, other, named("their 8")).await.unwrap();
    change(&engine, id, named("their 7")).await.unwrap();
}

pub async fn list_of_contacts_takes_the_place_of_all_or_of_none<E: Engine>(engine: E) {
    let id = shop(&engine).await;
    let kept = create(&engine, id, phone("1")).await;
    create(&engine, id, phone("2")).await;
    let contacts = |entries| CustomerChange { contacts: Some(entries), ..CustomerChange::default() };
    let text = ContactText::optional("3").unwrap();
    let changed = ContactEntry::Known(kept.id, ContactChange { contact: text, ..ContactChange::default() });
    let before = get(&engine, id).await;
    for (entry, refused) in [
        (ContactEntry::Known(ContactId::new(99).unwrap(), ContactChange::default()), "Unknown"),
        (changed.clone(), "Twice"),
    ] {
        let entries = vec![ContactEntry::New(phone("4")), changed.clone(), entry];
        let error = change(&engine, id, contacts(entries)).await.unwrap_err();
        assert!(matches!(error, OperationError::ContactRule(_)), "{error:?}");
        assert!(format!("{error:?}").contains(refused), "{error:?}");
        assert_eq!(get(&engine, id).await, before, "all or nothing");
    }
    let clash = vec![ContactEntry::New(phone("3")), changed.clone()];
    let error = change(&engine, id, contacts(clash)).await.unwrap_err();
    let there = matches!(error, OperationError::ContactRule(ContactRuleError::AlreadyThere { .. }));
    assert!(there, "{error:?}");

    let other = create(&engine, id, default_phone("7")).await;
    let to = |id, text| {
        let contact = ContactText::optional(text).unwrap();
        ContactEntry::Known(id, ContactChange { contact, ..ContactChange::default() })
    };
    let circle = vec![ContactEntry::New(phone("2")), to(kept.id, "7"), to(other.id, "1")];
    change(&engine, id, contacts(circle)).await.unwrap();
    let book = get(&engine, id).await.contacts;
    let text = |id| book.find(id).unwrap().address.contact().as_str();
    assert_eq!((text(kept.id), text(other.id), book.contacts().len()), ("7", "1", 3));

    let entries = vec![ContactEntry::New(default_phone("5")), changed];
    change(&engine, id, contacts(entries)).await.unwrap();
    let book = get(&engine, id).await.contacts;
    let shown: Vec<_> = book
        .contacts()
        .iter()
        .map(|contact| (contact.address.contact().as_str(), contact.default, contact.order_by.get()))
        .collect();
    assert_eq!(shown, [("3", false, 1), ("5", true, 2)]);
    change(&engine, id, contacts(Vec::new())).await.unwrap();
    assert!(get(&engine, id).await.contacts.contacts().is_empty());
}

pub async fn list_of_addresses_takes_the_place_of_all_or_of_none<E: Engine>(engine: E) {
    let id = shop(&engine).await;
    let addresses = |entries| CustomerChange { addresses: Some(entries), ..CustomerChange::default() };
    change(&engine, id, addresses(vec![address_in("Oslo"), address_in("Bergen")])).await.unwrap();
    let before = get(&engine, id).await;
    let ids: Vec<AddressId> =
        before.customer.addresses.addresses().iter().map(|address| address.id).collect();
    let unknown = AddressEntry { id: AddressId::new(99).ok(), ..AddressEntry::default() };
    let error = change(&engine, id, addresses(vec![address_in("Rome"), unknown])).await.unwrap_err();
    let rule = matches!(error, OperationError::AddressRule(AddressRuleError::Unknown { .. }));
    assert!(rule, "{error:?}");
    assert_eq!(get(&engine, id).await, before);
    let kept = AddressEntry { id: Some(ids[1]), ..AddressEntry::default() };
    change(&engine, id, addresses(vec![kept, address_in("Rome")])).await.unwrap();
    let after = get(&engine, id).await.customer.addresses;
    let shown: Vec<_> = after
        .addresses()
        .iter()
        .map(|address| (address.whereabouts.city.as_ref().unwrap().as_str(), address.default))
        .collect();
    assert_eq!(shown, [("Bergen", true), ("Rome", false)]);
    assert!(after.addresses()[1].id > ids[1], "ids are not given twice");
    change(&engine, id, addresses(Vec::new())).await.unwrap();
    assert!(get(&engine, id).await.customer.addresses.addresses().is_empty());
}

pub async fn deleted_customers_are_listed_by_time<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut deleted = Vec::new();
    for (number, seconds) in [(1, 300), (2, 100), (3, 200)] {
        let new = customer(&format!("{number}@example.com"));
        let id = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(5) }).await.unwrap();
        engine.write(STORE, BY, DeleteCustomer { customer: id, now: at(seconds) }).await.unwrap();
        deleted.push((id, at(seconds)));
    }
    deleted.sort_unstable_by_key(|&(_, time)| time);
    let six_months = 183 * 24 * 3_600;
    let list = async |from, to, offset, now| {
        let page = PageRequest::at(offset, 2);
        let list = ListDeletedCustomers { from, to, page, now: at(now) };
        let page = engine.read(STORE, list).await.unwrap();
        (page.total, page.items.iter().map(|gone| (gone.id, gone.deleted)).collect::<Vec<_>>())
    };
    assert_eq!(list(None, None, 0, 400).await, (3, deleted[..2].to_vec()));
    assert_eq!(list(None, None, 2, 400).await, (3, deleted[2..].to_vec()));
    assert_eq!(list(Some(at(200)), Some(at(200)), 0, 400).await, (1, deleted[1..2].to_vec()));
    assert_eq!(
        list(None, None, 0, six_months + 150).await,
        (2, deleted[1..].to_vec()),
        "the first is forgotten"
    );
}
