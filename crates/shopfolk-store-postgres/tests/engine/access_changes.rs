//! Nodes hear of each other that tokens were revoked or a store was suspended.

use shopfolk_model::StoreId;
use shopfolk_operations::SetStoreSuspended;
use shopfolk_operations::conformance::{BY, STORE, at, create_store};
use shopfolk_store::{BackgroundTask, Engine};
use shopfolk_store_postgres::PostgresEngine;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::support::{new_engine, open};

/// Runs what a node runs beside requests, and tells of which stores it hears.
fn listen(engine: &PostgresEngine) -> (JoinSet<()>, UnboundedReceiver<Option<StoreId>>) {
    let (heard, changes) = unbounded_channel();
    engine.on_access_change(move |store| heard.send(store).unwrap());
    (engine.background().iter().map(BackgroundTask::begin).collect(), changes)
}

async fn suspend(engine: &PostgresEngine) {
    let suspend = SetStoreSuspended { id: STORE, suspended: true, now: at(3) };
    engine.write(STORE, BY, suspend).await.unwrap();
}

async fn resume(engine: &PostgresEngine) {
    let resume = SetStoreSuspended { id: STORE, suspended: false, now: at(4) };
    engine.write(STORE, BY, resume).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_hears_of_another_and_takes_all_as_changed_after_it_could_not_hear() {
    let (first, database) = new_engine().await;
    create_store(&first, STORE).await;
    let second = open(&database.url()).await;
    let (_working, mut changes) = listen(&second);
    assert_eq!(changes.recv().await, Some(None), "before it listened, anything may have happened");
    suspend(&first).await;
    assert_eq!(changes.recv().await, Some(Some(STORE)));

    database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()");
    assert_eq!(changes.recv().await, Some(None), "nor is it known what happened meanwhile");
    resume(&first).await;
    assert_eq!(changes.recv().await, Some(Some(STORE)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_last_is_told_and_nobody_listens_once_the_work_has_ended() {
    let (engine, database) = new_engine().await;
    engine.on_access_change(|_| panic!("another one has asked since"));
    let (mut working, mut changes) = listen(&engine);
    assert_eq!(changes.recv().await, Some(None));
    working.shutdown().await;
    let listening =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()";
    while database.psql(listening).trim() != "0" {
        tokio::task::yield_now().await;
    }
}
