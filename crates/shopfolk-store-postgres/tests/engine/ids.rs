//! Ids come in blocks: none is given twice, and few are lost.

use std::collections::HashSet;

use shopfolk_model::{CustomerId, EmailAddress};
use shopfolk_operations::conformance::{
    BY, STORE, assert_every_promise_holds, at, create, create_customer, create_store, import_of, phone, shop,
};
use shopfolk_operations::{ImportOutcome, ImportedCustomer};
use shopfolk_store::Engine;
use shopfolk_test_postgres::proxy::Proxy;
use shopfolk_test_postgres::{PgBouncer, PostgresServer};
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

/// The import is held before each of its questions to the database in turn, and another node creates customers meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_an_import_keeps_are_given_by_no_other_node() {
    const LINES: i64 = 40;
    const CREATED: i64 = 20;
    let (other, database) = new_engine().await;
    create_store(&other, STORE).await;
    let proxy = Proxy::start(database.address());
    let importer = open(&database.url_through(&proxy)).await;
    let (mut ids, mut expected) = (HashSet::new(), 0);
    for step in 0.. {
        let next: i64 = database.psql("SELECT next_customer_id FROM counters").trim().parse().unwrap();
        let line = |number: i64| ImportedCustomer {
            id: CustomerId::new(next + number).ok(),
            email: EmailAddress::new(&format!("line{number}.{step}@example.com")).ok(),
            ..ImportedCustomer::default()
        };
        let customers = (0..LINES).map(line).collect();
        let import = import_of(customers, at(1));
        proxy.hold_after(step);
        let node = importer.clone();
        let importing = tokio::spawn(async move { node.write(STORE, BY, import).await.unwrap() });
        while !proxy.holds() && !importing.is_finished() {
            tokio::task::yield_now().await;
        }
        let was_held = proxy.holds();
        for number in 0..CREATED {
            let id = create_customer(&other, &format!("created{number}.{step}@example.com")).await;
            assert!(ids.insert(id), "id {id} was given twice");
        }
        proxy.let_go();
        for outcome in importing.await.unwrap() {
            let ImportOutcome::Created(id) = outcome.outcome else { panic!("{outcome:?}") };
            assert!(ids.insert(id), "id {id} was given twice");
        }
        expected += LINES + CREATED;
        if !was_held {
            assert!(step > 3, "an import asks more often");
            assert!((next..next + LINES).all(|id| ids.contains(&CustomerId::new(id).unwrap())));
            break;
        }
    }
    assert_eq!(i64::try_from(ids.len()).unwrap(), expected);
    assert_every_promise_holds(&other).await;
}

/// Behind a pooler ids are reserved before the transaction, and the import is run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_behind_a_pooler_keeps_its_ids() {
    if !PgBouncer::is_installed() {
        println!("left out: PgBouncer is not installed");
        return;
    }
    let (engine, database) = new_engine().await;
    create_store(&engine, STORE).await;
    let pooler = PgBouncer::start(PostgresServer::shared());
    let importer = open(&pooler.url(&database)).await;
    for portion in [100..110, 200..210, 150..160] {
        let ids: Vec<_> = portion.map(|number| CustomerId::new(number).unwrap()).collect();
        let line = |&id: &CustomerId| ImportedCustomer {
            id: Some(id),
            email: EmailAddress::new(&format!("line{id}@example.com")).ok(),
            ..ImportedCustomer::default()
        };
        let customers = ids.iter().map(line).collect();
        let import = import_of(customers, at(1));
        let kept = importer
            .write(STORE, BY, import)
            .await
            .unwrap()
            .into_iter()
            .zip(&ids)
            .all(|(line, wanted)| matches!(line.outcome, ImportOutcome::Created(id) if id == *wanted));
        assert_eq!(kept, ids[0].get() != 150, "only ids above all that were given are kept");
    }
    assert_every_promise_holds(&engine).await;
}
