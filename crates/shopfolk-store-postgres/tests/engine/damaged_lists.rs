//! Lists that one damaged row does not break: it is left out, and counted.

use shopfolk_model::{CustomerId, Money, OrderKey, OrderedProduct, ProductId, ShippingPlace};
use shopfolk_operations::conformance::{BY, STORE, at, shop};
use shopfolk_operations::{ListCustomerFilters, ListProducts, RecordOrder};
use shopfolk_store::Engine;
use shopfolk_store_postgres::PostgresEngine;

use crate::support::new_engine;

async fn order(engine: &PostgresEngine, customer: CustomerId, products: &[(i64, &str)]) {
    let product =
        |&(id, name): &(i64, &str)| OrderedProduct { id: ProductId::new(id).unwrap(), name: name.to_owned() };
    let order = RecordOrder {
        customer: Some(customer),
        email: None,
        total: Money::parse("1").unwrap(),
        created: at(5),
        products: products.iter().map(product).collect(),
        document: "{}".to_owned(),
        keys: vec![OrderKey::new("AAAAA").unwrap()],
        now: at(5),
    };
    engine.write(STORE, BY, order).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_damaged_row_is_left_out_and_counted() {
    let (engine, database) = new_engine().await;
    let anna = shop(&engine).await;
    order(&engine, anna, &[(3, "Tea"), (5, "Cup")]).await;
    database.psql("UPDATE order_products SET product_id = -1 WHERE product_id = 5");
    database.psql(&format!(
        "INSERT INTO customer_details (store_id, customer_id, document) VALUES ({STORE}, {anna}, 'none')"
    ));
    let products = engine.read(STORE, ListProducts { name: None }).await.unwrap();
    assert_eq!(products.items.iter().map(|product| product.id.get()).collect::<Vec<_>>(), [3]);
    assert_eq!(products.damaged, 1);
    let filters = engine.read(STORE, ListCustomerFilters).await.unwrap();
    assert_eq!((filters.places, filters.damaged), (Vec::<ShippingPlace>::new(), 1));
}
