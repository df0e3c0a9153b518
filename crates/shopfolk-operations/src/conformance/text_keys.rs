//! Texts are compared as people read them, and what was told apart before stays.

use shopfolk_model::{
    Actor, ContactAddress, ContactText, ContactType, Customer, CustomerChange, CustomerGroup, CustomerId,
    CustomerSearch, EmailAddress, EmailFilter, ExtraFieldType, GroupChange, GroupId, GroupName, Happening,
    OrderSearch, PhoneDigits, SearchText,
};
use shopfolk_store::{Engine, StoreError, StoredCustomer, WriteOperation, WriteTx, insert_customers};

use super::extra_fields::create_field;
use super::fixture::*;
use super::groups::{create_group, named};
use crate::{
    ChangeContact, ChangeCustomer, ChangeGroup, DeleteContact, DeleteCustomer, GetGroup, OperationError,
    SearchCustomerIds, renew_store, touch_customers_of_group,
};

fn text(text: &str) -> Option<SearchText> {
    SearchText::optional(text).unwrap()
}

async fn found<E: Engine>(engine: &E, search: CustomerSearch) -> Vec<CustomerId> {
    engine.read(STORE, SearchCustomerIds { search, sort: None }).await.unwrap()
}

pub async fn texts_are_found_in_every_spelling<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    for (name, asked) in [
        ("Caf\u{e9}", "cafe\u{301}"),
        ("Cafe\u{301}", "CAF\u{c9}"),
        ("감나무", "\u{1100}\u{1161}\u{11B7}"),
        ("Hiếu", "hieu"),
        ("Müller", "MULLER"),
        ("ＡＣＭＥ", "acme"),
        ("ACME", "ａｃｍｅ"),
        ("an\u{AD}na", "anna"),
    ] {
        let change = CustomerChange {
            name: shopfolk_model::FieldChange::Set(shopfolk_model::CustomerName::new(name).unwrap()),
            ..CustomerChange::default()
        };
        engine.write(STORE, BY, ChangeCustomer { customer: anna, change, now: at(3) }).await.unwrap();
        let all = CustomerSearch::default;
        for search in
            [CustomerSearch { name: text(asked), ..all() }, CustomerSearch { keyword: text(asked), ..all() }]
        {
            assert_eq!(found(&engine, search).await, [anna], "{asked} in {name}");
        }
        assert_eq!(found(&engine, CustomerSearch { name: text("zzz"), ..all() }).await, []);
    }
}

pub async fn numbers_are_found_in_digits_of_every_script<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create(&engine, anna, phone("+49 176 123")).await;
    let again = try_create(&engine, anna, phone("\u{202A}+49 176 123\u{202C}")).await.unwrap();
    assert!(matches!(again, crate::ContactCreation::AlreadyThere(_)), "it looks the same");
    let bert = create_customer(&engine, "bert@example.com").await;
    create(&engine, bert, phone("+٩٦٦ ٥٠ ١٢٣")).await;
    create(&engine, bert, of_type(ContactType::WhatsApp, "＋８１ ３")).await;
    for (asked, who) in [
        ("0176 123", vec![anna]),
        ("0049 176 123", vec![anna]),
        ("96650", vec![bert]),
        ("+٩٦٦", vec![bert]),
        ("813", vec![bert]),
        ("８１", vec![bert]),
        ("999", vec![]),
    ] {
        let phone = PhoneDigits::optional(asked).unwrap();
        assert_eq!(
            found(&engine, CustomerSearch { phone, ..CustomerSearch::default() }).await,
            who,
            "{asked}"
        );
    }
}

pub async fn one_domain_is_one_in_both_forms<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let one = create_customer(&engine, "a@münchen.de").await;
    for other in ["A@xn--mnchen-3ya.de", "a@mu\u{308}nchen.de", "ａ@münchen.de"] {
        let create = crate::CreateCustomer { customer: customer(other), now: at(2) };
        let refused = engine.write(STORE, BY, create).await.unwrap_err();
        assert!(matches!(refused, OperationError::EmailInUse { .. }), "{other}: {refused}");
        let exactly = EmailFilter::Exactly(EmailAddress::new(other).ok());
        let search = CustomerSearch { email: Some(exactly), ..CustomerSearch::default() };
        assert_eq!(found(&engine, search).await, [one], "{other}");
    }
    let search =
        OrderSearch { email: EmailAddress::new("a@xn--mnchen-3ya.de").ok(), ..OrderSearch::default() };
    super::orders::record(
        &engine,
        crate::RecordOrder {
            email: EmailAddress::new("A@münchen.de").ok(),
            ..super::orders::order("AAAAA", "1", 3)
        },
    )
    .await;
    assert_eq!(super::orders::numbers(&engine, search).await.len(), 1);
}

