//! Searching customers, compared with asking the rule about each of them.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    AddressEntry, City, CompanyName, ContactFilter, ContactId, ContactType, CountryCode, CustomerChange,
    CustomerDetailsChange, CustomerId, CustomerKind, CustomerName, CustomerSearch, CustomerSort,
    EmailAddress, EmailFilter, FieldChange, GroupName, NewGroup, PhoneDigits, PhoneNumber, PostalCode,
    SearchText, SearchedCustomer, SortField, SortValue, Span, StateCode, Timestamp, WhereaboutsChange,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use super::groups::group_id;
use super::transfer::import;
use crate::{
    ChangeCustomer, CreateContact, CreateCustomer, CreateGroup, DeleteContact, DeleteCustomer, ImportOutcome,
    ImportedCustomer, ListContacts, ListCustomers, SearchCustomerIds, SearchCustomers, Wanted,
};

const EVERYTHING: PageRequest = PageRequest { offset: 0, limit: u32::MAX };

fn text(text: &str) -> Option<SearchText> {
    SearchText::optional(text).unwrap()
}

async fn found<E: Engine>(engine: &E, search: CustomerSearch) -> Vec<CustomerId> {
    engine.read(STORE, SearchCustomerIds { search, sort: None }).await.unwrap()
}

async fn change<E: Engine>(engine: &E, customer: CustomerId, change: CustomerChange) {
    engine.write(STORE, ChangeCustomer { customer, change, now: at(3) }).await.unwrap();
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
        engine.write(STORE, DeleteContact { customer: anna, contact: created.id, now: at(3) }).await.unwrap();
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
    engine.write(STORE, CreateContact { customer: bert, contact, now: at(50) }).await.unwrap();
    assert_eq!(found(&engine, since(50, None)).await, [bert]);
    assert_eq!(found(&engine, since(0, Some(49))).await, [anna]);
    let sort = Some(CustomerSort { field: SortField::Updated, descending: true });
    let everybody = SearchCustomerIds { search: CustomerSearch::default(), sort };
    assert_eq!(engine.read(STORE, everybody).await.unwrap(), [bert, anna]);
}

pub async fn search_keeps_stores_apart<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let other = shopfolk_model::StoreId::new(1004).unwrap();
    create_store(&engine, other).await;
    engine.write(other, CreateCustomer { customer: customer("anna@example.com"), now: at(1) }).await.unwrap();
    let search = CustomerSearch { keyword: text("anna"), ..CustomerSearch::default() };
    assert_eq!(found(&engine, search).await, [anna]);
}

pub async fn page_of_a_search_knows_the_total_and_loads_what_is_wanted<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for number in 0..25 {
        create_customer(&engine, &format!("c{number}@example.com")).await;
    }
    let search = CustomerSearch { keyword: text("@example"), ..CustomerSearch::default() };
    let page = PageRequest { offset: 20, limit: 10 };
    for (wanted, customers) in
        [(Wanted::Count, 0), (Wanted::Customers, 5), (Wanted::CustomersWithContacts, 5)]
    {
        for search in [&search, &CustomerSearch::default()] {
            let search = search.clone();
            let found =
                engine.read(STORE, SearchCustomers { search, sort: None, page, wanted }).await.unwrap();
            assert_eq!((found.total, found.all, found.count, found.items.len()), (25, 25, 5, customers));
            let contacts = found.items.iter().map(|item| item.contacts.contacts().len()).sum::<usize>();
            assert_eq!(contacts, if wanted == Wanted::CustomersWithContacts { 5 } else { 0 });
        }
    }
}

/// Writes and searches at random; each search must find what asking the rule about every customer finds.
pub async fn any_search_finds_what_the_rule_finds<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for id in GROUPS.into_iter().skip(1) {
        let group = NewGroup { name: GroupName::new(&id.to_string()).unwrap(), external_reference: None };
        engine.write(STORE, CreateGroup { group, id: Some(group_id(id)), now: at(1) }).await.unwrap();
    }
    let mut random = StdRng::seed_from_u64(7);
    let mut customers = Vec::new();
    for call in 0..700 {
        match (customers.choose(&mut random).copied(), random.random_range(0..100)) {
            (None, _) | (_, 0..25) => {
                customers.push(create_customer(&engine, &format!("C{call}@Example{}.com", call % 7)).await);
            }
            (Some(customer), 25..60) => {
                let contact = any_contact(&mut random);
                let now = at(random.random_range(10..60));
                // The same one may be there already.
                engine.write(STORE, CreateContact { customer, contact, now }).await.unwrap();
            }
            (Some(customer), 60..85) => change(&engine, customer, any_change(&mut random)).await,
            (Some(customer), 85..92) => {
                let book = engine.read(STORE, ListContacts { customer }).await.unwrap();
                let ids: Vec<ContactId> = book.contacts().iter().map(|contact| contact.id).collect();
                if let Some(&contact) = ids.choose(&mut random) {
                    engine.write(STORE, DeleteContact { customer, contact, now: at(3) }).await.unwrap();
                }
            }
            (Some(customer), _) => {
                engine.write(STORE, DeleteCustomer { customer, now: at(3) }).await.unwrap();
                customers.retain(|&other| other != customer);
            }
        }
        if call % 7 == 0 {
            compare(&engine, &mut random).await;
        }
    }
    for _ in 0..150 {
        compare(&engine, &mut random).await;
    }
}

