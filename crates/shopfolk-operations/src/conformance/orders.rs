//! Orders, and what they amount to.

use shopfolk_model::{
    CustomerId, CustomerSearch, CustomerSort, EmailAddress, Money, OrderKey, OrderNumber, OrderSearch,
    OrderStatistics, OrderedProduct, ProductId, SearchText, SortField, Span,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use crate::{
    DeleteCustomer, DeleteOrder, GetOrder, ListCustomerFilters, ListProducts, OperationError, OrderName,
    RecordOrder, SearchCustomerIds, SearchOrders, WantedOfOrders,
};

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

pub(super) fn order(key: &str, total: &str, created: i64) -> RecordOrder {
    RecordOrder {
        customer: None,
        email: None,
        total: money(total),
        created: at(created),
        products: Vec::new(),
        document: format!(r#"{{"total":{total}}}"#),
        keys: vec![OrderKey::new(key).unwrap()],
        now: at(9),
    }
}

fn bought(products: &[(i64, &str)]) -> Vec<OrderedProduct> {
    let product =
        |&(id, name): &(i64, &str)| OrderedProduct { id: ProductId::new(id).unwrap(), name: name.to_owned() };
    products.iter().map(product).collect()
}

pub(super) async fn record<E: Engine>(engine: &E, order: RecordOrder) -> OrderNumber {
    engine.write(STORE, BY, order).await.unwrap().0
}

async fn statistics<E: Engine>(engine: &E, customer: CustomerId) -> OrderStatistics {
    whole_customer(engine, STORE, customer).await.unwrap().customer.orders
}

pub(super) async fn numbers<E: Engine>(engine: &E, search: OrderSearch) -> Vec<OrderNumber> {
    let page = PageRequest::at(0, 100);
    let found =
        engine.read(STORE, SearchOrders { search, page, wanted: WantedOfOrders::Everything }).await.unwrap();
    assert_eq!(found.total, found.first.items.len() as u64);
    found.first.items.into_iter().map(|order| order.number).collect()
}

pub async fn order_is_found_by_number_and_key<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let new = RecordOrder {
        customer: Some(anna),
        products: bought(&[(3, "Tea"), (5, "Cup")]),
        ..order("EG4H2", "12.50", 5)
    };
    let number = record(&engine, new).await;
    for name in [OrderName::Number(number), OrderName::Key(OrderKey::new("EG4H2").unwrap())] {
        let found = engine.read(STORE, GetOrder { order: name }).await.unwrap();
        assert_eq!((found.number, found.customer, found.total), (number, Some(anna), money("12.5")));
        assert_eq!((found.email, found.created), (email("anna@example.com"), at(5)));
        assert_eq!(
            (found.products, found.document.as_str()),
            (bought(&[(3, "Tea"), (5, "Cup")]), r#"{"total":12.50}"#)
        );
    }
    let unknown = OrderName::Key(OrderKey::new("AAAAA").unwrap());
    let refused = engine.read(STORE, GetOrder { order: unknown }).await.unwrap_err();
    assert_eq!(refused.to_string(), "Order 'AAAAA' not found");
}

pub async fn orders_of_a_known_email_take_no_ids_of_customers_and_contacts<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let contact = create(&engine, anna, phone("1")).await.id;
    for number in 0..5 {
        let email = Some(email("anna@example.com"));
        record(&engine, RecordOrder { email, ..order(&format!("AAAA{number}"), "1", 5) }).await;
    }
    assert_eq!(statistics(&engine, anna).await.orders, 5);
    assert_eq!(create_customer(&engine, "bert@example.com").await.get(), anna.get() + 1);
    assert_eq!(
        create(&engine, anna, phone("2")).await.id.get(),
        contact.get() + 2,
        "Bert has one of his own"
    );
}

pub async fn order_of_an_unknown_email_creates_a_guest<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let known = RecordOrder { email: Some(email("ANNA@example.com")), ..order("AAAAA", "1", 5) };
    record(&engine, known).await;
    assert_eq!(statistics(&engine, anna).await.orders, 1);
    let guest = RecordOrder { email: Some(email("guest@example.com")), ..order("BBBBB", "2", 5) };
    let number = record(&engine, guest).await;
    let guest = engine.read(STORE, GetOrder { order: OrderName::Number(number) }).await.unwrap();
    let customer = whole_customer(&engine, STORE, guest.customer.unwrap()).await.unwrap();
    assert_eq!(customer.customer.email, Some(email("guest@example.com")));
    assert_eq!((customer.contacts.contacts().len(), customer.customer.orders.orders), (1, 1));
    let nobody = engine.write(STORE, BY, order("CCCCC", "1", 5)).await.unwrap_err();
    assert!(matches!(nobody, OperationError::NobodyOrdered), "{nobody}");
    let unknown = RecordOrder { customer: Some(customer_id(99)), ..order("CCCCC", "1", 5) };
    let unknown = engine.write(STORE, BY, unknown).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no customer #99");
}