pub async fn names_that_look_the_same_are_there_once<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    create_group(&engine, named("Caf\u{e9}")).await.unwrap();
    create_field(&engine, "Gr\u{f6}ße", ExtraFieldType::Text, &["aaaaaaa"]).await.unwrap();
    for name in ["Cafe\u{301}", "CAFÉ", "Ｃａｆｅ\u{301}", "Caf\u{200B}é", "ＧＥＮＥＲＡＬ"] {
        create_group(&engine, named(name)).await.unwrap_err();
    }
    for name in ["Gro\u{308}ße", "GRÖSSE", "Größ\u{AD}e"] {
        create_field(&engine, name, ExtraFieldType::Text, &["bbbbbbb"]).await.unwrap_err();
    }
    create_group(&engine, named("Cafe")).await.unwrap();
}

/// What a release before took for different: those that come first have no keys of their own yet.
struct KeepOfBefore {
    groups: Vec<CustomerGroup>,
    customers: Vec<StoredCustomer>,
}

impl WriteOperation for KeepOfBefore {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.insert(&self.groups).await?;
        for group in &self.groups {
            tx.append(Happening::GroupCreated(group.id), at(2)).await?;
        }
        insert_customers(tx, &self.customers).await?;
        for stored in &self.customers {
            tx.append(Happening::CustomerCreated(stored.customer.id), at(2)).await?;
        }
        Ok(())
    }
}

fn of_before(id: i64, email: &str, namesake: bool, contacts: &[(i64, &str)]) -> StoredCustomer {
    let email = EmailAddress::new(email).unwrap();
    let contact = |&(id, text): &(i64, &str)| {
        let address = ContactAddress::from_stored(ContactType::Other, ContactText::new(text).unwrap());
        std::sync::Arc::new(shopfolk_model::Contact {
            address: address.of_namesake(contact_id(id)),
            id: contact_id(id),
            handle: None,
            note: None,
            default: false,
            order_by: shopfolk_model::OrderBy::FIRST,
            timestamp: at(2),
        })
    };
    let customer = Customer { namesake, ..Customer::new(customer_id(id), email, at(2)) };
    StoredCustomer { customer, contacts: contacts.iter().map(contact).collect() }
}

pub async fn what_became_equal_stays_and_is_told<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let group = |id, name: &str, namesake| CustomerGroup {
        id: GroupId::new(id).unwrap(),
        name: GroupName::new(name).unwrap(),
        external_reference: None,
        namesake,
    };
    let keep = KeepOfBefore {
        groups: vec![group(1, "Cafe\u{301}", true), group(2, "caf\u{e9}", false), group(3, "ＶＩＰ", true)],
        customers: vec![
            of_before(1, "a@münchen.de", true, &[(1, "Café"), (2, "Cafe\u{301}")]),
            of_before(2, "a@xn--mnchen-3ya.de", false, &[]),
            of_before(3, "bert@example.com", false, &[]),
        ],
    };
    engine.write(STORE, BY, keep).await.unwrap();
    for _ in 0..2 {
        let mut done = 0;
        renew_store(&engine, STORE, |rows| done += rows).await.unwrap();
        assert_eq!(done, 3);
    }
    let groups = [1, 2, 3].map(|id| GroupId::new(id).unwrap());
    for (id, name, namesake) in
        [(groups[0], "Cafe\u{301}", false), (groups[1], "caf\u{e9}", true), (groups[2], "ＶＩＰ", false)]
    {
        let found = engine.read(STORE, GetGroup { group: id }).await.unwrap();
        assert_eq!((found.name.as_str(), found.namesake), (name, namesake));
    }
    let exactly = EmailFilter::Exactly(EmailAddress::new("a@münchen.de").ok());
    let search = CustomerSearch { email: Some(exactly), ..CustomerSearch::default() };
    assert_eq!(found(&engine, search).await, [customer_id(1)], "the first one has the key");
    let second = whole_customer(&engine, STORE, customer_id(2)).await.unwrap().customer;
    assert_eq!((second.email.unwrap().as_str(), second.namesake), ("a@xn--mnchen-3ya.de", true));
    let contacts = contacts(&engine, customer_id(1)).await;
    let namesakes: Vec<_> = contacts.iter().map(|contact| contact.address.is_namesake()).collect();
    assert_eq!(namesakes, [false, true]);
    assert_eq!(told(&engine).await, 3, "a group, a customer and a contact");

    // They change like others.
    let note = shopfolk_model::FieldChange::Set(shopfolk_model::ContactNote::new("n").unwrap());
    let change = shopfolk_model::ContactChange { note, ..shopfolk_model::ContactChange::default() };
    let contact = contact_id(2);
    let customer = customer_id(1);
    engine.write(STORE, BY, ChangeContact { customer, contact, change, now: at(3) }).await.unwrap();
    super::groups::put_into_group(&engine, customer_id(2), groups[1]).await;
    assert_eq!(told(&engine).await, 3);

    // And are told of no more once they are called otherwise, or gone.
    engine.write(STORE, BY, DeleteContact { customer, contact, now: at(4) }).await.unwrap();
    let change = GroupChange { name: GroupName::optional("Tea").unwrap(), ..GroupChange::default() };
    engine.write(STORE, BY, ChangeGroup { group: groups[1], change, now: at(4) }).await.unwrap();
    engine.write(STORE, BY, DeleteCustomer { customer, now: at(4) }).await.unwrap();
    renew_store(&engine, STORE, |_| ()).await.unwrap();
    let email = EmailAddress::new("a@münchen.de").ok();
    let change = CustomerChange { email, ..CustomerChange::default() };
    let change = ChangeCustomer { customer: customer_id(2), change, now: at(5) };
    engine.write(STORE, BY, change).await.unwrap();
    renew_store(&engine, STORE, |_| ()).await.unwrap();
    assert!(!whole_customer(&engine, STORE, customer_id(2)).await.unwrap().customer.namesake);
}

