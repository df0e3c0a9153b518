//! Searching customers.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    AddressEntry, City, ContactFilter, ContactType, CustomerChange, CustomerId, CustomerName, CustomerSearch,
    CustomerSort, EmailAddress, EmailFilter, FieldChange, GroupId, PhoneDigits, SearchText, SortField, Span,
    WhereaboutsChange,
};
use shopfolk_store::{Engine, PageRequest};

use super::asked::Asked;
use super::fixture::*;
use super::random_search::Comparison;
use super::random_values::*;
use super::transfer::import;
use crate::{
    ChangeCustomer, CreateContact, CreateCustomer, DeleteContact, ImportOutcome, ImportedCustomer,
    ListCustomerFilters, SearchCustomerIds, SearchCustomers, Wanted,
};

fn text(text: &str) -> Option<SearchText> {
    SearchText::optional(text).unwrap()
}

async fn found<E: Engine>(engine: &E, search: CustomerSearch) -> Vec<CustomerId> {
    engine.read(STORE, SearchCustomerIds { search, sort: None }).await.unwrap()
}

async fn change<E: Engine>(engine: &E, customer: CustomerId, change: CustomerChange) {
    engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(3) }).await.unwrap();
}

async fn rename<E: Engine>(engine: &E, customer: CustomerId, name: &str) {
    let name = FieldChange::Set(CustomerName::new(name).unwrap());
    change(engine, customer, CustomerChange { name, ..CustomerChange::default() }).await;
}

pub async fn search_finds_a_part_of_a_text_in_any_case<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.org").await;
    rename(&engine, anna, "Änne STRASSE").await;
    rename(&engine, bert, "王小明 100%_\\").await;
    for (part, expected) in [
        ("änne", vec![anna]),
        ("straße", vec![anna]),
        ("E s", vec![anna]),
        ("小", vec![bert]),
        ("%", vec![bert]),
        ("0%_\\", vec![bert]),
        ("_", vec![bert]),
        ("anna", vec![]),
    ] {
        let search = CustomerSearch { name: text(part), ..CustomerSearch::default() };
        assert_eq!(found(&engine, search).await, expected, "{part}");
    }
    let search = CustomerSearch { keyword: text("EXAMPLE"), ..CustomerSearch::default() };
    assert_eq!(found(&engine, search).await, [anna, bert]);
}

pub async fn search_for_an_exact_email_finds_one_in_any_case<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create_customer(&engine, "anna@example.com.au").await;
    let exactly = |email: &str| CustomerSearch {
        email: Some(EmailFilter::Exactly(EmailAddress::new(email).ok())),
        ..CustomerSearch::default()
    };
    assert_eq!(found(&engine, exactly("ANNA@example.com")).await, [anna]);
    assert_eq!(found(&engine, exactly("nna@example.com")).await, []);
    assert_eq!(found(&engine, exactly("no address")).await, []);
    let named = CustomerSearch { name: text("x"), ..exactly("anna@example.com") };
    assert_eq!(found(&engine, named).await, []);
}

/// Addresses are the same by their key, in lower case; what a part of one is compared with is folded further.
pub async fn exact_email_is_compared_as_uniqueness_is<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let sharp = create_customer(&engine, "straße@example.com").await;
    let same = CreateCustomer { customer: customer("strasse@example.com"), now: at(2) };
    engine.write(STORE, BY, same).await.unwrap_err();
    let other = create_customer(&engine, "stras@example.com").await;
    let exactly = |email: &str| CustomerSearch {
        email: Some(EmailFilter::Exactly(EmailAddress::new(email).ok())),
        ..CustomerSearch::default()
    };
    assert_eq!(found(&engine, exactly("Straße@example.com")).await, [sharp]);
    assert_eq!(found(&engine, exactly("STRASSE@example.com")).await, [sharp]);
    assert_eq!(found(&engine, exactly("STRAS@example.com")).await, [other]);
    let part = CustomerSearch { email: text("STRAS").map(EmailFilter::Part), ..CustomerSearch::default() };
    assert_eq!(found(&engine, part).await, [sharp, other]);
}

