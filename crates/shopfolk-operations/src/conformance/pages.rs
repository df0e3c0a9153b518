//! Pages that go on where the one before ended.

use rand::SeedableRng;
use rand::rngs::StdRng;
use shopfolk_model::{
    CustomerChange, CustomerId, CustomerSearch, CustomerSort, EmailAddress, GroupFilter, GroupId, Money,
    OrderKey, OrderSearch, SearchText, SortField, StoreId,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use super::groups::{create_group, named};
use super::random_values::any_change;
use crate::{
    ChangeCustomer, CustomerWithContacts, DeleteCustomer, DeleteOrder, ListDeletedCustomers, ListGroups,
    OrderName, RecordOrder, SearchCustomers, SearchOrders, Wanted, WantedOfOrders, delete_group,
};

/// Creates a customer about whom something is known, and sometimes orders.
async fn create_anybody<E: Engine>(engine: &E, random: &mut StdRng, number: i64) -> CustomerId {
    let id = create_customer(engine, &format!("c{number}@example.com")).await;
    let change = CustomerChange { email: None, ..any_change(random, &[GroupId::GENERAL]) };
    let now = at(10 + number % 7);
    engine.write(STORE, BY, ChangeCustomer { customer: id, change, now }).await.unwrap();
    if number % 3 == 0 {
        record_order(engine, random, Some(id), number).await;
    }
    id
}

async fn record_order<E: Engine>(
    engine: &E,
    random: &mut StdRng,
    customer: Option<CustomerId>,
    number: i64,
) -> OrderName {
    let order = RecordOrder {
        customer,
        email: EmailAddress::new("anna@example.com").ok().filter(|_| customer.is_none()),
        total: Money::from_units(number % 4 * 5_000),
        created: at(20 + number % 5),
        products: Vec::new(),
        document: "{}".to_owned(),
        keys: (0..3).map(|_| OrderKey::generate(random)).collect(),
        now: at(30),
    };
    OrderName::Number(engine.write(STORE, BY, order).await.unwrap().0)
}

/// The last customer of each page goes before the next page is read, and others come: whoever stays is met once, in order.
pub async fn pages_of_customers_go_on_whatever_comes_and_goes<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut random = StdRng::seed_from_u64(5);
    let mut number = 0;
    for _ in 0..20 {
        number += 1;
        create_anybody(&engine, &mut random, number).await;
    }
    let sorts = SortField::ALL
        .iter()
        .flat_map(|&field| [false, true].map(|descending| Some(CustomerSort { field, descending })));
    for sort in sorts.chain([None]) {
        for keyword in [None, SearchText::optional("example").unwrap()] {
            let search = CustomerSearch { keyword, ..CustomerSearch::default() };
            let read = async |page| {
                let wanted =
                    SearchCustomers { search: search.clone(), sort, page, wanted: Wanted::Customers };
                engine.read(STORE, wanted).await.unwrap()
            };
            let ids_of = |items: &[CustomerWithContacts]| {
                items.iter().map(|item| item.customer.id).collect::<Vec<_>>()
            };
            let before = ids_of(&read(PageRequest::at(0, 100)).await.first.items);
            let (mut met, mut gone) = (Vec::new(), Vec::new());
            let mut page = PageRequest::at(0, 4);
            loop {
                let answer = read(page).await;
                let ids = ids_of(&answer.first.items);
                met.extend(ids.clone());
                let Some(next) = answer.next else { break };
                assert_eq!(next.id, ids[3]);
                engine.write(STORE, BY, DeleteCustomer { customer: next.id, now: at(3) }).await.unwrap();
                gone.push(next.id);
                number += 1;
                create_anybody(&engine, &mut random, number).await;
                page = PageRequest::after(next, 4);
            }
            assert!(gone.len() > 3, "{sort:?}");
            // Those who were deleted were on a page before.
            met.retain(|id| before.contains(id));
            assert_eq!(met, before, "{sort:?}");
        }
    }
}

