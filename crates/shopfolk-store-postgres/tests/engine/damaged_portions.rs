//! Portions of which no row can be read.

use shopfolk_operations::conformance::{
    import_takes_the_lines_beside_those_of_damaged_customers,
    rebuild_and_token_list_go_on_behind_damaged_portions, walks_go_on_behind_damaged_portions,
};
use shopfolk_store_postgres::PostgresEngine;
use shopfolk_test_postgres::TestDatabase;

use crate::support::new_engine;

/// Runs SQL, and looks at no foreign key.
fn run_sql(database: &TestDatabase, sql: &str) {
    database.psql(&format!("SET session_replication_role = replica; {sql}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walks_and_copies_go_on_behind_them() {
    let (engine, database) = new_engine().await;
    let (to, _other_database) = new_engine().await;
    let run_sql = async |engine: PostgresEngine, sql: &str| {
        run_sql(&database, sql);
        engine
    };
    walks_go_on_behind_damaged_portions(engine, to, run_sql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_and_the_list_of_tokens_go_on_behind_them() {
    let (engine, database) = new_engine().await;
    let clear = "DELETE FROM customer_search";
    let run_sql = async |engine: PostgresEngine, sql: &str| {
        run_sql(&database, sql);
        engine
    };
    rebuild_and_token_list_go_on_behind_damaged_portions(engine, clear, run_sql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_takes_the_lines_beside_them() {
    let (engine, database) = new_engine().await;
    let run_sql = async |engine: PostgresEngine, sql: &str| {
        run_sql(&database, sql);
        engine
    };
    import_takes_the_lines_beside_those_of_damaged_customers(engine, run_sql).await;
}