pub async fn search_sees_every_contact_at_once<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let part = |part: &str| CustomerSearch {
        contact: Some(ContactFilter { text: text(part), types: None }),
        ..CustomerSearch::default()
    };
    let number = |digits: &str| CustomerSearch {
        phone: PhoneDigits::optional(digits).unwrap(),
        ..CustomerSearch::default()
    };
    for round in 0..5 {
        let phone = format!("+49 (30) 90{round}-Büro");
        let created = create(&engine, anna, phone_of(&phone)).await;
        assert_eq!(found(&engine, part(&format!("90{round}-bÜRO"))).await, [anna]);
        assert_eq!(found(&engine, number(&format!("3090{round}"))).await, [anna]);
        engine
            .write(STORE, BY, DeleteContact { customer: anna, contact: created.id, now: at(3) })
            .await
            .unwrap();
        assert_eq!(found(&engine, part(&format!("90{round}"))).await, []);
        assert_eq!(found(&engine, number(&format!("3090{round}"))).await, []);
    }
    let facebook = of_type(ContactType::Facebook, "https://facebook.com/anna");
    create(&engine, anna, facebook).await;
    let of = |types: &[ContactType], part: &str| CustomerSearch {
        contact: Some(ContactFilter { text: text(part), types: Some(types.iter().copied().collect()) }),
        ..CustomerSearch::default()
    };
    assert_eq!(found(&engine, of(&[ContactType::Facebook], "anna")).await, [anna]);
    assert_eq!(found(&engine, of(&[ContactType::Vk, ContactType::Facebook], "")).await, [anna]);
    assert_eq!(found(&engine, of(&[ContactType::Email], "facebook")).await, [], "both of one contact");
    assert_eq!(found(&engine, of(&[ContactType::Vk], "")).await, []);
}

fn phone_of(text: &str) -> shopfolk_model::NewContact {
    phone(text)
}

pub async fn search_by_update_sees_created_contacts<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let since = |from: i64, to: Option<i64>| CustomerSearch {
        updated: Span { from: Some(at(from)), to: to.map(at) },
        ..CustomerSearch::default()
    };
    let contact = phone("1");
    engine.write(STORE, BY, CreateContact { customer: bert, contact, now: at(50) }).await.unwrap();
    assert_eq!(found(&engine, since(50, None)).await, [bert]);
    assert_eq!(found(&engine, since(0, Some(49))).await, [anna]);
    let sort = Some(CustomerSort { field: SortField::Updated, descending: true });
    let everybody = SearchCustomerIds { search: CustomerSearch::default(), sort };
    assert_eq!(engine.read(STORE, everybody).await.unwrap(), [bert, anna]);
}

pub async fn search_by_update_stands_still_while_a_clock_steps_back<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let add = async |customer, number: i64, now| {
        let contact = phone(&number.to_string());
        engine.write(STORE, BY, CreateContact { customer, contact, now: at(now) }).await.unwrap();
    };
    let since_50 =
        || CustomerSearch { updated: Span { from: Some(at(50)), to: None }, ..CustomerSearch::default() };
    for round in 0..5 {
        add(anna, round * 100, 59).await;
        assert_eq!(found(&engine, since_50()).await, [anna], "round {round}");
        // So many that an engine that gathers contacts before it packs them may pack the one of 59.
        for number in 1..round * 8 {
            add(bert, round * 100 + number, 20).await;
        }
        add(anna, round * 100 + 1, 20).await;
        assert_eq!(found(&engine, since_50()).await, [anna], "round {round}");
    }
}

