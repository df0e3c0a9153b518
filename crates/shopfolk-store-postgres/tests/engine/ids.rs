//! Ids come in blocks: none is given twice, and few are lost.

use std::collections::HashSet;

use shopfolk_operations::conformance::{STORE, create, create_customer, create_store, phone, shop};
use shopfolk_store::Engine;
use tokio::task::JoinSet;

use crate::support::{new_engine, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_never_give_an_id_twice() {
    let (first, database) = new_engine().await;
    create_store(&first, STORE).await;
    let nodes = [first, open(&database.url()).await, open(&database.url()).await];
    let mut writes = JoinSet::new();
    for number in 0..90 {
        let node = nodes[number % nodes.len()].clone();
        writes.spawn(async move {
            let customer = create_customer(&node, &format!("{number}@example.com")).await;
            (customer, create(&node, customer, phone("1")).await.id)
        });
    }
    let ids = writes.join_all().await;
    assert_eq!(ids.iter().map(|(customer, _)| customer).collect::<HashSet<_>>().len(), 90);
    assert_eq!(ids.iter().map(|(_, contact)| contact).collect::<HashSet<_>>().len(), 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_in_order_loses_no_ids() {
    let (engine, database) = new_engine().await;
    let customer = shop(&engine).await;
    engine.close().await.unwrap();
    for start in 0..5 {
        let engine = open(&database.url()).await;
        create(&engine, customer, phone(&start.to_string())).await;
        engine.close().await.unwrap();
    }
    let next = database.psql("SELECT next_customer_id, next_contact_id FROM counters");
    assert_eq!(next.trim(), "2|7", "a customer, its e-mail and five phones");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_crashes_without_writing_loses_no_ids() {
    let (engine, database) = new_engine().await;
    let customer = shop(&engine).await;
    engine.close().await.unwrap();
    let before = database.psql("SELECT * FROM counters");
    for _ in 0..5 {
        let engine = open(&database.url()).await;
        // Read, and gone without a word.
        shopfolk_operations::conformance::contacts(&engine, customer).await;
        drop(engine);
    }
    assert_eq!(database.psql("SELECT * FROM counters"), before);
}