/// How many promises a check finds broken.
async fn told<E: Engine>(engine: &E) -> usize {
    let violations = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let found = std::sync::Arc::clone(&violations);
    engine.check(move |violation| found.lock().unwrap().push(violation)).await.unwrap();
    let violations = violations.lock().unwrap();
    let is_told = |violation: &shopfolk_store::Violation| {
        violation.invariant == shopfolk_store::Invariant::NoEqualContacts
    };
    assert!(violations.iter().all(is_told), "{violations:#?}");
    violations.len()
}

pub async fn renamed_group_moves_updated_of_its_customers<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let group = create_group(&engine, named("VIP")).await.unwrap();
    let bert = create_customer(&engine, "bert@example.com").await;
    super::groups::put_into_group(&engine, bert, group).await;
    let events = engine.list_events(STORE, None, 100).await.unwrap().len();
    touch_customers_of_group(&engine, STORE, Actor::CommandLine, group, || Ok(at(9))).await.unwrap();
    assert_eq!((updated(&engine, anna).await, updated(&engine, bert).await), (at(1), at(9)));
    let span = shopfolk_model::Span { from: Some(at(9)), to: None };
    let search = CustomerSearch { updated: span, ..CustomerSearch::default() };
    assert_eq!(found(&engine, search).await, [bert]);
    assert_eq!(engine.list_events(STORE, None, 100).await.unwrap().len(), events, "no event for each");
}

pub async fn changed_email_is_always_among_the_contacts<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let own = contacts(&engine, anna).await[0].id;
    let become_of = async |email: &str| {
        let change = CustomerChange { email: EmailAddress::new(email).ok(), ..CustomerChange::default() };
        engine.write(STORE, BY, ChangeCustomer { customer: anna, change, now: at(3) }).await.unwrap();
        let mut emails: Vec<_> = contacts(&engine, anna)
            .await
            .iter()
            .map(|contact| (contact.address.contact().to_string(), contact.default))
            .collect();
        emails.sort();
        emails
    };
    let text = ContactText::new("d2@example.com").ok();
    let change = shopfolk_model::ContactChange { contact: text, ..shopfolk_model::ContactChange::default() };
    engine
        .write(STORE, BY, ChangeContact { customer: anna, contact: own, change, now: at(2) })
        .await
        .unwrap();
    let of = |texts: &[(&str, bool)]| {
        texts.iter().map(|(text, default)| ((*text).to_owned(), *default)).collect::<Vec<_>>()
    };
    let d3 = of(&[("d2@example.com", true), ("d3@example.com", false)]);
    assert_eq!(become_of("d3@example.com").await, d3, "no contact was the former one");
    let d4 = of(&[("d2@example.com", true), ("d4@example.com", false)]);
    assert_eq!(become_of("d4@example.com").await, d4, "it follows");
    let d2 = of(&[("d2@example.com", true), ("d4@example.com", false)]);
    assert_eq!(become_of("d2@example.com").await, d2, "it is there");
    let back = of(&[("d2@example.com", false), ("d4@example.com", true)]);
    assert_eq!(become_of("d4@example.com").await, back, "it becomes the default");
}