pub async fn pages_of_orders_go_on_whatever_comes_and_goes<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut random = StdRng::seed_from_u64(6);
    for number in 0..7 {
        record_order(&engine, &mut random, None, number).await;
    }
    for email in [None, EmailAddress::new("anna@example.com").ok()] {
        let search = OrderSearch { email, ..OrderSearch::default() };
        let read = async |page| {
            let found = engine
                .read(
                    STORE,
                    SearchOrders { search: search.clone(), page, wanted: WantedOfOrders::Everything },
                )
                .await
                .unwrap();
            (found.first.items.into_iter().map(|order| order.number).collect::<Vec<_>>(), found.next)
        };
        let (before, none) = read(PageRequest::at(0, 100)).await;
        assert!(none.is_none() && before.len() > 4);
        let (mut met, mut page) = (Vec::new(), PageRequest::at(0, 2));
        loop {
            let (numbers, next) = read(page).await;
            met.extend(numbers);
            let Some(next) = next else { break };
            let delete = DeleteOrder { order: OrderName::Number(next), now: at(40) };
            engine.write(STORE, BY, delete).await.unwrap();
            record_order(&engine, &mut random, None, 9).await;
            page = PageRequest::after(next, 2);
        }
        assert_eq!(met, before);
    }
}

pub async fn pages_of_deleted_customers_and_of_groups_go_on<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut gone = Vec::new();
    for number in 0..5 {
        let customer = create_customer(&engine, &format!("{number}@example.com")).await;
        let now = at(100 + number / 3);
        engine.write(STORE, BY, DeleteCustomer { customer, now }).await.unwrap();
        gone.push(customer);
    }
    let (mut met, mut page) = (Vec::new(), PageRequest::at(0, 2));
    loop {
        let list = ListDeletedCustomers { from: None, to: None, page, now: at(200) };
        let answer = engine.read(STORE, list).await.unwrap();
        assert_eq!(answer.total, gone.len() as u64);
        met.extend(answer.items.iter().map(|gone| gone.id));
        let Some(next) = answer.next else { break };
        assert_eq!(Some(&next), answer.items.last());
        // One more goes later, behind all the others.
        if gone.len() == 5 {
            let customer = create_customer(&engine, "late@example.com").await;
            engine.write(STORE, BY, DeleteCustomer { customer, now: at(150) }).await.unwrap();
            gone.push(customer);
        }
        page = PageRequest::after(next, 2);
    }
    assert_eq!(met, gone);

    for name in ["A", "B", "C"] {
        create_group(&engine, named(name)).await.unwrap();
    }
    let list = async |page| {
        let listed = engine.read(STORE, ListGroups { filter: GroupFilter::default(), page }).await.unwrap();
        (listed.items.into_iter().map(|group| group.id).collect::<Vec<_>>(), listed.next)
    };
    let (all, _) = list(PageRequest::at(0, 100)).await;
    let (first, next) = list(PageRequest::at(0, 2)).await;
    assert_eq!((first, next), (all[..2].to_vec(), Some(all[1])));
    delete_group(&engine, STORE, BY, all[1], || Ok(at(4))).await.unwrap();
    assert_eq!(list(PageRequest::after(all[1], 2)).await, (all[2..].to_vec(), None));
}

pub async fn stores_are_listed_page_by_page<E: Engine>(engine: E) {
    for number in [3, 1, 2] {
        create_store(&engine, StoreId::new(number).unwrap()).await;
    }
    let (mut met, mut page) = (Vec::new(), PageRequest::at(0, 2));
    loop {
        let answer = engine.list_stores(page).await.unwrap();
        assert_eq!(answer.total, 3);
        met.extend(answer.items.iter().map(|store| store.id.get()));
        let Some(next) = answer.next else { break };
        page = PageRequest::after(next, 2);
    }
    assert_eq!(met, [1, 2, 3]);
}
