//! Portions of which no row can be read.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use shopfolk_operations::conformance::{
    import_takes_the_lines_beside_those_of_damaged_customers,
    rebuild_and_token_list_go_on_behind_damaged_portions, walks_go_on_behind_damaged_portions,
};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn open(directory: &Path) -> SqliteEngine {
    SqliteEngine::open(&SqliteSettings::new(directory.join("shop.db"))).unwrap()
}

/// Runs SQL while no engine does, and looks at no foreign key.
async fn run_sql(directory: &Path, engine: SqliteEngine, sql: &str) -> SqliteEngine {
    engine.close().await.unwrap();
    let database = rusqlite::Connection::open(directory.join("shop.db")).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    database.execute_batch(sql).unwrap();
    open(directory)
}

#[tokio::test]
async fn walks_and_copies_go_on_behind_them() {
    let (directory, other_directory) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (engine, to) = (open(directory.path()), open(other_directory.path()));
    let run_sql = async |engine, sql: &str| run_sql(directory.path(), engine, sql).await;
    let engine = walks_go_on_behind_damaged_portions(engine, to, run_sql).await;
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_rebuild_and_the_list_of_tokens_go_on_behind_them() {
    let directory = TempDir::new().unwrap();
    let clear = "DELETE FROM search_blocks; DELETE FROM search_changed; DELETE FROM search_added";
    let run_sql = async |engine, sql: &str| run_sql(directory.path(), engine, sql).await;
    let engine =
        rebuild_and_token_list_go_on_behind_damaged_portions(open(directory.path()), clear, run_sql).await;
    engine.close().await.unwrap();
}

#[tokio::test]
async fn an_import_takes_the_lines_beside_them() {
    let directory = TempDir::new().unwrap();
    let run_sql = async |engine, sql: &str| run_sql(directory.path(), engine, sql).await;
    let engine =
        import_takes_the_lines_beside_those_of_damaged_customers(open(directory.path()), run_sql).await;
    engine.close().await.unwrap();
}
