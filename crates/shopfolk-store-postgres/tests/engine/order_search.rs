//! What searches look at of orders: folded where a release before this one has not, and found by an index.

use shopfolk_model::{OrderSearch, SearchText};
use shopfolk_operations::conformance::{STORE, create_store};
use shopfolk_operations::{SearchOrders, WantedOfOrders};
use shopfolk_store::{Engine, PageRequest};
use shopfolk_test_postgres::TestDatabase;

use crate::support::{new_engine, open};

/// Writes orders as releases before this one did: without the folded address.
fn write_orders(database: &TestDatabase, first: u32, last: u32, address: &str) {
    database.psql(&format!(
        "INSERT INTO orders (store_id, order_number, order_key, email, email_key, total, created, document)
         SELECT {STORE}, number, 'A' || lpad(number::text, 6, '0'), '{address}', '{address}', 0, 1, '{{}}'
           FROM generate_series({first}, {last}) AS number"
    ));
}

async fn found(engine: &impl Engine, keywords: &str) -> u64 {
    let search = OrderSearch { keywords: SearchText::optional(keywords).unwrap(), ..OrderSearch::default() };
    let page = PageRequest::at(0, 0);
    engine.read(STORE, SearchOrders { search, page, wanted: WantedOfOrders::Everything }).await.unwrap().total
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_an_earlier_release_are_folded_when_a_node_starts() {
    let (first, database) = new_engine().await;
    create_store(&first, STORE).await;
    write_orders(&database, 1, 1_200, "straße@example.com");
    write_orders(&database, 1_201, 1_300, "anna@example.com");
    assert_eq!(found(&first, "STRASSE").await, 0, "they are as such a release wrote them");
    let second = open(&database.url()).await;
    assert_eq!(found(&second, "STRASSE").await, 1_200);
    assert_eq!(found(&second, "anna@").await, 100);
    let folded = database.psql("SELECT count(*) FROM orders WHERE folded IS NOT NULL");
    assert_eq!(folded.trim(), "1200", "what is all ASCII needs none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_an_order_is_found_by_the_index() {
    let (engine, database) = new_engine().await;
    create_store(&engine, STORE).await;
    write_orders(&database, 1, 20_000, "anna@example.com");
    write_orders(&database, 20_001, 20_010, "wanted@example.org");
    // Entries that the index has not taken in yet make it look dear; a server takes them in by itself.
    database.psql("VACUUM ANALYZE orders");
    let plan = database.psql(&format!(
        "EXPLAIN SELECT order_number FROM orders
          WHERE store_id = {STORE}
            AND (lower(order_key) || chr(1) || order_number::text || chr(1) || coalesce(folded, email_key)) LIKE '%wanted@%'"
    ));
    assert!(plan.contains("orders_by_text"), "{plan}");
    assert_eq!(found(&engine, "WANTED@").await, 10);
}
