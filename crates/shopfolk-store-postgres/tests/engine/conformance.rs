//! The suite that every engine passes.

use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

use crate::support::new_engine;

shopfolk_operations::conformance_tests!(new_engine().await);

/// An embedded engine, and its directory.
fn new_sqlite_engine() -> (SqliteEngine, TempDir) {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings::new(directory.path().join("shop.db"));
    (SqliteEngine::open(&settings).unwrap(), directory)
}

mod copies_from_sqlite {
    shopfolk_operations::copy_tests!(super::new_sqlite_engine(); super::new_engine().await);
}

mod copies_to_sqlite {
    shopfolk_operations::copy_tests!(super::new_engine().await; super::new_sqlite_engine());
}

/// Several nodes on one database, each asked at random: what one wrote, the others see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_calls_on_three_nodes_end_as_in_the_model() {
    use shopfolk_operations::conformance::{STORE, any_calls_on, assert_every_promise_holds, create_store};

    let (first, database) = new_engine().await;
    let nodes =
        [first, crate::support::open(&database.url()).await, crate::support::open(&database.url()).await];
    create_store(&nodes[0], STORE).await;
    any_calls_on(&nodes, 7, 600).await;
    assert_every_promise_holds(&nodes[0]).await;
}