/// The same of customers that come from elsewhere, many at once.
pub async fn any_search_finds_imported_customers<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    for id in GROUPS.into_iter().skip(1) {
        let group = NewGroup { name: GroupName::new(&id.to_string()).unwrap(), external_reference: None };
        engine.write(STORE, CreateGroup { group, id: Some(group_id(id)), now: at(1) }).await.unwrap();
    }
    let mut random = StdRng::seed_from_u64(11);
    for batch in 0..8 {
        let customer = |number| ImportedCustomer {
            id: None,
            registered: Some(at(random.random_range(10..60))),
            change: CustomerChange {
                email: EmailAddress::new(&format!("C{batch}-{number}@Example{}.com", number % 7)).ok(),
                ..any_change(&mut random)
            },
            contacts: Some(
                (0..random.random_range(0..4)).map(|_| (None, any_contact(&mut random))).collect(),
            ),
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
            compare(&engine, &mut random).await;
            change(&engine, *created.choose(&mut random).unwrap(), any_change(&mut random)).await;
        }
    }
}

async fn compare<E: Engine>(engine: &E, random: &mut StdRng) {
    let all = engine.read(STORE, ListCustomers { page: EVERYTHING }).await.unwrap().items;
    let all: Vec<_> = all.iter().map(|item| SearchedCustomer::of(&item.customer, &item.contacts)).collect();
    let search = any_search(random);
    let sort = random.random_bool(0.6).then(|| CustomerSort {
        field: *SortField::ALL.choose(random).unwrap(),
        descending: random.random_bool(0.5),
    });
    let mut expected: Vec<_> = all.iter().filter(|customer| customer.matches(&search)).collect();
    if let Some(sort) = sort {
        sort_by_the_rule(&mut expected, sort);
    }
    let expected: Vec<_> = expected.into_iter().map(|customer| customer.id).collect();
    let ids = SearchCustomerIds { search: search.clone(), sort };
    assert_eq!(engine.read(STORE, ids).await.unwrap(), expected, "{search:?} {sort:?}");

    let page = PageRequest { offset: random.random_range(0..20), limit: random.random_range(1..10) };
    let wanted = Wanted::Customers;
    let answer = engine.read(STORE, SearchCustomers { search, sort, page, wanted }).await.unwrap();
    let on_page: Vec<_> = answer.items.iter().map(|item| item.customer.id).collect();
    let expected_page: Vec<_> = expected
        .iter()
        .copied()
        .skip(usize::try_from(page.offset).unwrap())
        .take(page.limit as usize)
        .collect();
    assert_eq!((answer.total, answer.all), (expected.len() as u64, all.len() as u64));
    assert_eq!(on_page, expected_page);
}

fn sort_by_the_rule(customers: &mut [&SearchedCustomer], sort: CustomerSort) {
    customers.sort_by(|one, other| {
        let missing = |customer: &SearchedCustomer| {
            matches!(customer.sort_value(sort.field), SortValue::Text("") | SortValue::Number(None))
        };
        let order = match (one.sort_value(sort.field), other.sort_value(sort.field)) {
            (SortValue::Text(one), SortValue::Text(other)) => one.cmp(other),
            (SortValue::Number(one), SortValue::Number(other)) => one.cmp(&other),
            _ => unreachable!("one field has values of one kind"),
        };
        missing(one)
            .cmp(&missing(other))
            .then(if sort.descending { order.reverse() } else { order })
            .then(one.id.cmp(&other.id))
    });
}

/// The built-in group and another one.
const GROUPS: [i64; 2] = [0, 5];

const WORDS: [&str; 10] = ["Anna", "BERT", "żółw", "Straße", "王", "o'neil", "%", "an", "Berlin", "12"];

fn any_word(random: &mut StdRng) -> String {
    let word = *WORDS.choose(random).unwrap();
    if random.random_bool(0.3) {
        format!("{word} {}", WORDS.choose(random).unwrap())
    } else {
        word.to_owned()
    }
}

