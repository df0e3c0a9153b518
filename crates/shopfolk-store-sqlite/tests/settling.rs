//! Moving recent contacts to the tables, when that fails halfway.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use rusqlite::Connection;
use shopfolk_model::{CustomerChange, CustomerName, FieldChange};
use shopfolk_operations::ChangeCustomer;
use shopfolk_operations::conformance::{BY, STORE, at, create, create_customer, phone, shop};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn open(path: &Path) -> SqliteEngine {
    SqliteEngine::open(&SqliteSettings::new(path)).unwrap()
}

#[tokio::test]
async fn settling_that_fails_halfway_leaves_nothing_behind() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shop.db");
    let engine = open(&path);
    let anna = shop(&engine).await;
    for text in ["1", "2"] {
        create(&engine, anna, phone(text)).await;
    }
    engine.close().await.unwrap();
    // The first of two recent contacts can be settled, the second is there already.
    let database = Connection::open(&path).unwrap();
    let make_recent =
        "INSERT INTO recent_contacts (store_id, contact_id, customer_id, contact_type, contact, handle, note,
                                                    is_default, order_by, timestamp, customer_updated)
                       SELECT store_id, contact_id, customer_id, contact_type, contact_key, handle, note,
                              is_default, order_by, timestamp, 2
                         FROM contacts WHERE contact_key IN ('1', '2');
                       DELETE FROM contacts WHERE contact_key = '1';
                       UPDATE customers SET settled_through = 1";
    database.execute_batch(make_recent).unwrap();
    let settled = "SELECT count(*) FROM contacts WHERE contact_key = '1'";
    let settled = || database.query_row(settled, [], |row| row.get::<_, i64>(0)).unwrap();

    let engine = open(&path);
    let name = FieldChange::Set(CustomerName::new("Anna").unwrap());
    let change = CustomerChange { name, ..CustomerChange::default() };
    engine.write(STORE, BY, ChangeCustomer { customer: anna, change, now: at(3) }).await.unwrap_err();
    assert_eq!(settled(), 0);
    create_customer(&engine, "neighbour@example.com").await;
    assert_eq!(settled(), 0);
}