pub async fn statistics_follow_orders_that_come_and_go<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let mut placed = Vec::new();
    for (key, total, created) in [("AAAAA", "10.10", 50), ("BBBBB", "20", 30), ("CCCCC", "0.05", 40)] {
        placed
            .push(record(&engine, RecordOrder { customer: Some(anna), ..order(key, total, created) }).await);
    }
    let expected =
        OrderStatistics { orders: 3, sales: money("30.15"), first: Some(at(30)), last: Some(at(50)) };
    assert_eq!(statistics(&engine, anna).await, expected);
    assert_eq!(updated(&engine, anna).await, at(9));
    let delete = |number| DeleteOrder { order: OrderName::Number(number), now: at(10) };
    engine.write(STORE, BY, delete(placed[1])).await.unwrap();
    let expected =
        OrderStatistics { orders: 2, sales: money("10.15"), first: Some(at(40)), last: Some(at(50)) };
    assert_eq!(statistics(&engine, anna).await, expected);
    engine.write(STORE, BY, delete(placed[1])).await.unwrap_err();
    for number in [placed[0], placed[2]] {
        engine.write(STORE, BY, delete(number)).await.unwrap();
    }
    assert_eq!(statistics(&engine, anna).await, OrderStatistics::default());
    let again = record(&engine, RecordOrder { customer: Some(anna), ..order("AAAAA", "1", 5) }).await;
    assert!(!placed.contains(&again), "numbers are never given again");
}

pub async fn taken_key_gives_way_to_the_next<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    record(&engine, RecordOrder { customer: Some(anna), ..order("AAAAA", "1", 5) }).await;
    let two = ["AAAAA", "BBBBB"].map(|key| OrderKey::new(key).unwrap());
    let new = RecordOrder { customer: Some(anna), keys: two.to_vec(), ..order("AAAAA", "1", 5) };
    assert_eq!(engine.write(STORE, BY, new).await.unwrap().1, two[1]);
    let new = RecordOrder { customer: Some(anna), ..order("AAAAA", "1", 5) };
    engine.write(STORE, BY, new).await.unwrap_err();
    assert_eq!(statistics(&engine, anna).await.orders, 2);
}

pub async fn deleted_customer_leaves_its_orders<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let new = RecordOrder { customer: Some(anna), products: bought(&[(3, "Tea")]), ..order("AAAAA", "1", 5) };
    let number = record(&engine, new).await;
    engine.write(STORE, BY, DeleteCustomer { customer: anna, now: at(10) }).await.unwrap();
    let found = engine.read(STORE, GetOrder { order: OrderName::Number(number) }).await.unwrap();
    assert_eq!((found.customer, found.email), (None, email("anna@example.com")));
    assert_eq!(engine.read(STORE, ListProducts { name: None }).await.unwrap().items, []);
    engine.write(STORE, BY, DeleteOrder { order: OrderName::Number(number), now: at(11) }).await.unwrap();
}

pub async fn order_that_two_delete_at_once_is_deleted_once<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let mut placed = Vec::new();
    for number in 0..20 {
        let key = format!("AAA{number:02}");
        placed.push(record(&engine, RecordOrder { customer: Some(anna), ..order(&key, "1", 5) }).await);
    }
    // Nobody is locked for orders whose customer is gone.
    engine.write(STORE, BY, DeleteCustomer { customer: anna, now: at(10) }).await.unwrap();
    let before = engine.list_events(STORE, None, 1_000).await.unwrap().len();
    for &number in &placed {
        let name = OrderName::Number(number);
        let delete = || engine.write(STORE, BY, DeleteOrder { order: name, now: at(11) });
        let (one, other) = tokio::join!(delete(), delete());
        let refused = match (one, other) {
            (Ok(()), Err(refused)) | (Err(refused), Ok(())) => refused,
            outcomes => panic!("{outcomes:?}"),
        };
        assert!(matches!(refused, OperationError::OrderNotFound { .. }), "{refused}");
    }
    assert_eq!(engine.list_events(STORE, None, 1_000).await.unwrap().len(), before + placed.len());
}

