//! Lists that one damaged row does not break: it is left out, and counted.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use shopfolk_model::{
    CustomerId, EmailAddress, Money, OrderKey, OrderSearch, OrderedProduct, ProductId, SearchText,
    ShippingPlace,
};
use shopfolk_operations::conformance::{BY, STORE, at, create_customer, shop};
use shopfolk_operations::{ListCustomerFilters, ListProducts, RecordOrder, SearchOrders, WantedOfOrders};
use shopfolk_store::{Engine, PageRequest};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn open(directory: &Path) -> SqliteEngine {
    SqliteEngine::open(&SqliteSettings::new(directory.join("shop.db"))).unwrap()
}

async fn order(engine: &SqliteEngine, customer: CustomerId, key: &str, product: (i64, &str)) {
    let (id, name) = (ProductId::new(product.0).unwrap(), product.1.to_owned());
    let order = RecordOrder {
        customer: Some(customer),
        email: EmailAddress::new("guest@example.com").ok(),
        total: Money::parse("1").unwrap(),
        created: at(5),
        products: vec![OrderedProduct { id, name }],
        document: "{}".to_owned(),
        keys: vec![OrderKey::new(key).unwrap()],
        now: at(5),
    };
    engine.write(STORE, BY, order).await.unwrap();
}

#[tokio::test]
async fn one_damaged_row_is_left_out_and_counted() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path());
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    order(&engine, anna, "AAAAA", (3, "Tea")).await;
    order(&engine, bert, "BBBBB", (5, "Cup")).await;
    order(&engine, bert, "CCCCC", (5, "Cup")).await;
    engine.close().await.unwrap();
    let database = rusqlite::Connection::open(directory.path().join("shop.db")).unwrap();
    let damage = format!(
        "UPDATE customers SET name = CAST(x'ff' AS TEXT) WHERE customer_id = {bert};
         UPDATE order_products SET name = CAST(x'ff' AS TEXT) WHERE product_id = 5;
         INSERT INTO customer_details (store_id, customer_id, document) VALUES ({STORE}, {bert}, 'none')"
    );
    database.execute_batch(&damage).unwrap();
    let engine = open(directory.path());

    let page = PageRequest::at(0, 100);
    for (buyer, expected) in [("anna", 1), ("bert", 0)] {
        let search = OrderSearch { buyer: SearchText::optional(buyer).unwrap(), ..OrderSearch::default() };
        let found = engine
            .read(STORE, SearchOrders { search, page, wanted: WantedOfOrders::Everything })
            .await
            .unwrap();
        assert_eq!((found.first.items.len(), found.total), (expected, expected as u64), "{buyer}");
        assert_eq!(found.damaged, 1, "the customer with two orders is one row");
    }
    let products = engine.read(STORE, ListProducts { name: None }).await.unwrap();
    assert_eq!(products.items.iter().map(|product| product.id.get()).collect::<Vec<_>>(), [3]);
    assert_eq!(products.damaged, 1);
    let filters = engine.read(STORE, ListCustomerFilters).await.unwrap();
    assert_eq!((filters.places, filters.damaged), (Vec::<ShippingPlace>::new(), 1));
}
