//! A database in which no table is empty.

use std::path::Path;

use rusqlite::Connection;
use shopfolk_model::CustomerId;
use shopfolk_operations::conformance::{STORE, create, create_customer, default_phone, full_shop, phone};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

/// Tables that a server empties while it rests.
const WORK: [&str; 3] = ["recent_contacts", "search_added", "search_changed"];

/// Makes the database: most contacts are settled and most customers packed, some are not yet. Answers a customer whose rows
/// are not damaged.
pub fn shop_with_everything(path: &Path) -> CustomerId {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let directory = TempDir::new().unwrap();
        let settings =
            SqliteSettings { serve: true, ..SqliteSettings::new(directory.path().join("shop.db")) };
        let engine = SqliteEngine::open(&settings).unwrap();
        let customer = full_shop(&engine).await;
        let bystander = create_customer(&engine, "bystander@example.com").await;
        engine.close().await.unwrap();
        let engine = SqliteEngine::open(&settings).unwrap();
        engine.rebuild(|_| {}).await.unwrap();
        // A server at rest settles and packs: another try is made when that came in between.
        for attempt in 0.. {
            create(&engine, customer, phone(&format!("+1 {attempt}"))).await;
            create(&engine, customer, default_phone(&format!("+2 {attempt}"))).await;
            create_customer(&engine, &format!("late{attempt}@example.com")).await;
            let source = Connection::open(&settings.path).unwrap();
            let compared = "INSERT OR IGNORE INTO stores_with_old_keys VALUES (?1)";
            source.execute(compared, [STORE.get()]).unwrap();
            source.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
            if has_work(path) {
                break;
            }
            std::fs::remove_file(path).unwrap();
        }
        engine.close().await.unwrap();
        bystander
    })
}

fn has_work(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    WORK.iter().all(|table| {
        let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], count).unwrap() > 0
    })
}