pub async fn orders_are_listed_by_who_ordered<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let first = record(&engine, RecordOrder { customer: Some(anna), ..order("EG4H2", "1", 5) }).await;
    let bert = RecordOrder { email: Some(email("Bert@example.org")), ..order("J77J8", "2", 6) };
    let second = record(&engine, bert).await;
    let text = |text| SearchText::optional(text).unwrap();
    assert_eq!(numbers(&engine, OrderSearch::default()).await, [second, first]);
    for (filter, expected) in [
        (OrderSearch { email: Some(email("bert@EXAMPLE.org")), ..OrderSearch::default() }, vec![second]),
        (OrderSearch { customer: Some(anna), ..OrderSearch::default() }, vec![first]),
        (OrderSearch { buyer: text("ANNA"), ..OrderSearch::default() }, vec![first]),
        (OrderSearch { buyer: text("example"), ..OrderSearch::default() }, vec![second, first]),
        (OrderSearch { keywords: text("g4H"), ..OrderSearch::default() }, vec![first]),
        (OrderSearch { keywords: text(".org"), ..OrderSearch::default() }, vec![second]),
        (OrderSearch { customer: Some(anna), keywords: text(".org"), ..OrderSearch::default() }, vec![]),
    ] {
        assert_eq!(numbers(&engine, filter.clone()).await, expected, "{filter:?}");
    }
    let page = PageRequest::at(1, 1);
    let search = SearchOrders { search: OrderSearch::default(), page, wanted: WantedOfOrders::Everything };
    let found = engine.read(STORE, search).await.unwrap();
    assert_eq!((found.total, found.first.items[0].number), (2, first));
}

pub async fn orders_are_found_by_a_part_of_the_email_in_any_case_of_any_script<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut placed = Vec::new();
    for (key, address) in
        [("AAAAA", "straße@example.com"), ("BBBBB", "όσος@example.com"), ("CCCCC", "王İ@example.com")]
    {
        let new = RecordOrder { email: Some(email(address)), ..order(key, "1", 5) };
        placed.push(record(&engine, new).await);
    }
    let text = |text| SearchText::optional(text).unwrap();
    for (part, expected) in
        [("straße", placed[0]), ("STRASSE", placed[0]), ("ΌΣΟΣ@", placed[1]), ("王i\u{307}", placed[2])]
    {
        let found = OrderSearch { keywords: text(part), ..OrderSearch::default() };
        assert_eq!(numbers(&engine, found).await, [expected], "{part}");
        let found = OrderSearch { buyer: text(part), ..OrderSearch::default() };
        assert_eq!(numbers(&engine, found).await, [expected], "{part}");
    }
}

pub async fn search_finds_customers_by_their_orders<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let clara = create_customer(&engine, "clara@example.com").await;
    for (customer, key, total, created, product) in [
        (bert, "AAAAA", "10", 20, (3, "Green tea")),
        (bert, "BBBBB", "5.5", 40, (5, "Cup")),
        (clara, "CCCCC", "30", 30, (3, "Green tea")),
    ] {
        let products = bought(&[product]);
        record(&engine, RecordOrder { customer: Some(customer), products, ..order(key, total, created) })
            .await;
    }
    let found = async |search: CustomerSearch, sort: Option<(SortField, bool)>| {
        let sort = sort.map(|(field, descending)| CustomerSort { field, descending });
        engine.read(STORE, SearchCustomerIds { search, sort }).await.unwrap()
    };
    let all = CustomerSearch::default;
    let orders = |from, to| CustomerSearch { order_count: Span { from, to }, ..all() };
    assert_eq!(found(orders(Some(1), None), None).await, [bert, clara]);
    assert_eq!(found(orders(None, Some(1)), None).await, [anna, clara]);
    let worth = |from, to| CustomerSearch { sales_value: Span { from, to }, ..all() };
    assert_eq!(found(worth(Some(money("15.5")), Some(money("15.5"))), None).await, [bert]);
    let product = |ids: &[i64]| CustomerSearch {
        purchased_products: Some(ids.iter().map(|&id| ProductId::new(id).unwrap()).collect()),
        ..all()
    };
    assert_eq!(found(product(&[3]), None).await, [bert, clara]);
    assert_eq!(found(product(&[5, 7]), None).await, [bert]);
    assert_eq!(found(product(&[7]), None).await, []);
    assert_eq!(
        found(CustomerSearch { order_count: Span { from: Some(2), to: None }, ..product(&[3]) }, None).await,
        [bert]
    );
    for (field, ascending, descending) in [
        (SortField::OrderCount, [anna, clara, bert], [bert, clara, anna]),
        (SortField::SalesValue, [anna, bert, clara], [clara, bert, anna]),
        (SortField::FirstOrder, [bert, clara, anna], [clara, bert, anna]),
        (SortField::LastOrder, [clara, bert, anna], [bert, clara, anna]),
    ] {
        assert_eq!(found(all(), Some((field, false))).await, ascending, "{field:?}");
        assert_eq!(found(all(), Some((field, true))).await, descending, "{field:?}");
    }
    let filters = engine.read(STORE, ListCustomerFilters).await.unwrap();
    assert_eq!((filters.ordering.repeated, filters.ordering.one_time), (1, 1));
    let name = SearchText::optional("TEA").unwrap();
    assert_eq!(engine.read(STORE, ListProducts { name }).await.unwrap().items, bought(&[(3, "Green tea")]));
    assert_eq!(
        engine.read(STORE, ListProducts { name: None }).await.unwrap().items,
        bought(&[(5, "Cup"), (3, "Green tea")])
    );
}