pub async fn search_keeps_stores_apart<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let other = shopfolk_model::StoreId::new(1004).unwrap();
    create_store(&engine, other).await;
    engine
        .write(other, BY, CreateCustomer { customer: customer("anna@example.com"), now: at(1) })
        .await
        .unwrap();
    let search = CustomerSearch { keyword: text("anna"), ..CustomerSearch::default() };
    assert_eq!(found(&engine, search).await, [anna]);
}

pub async fn page_of_a_search_knows_the_total_and_loads_what_is_wanted<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for number in 0..25 {
        create_customer(&engine, &format!("c{number}@example.com")).await;
    }
    let search = CustomerSearch { keyword: text("@example"), ..CustomerSearch::default() };
    for (wanted, customers) in
        [(Wanted::Count, 0), (Wanted::Customers, 5), (Wanted::CustomersWithContacts, 5)]
    {
        for search in [&search, &CustomerSearch::default()] {
            let search = search.clone();
            let page = PageRequest::at(20, 10);
            let found =
                engine.read(STORE, SearchCustomers { search, sort: None, page, wanted }).await.unwrap();
            let items = found.first.items;
            assert_eq!((found.total, found.all, found.count, items.len()), (25, 25, 5, customers));
            let contacts = items.iter().map(|item| item.contacts.contacts().len()).sum::<usize>();
            assert_eq!(contacts, if wanted == Wanted::CustomersWithContacts { 5 } else { 0 });
        }
    }
}

/// Customers that come from elsewhere, many at once, compared with the rules as those of a store that changes are.
pub async fn any_search_finds_imported_customers<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut random = StdRng::seed_from_u64(11);
    let mut asked = Asked::default();
    let groups = [GroupId::GENERAL];
    for batch in 0..8 {
        let customer = |number| {
            let CustomerChange { name, details, addresses, .. } = any_change(&mut random, &groups);
            ImportedCustomer {
                registered: Some(at(random.random_range(10..60))),
                email: EmailAddress::new(&format!("Straße{batch}-{number}@Example{}.com", number % 7)).ok(),
                name,
                details,
                addresses,
                contacts: Some((0..random.random_range(0..4)).map(|_| any_contact(&mut random)).collect()),
                ..ImportedCustomer::default()
            }
        };
        let customers: Vec<_> = (0..150).map(customer).collect();
        let imported = import(&engine, customers).await;
        let created: Vec<_> = imported
            .into_iter()
            .filter_map(|outcome| match outcome {
                ImportOutcome::Created(customer) => Some(customer),
                _ => None,
            })
            .collect();
        assert!(created.len() > 50, "{}", created.len());
        for _ in 0..10 {
            let customer = any_of(&mut random, &created);
            change(&engine, customer, any_change(&mut random, &groups)).await;
        }
        Comparison::of(&engine, STORE, &mut random, &mut asked).await.run(10).await;
    }
}

pub async fn places_to_which_goods_are_sent_are_listed_once_and_in_order<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut random = StdRng::seed_from_u64(3);
    let mut numbers: Vec<u32> = (0..1_050).collect();
    numbers.shuffle(&mut random);
    let address = |number: &u32| AddressEntry {
        whereabouts: WhereaboutsChange {
            city: FieldChange::Set(City::new(&format!("{number:04} Straße")).unwrap()),
            ..WhereaboutsChange::default()
        },
        ..AddressEntry::default()
    };
    let customers = numbers.chunks(75).enumerate().map(|(customer, numbers)| ImportedCustomer {
        email: EmailAddress::new(&format!("c{customer}@example.com")).ok(),
        addresses: Some(numbers.iter().chain(&numbers[..5]).map(address).collect()),
        ..ImportedCustomer::default()
    });
    import(&engine, customers.collect()).await;
    let places = engine.read(STORE, ListCustomerFilters).await.unwrap().places;
    let cities: Vec<_> = places.into_iter().map(|place| place.city.unwrap().to_string()).collect();
    let expected: Vec<_> = (0..1_000).map(|number| format!("{number:04} Straße")).collect();
    assert_eq!(cities, expected);
}
