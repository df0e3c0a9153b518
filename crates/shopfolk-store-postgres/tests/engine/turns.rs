//! What takes long leaves connections to everything else, and to other stores.

use std::sync::Arc;

use shopfolk_model::StoreId;
use shopfolk_operations::GetStore;
use shopfolk_operations::conformance::{STORE, create_store, shop};
use shopfolk_store::{Engine, Length, ReadOperation, ReadTx, StoreError};
use shopfolk_store_postgres::{PostgresEngine, PostgresSettings};
use tokio::sync::{Semaphore, mpsc};

use crate::support::new_engine;

/// A long read that says that it has begun and waits until it may go on.
struct LongRead {
    begun: mpsc::UnboundedSender<StoreId>,
    store: StoreId,
    may_go_on: Arc<Semaphore>,
}

impl ReadOperation for LongRead {
    type Output = ();
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, _: &mut T) -> Result<(), StoreError> {
        self.begun.send(self.store).unwrap();
        self.may_go_on.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_reads_of_a_store_leave_places_to_others_and_connections_to_what_is_short() {
    let (first, database) = new_engine().await;
    let customer = shop(&first).await;
    let other = StoreId::new(2004).unwrap();
    create_store(&first, other).await;
    let settings =
        PostgresSettings { connections: 4, ..PostgresSettings::new(database.url().parse().unwrap()) };
    let engine = PostgresEngine::open(settings).await.unwrap();
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let may_go_on = Arc::new(Semaphore::new(0));
    let read = |store| {
        let (engine, begun, may_go_on) = (engine.clone(), begun.clone(), Arc::clone(&may_go_on));
        tokio::spawn(async move { engine.read(store, LongRead { begun, store, may_go_on }).await })
    };
    let mut reads: Vec<_> = (0..6).map(|_| read(STORE)).collect();
    assert_eq!(has_begun.recv().await, Some(STORE));
    reads.push(read(other));
    assert_eq!(has_begun.recv().await, Some(other), "one store never has the last place");
    assert!(engine.read(STORE, GetStore).await.unwrap().is_some());
    shopfolk_operations::conformance::create(&engine, customer, shopfolk_operations::conformance::phone("1"))
        .await;
    assert!(has_begun.is_empty(), "half of the connections are for long reads");
    may_go_on.add_permits(reads.len());
    for read in reads {
        read.await.unwrap().unwrap();
    }
    engine.close().await.unwrap();
    first.close().await.unwrap();
}