fn any_contact(random: &mut StdRng) -> shopfolk_model::NewContact {
    let contact_type = *[ContactType::Phone, ContactType::WhatsApp, ContactType::Other, ContactType::Url]
        .choose(random)
        .unwrap();
    of_type(contact_type, &format!("{} {}", any_word(random), random.random_range(0..200)))
}

fn any_change(random: &mut StdRng) -> CustomerChange {
    fn maybe<T>(random: &mut StdRng, value: impl FnOnce(&mut StdRng) -> T) -> FieldChange<T> {
        match random.random_range(0..4) {
            0 => FieldChange::Set(value(random)),
            1 => FieldChange::Clear,
            _ => FieldChange::Keep,
        }
    }
    fn place(random: &mut StdRng) -> WhereaboutsChange {
        WhereaboutsChange {
            company_name: maybe(random, |random| CompanyName::new(&any_word(random)).unwrap()),
            city: maybe(random, |random| City::new(&any_word(random)).unwrap()),
            postal_code: maybe(random, |random| PostalCode::new(&any_word(random)).unwrap()),
            state: maybe(random, |random| StateCode::new(&any_word(random)).unwrap()),
            country: maybe(random, any_country),
            phone: maybe(random, |random| {
                PhoneNumber::new(&random.random_range(0..999).to_string()).unwrap()
            }),
            ..WhereaboutsChange::default()
        }
    }
    CustomerChange {
        name: maybe(random, |random| CustomerName::new(&any_word(random)).unwrap()),
        details: CustomerDetailsChange {
            billing: place(random),
            tax_exempt: Some(random.random_bool(0.5)),
            kind: Some(*[CustomerKind::Business, CustomerKind::Consumer].choose(random).unwrap()),
            accept_marketing: maybe(random, |random| random.random_bool(0.5)),
            language: maybe(random, |random| ["en", "EN", "pt-BR"].choose(random).unwrap().parse().unwrap()),
            ..CustomerDetailsChange::default()
        },
        group: random.random_bool(0.3).then(|| group_id(*GROUPS.choose(random).unwrap())),
        addresses: random.random_bool(0.3).then(|| {
            vec![
                AddressEntry { whereabouts: place(random), ..AddressEntry::default() };
                random.random_range(0..3)
            ]
        }),
        ..CustomerChange::default()
    }
}

fn any_country(random: &mut StdRng) -> CountryCode {
    ["DE", "US", "PL"].choose(random).unwrap().parse().unwrap()
}

/// A search that asks one thing or two.
fn any_search(random: &mut StdRng) -> CustomerSearch {
    let mut search = CustomerSearch::default();
    for _ in 0..random.random_range(0..3) {
        let part = |random: &mut StdRng| {
            let word = any_word(random).to_lowercase();
            let length = word.chars().count();
            let from = random.random_range(0..length);
            let part: String = word.chars().skip(from).take(random.random_range(1..4)).collect();
            SearchText::optional(&part).unwrap()
        };
        let span = |random: &mut StdRng| -> Span<Timestamp> {
            let mut bound = |likely| random.random_bool(likely).then(|| at(random.random_range(0..60)));
            Span { from: bound(0.7), to: bound(0.4) }
        };
        match random.random_range(0..17) {
            0 => search.keyword = part(random),
            1 => search.name = part(random),
            2 => {
                search.email = text(["example1", "c1", "@", "EXAMPLE3.COM"].choose(random).unwrap())
                    .map(EmailFilter::Part);
            }
            3 => {
                let email =
                    format!("c{}@example{}.COM", random.random_range(0..50) * 7, random.random_range(0..7));
                search.email = Some(EmailFilter::Exactly(EmailAddress::new(&email).ok()));
            }
            4 => search.phone = PhoneDigits::optional(&random.random_range(0..150).to_string()).unwrap(),
            5 => search.city = part(random),
            6 => search.postal_code = part(random),
            7 => search.state = part(random),
            8 => search.company_name = part(random),
            9 => search.countries = Some((0..2).map(|_| any_country(random)).collect()),
            10 => {
                search.groups = Some(
                    GROUPS.map(group_id).into_iter().take(random.random_range(1..3)).collect::<BTreeSet<_>>(),
                );
            }
            11 => search.accept_marketing = Some(random.random_bool(0.5)),
            12 => search.language = Some(["en", "PT-br"].choose(random).unwrap().parse().unwrap()),
            13 => search.tax_exempt = Some(random.random_bool(0.5)),
            14 => search.kind = Some(CustomerKind::Business),
            15 => search.updated = span(random),
            _ => {
                let types = random.random_bool(0.5).then(|| {
                    [ContactType::Phone, ContactType::Email]
                        .into_iter()
                        .take(random.random_range(1..3))
                        .collect()
                });
                search.contact = Some(ContactFilter { text: part(random), types });
            }
        }
        if random.random_bool(0.05) {
            search.registered = span(random);
        }
    }
    search
}
