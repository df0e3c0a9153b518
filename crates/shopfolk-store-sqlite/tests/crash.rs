//! What an abrupt end leaves behind: the files as they are while a server runs, opened by another.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use shopfolk_model::{ContactChange, ContactId, CustomerId};
use shopfolk_operations::conformance::{
    BY, STORE, assert_every_promise_holds, at, contacts, create, create_customer, default_phone, phone, shop,
    updated,
};
use shopfolk_operations::{ChangeContact, DeleteContact, DeleteCustomer, OperationError, ReadContacts};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn server(path: &Path, recent_contacts: usize) -> SqliteEngine {
    let settings = SqliteSettings { serve: true, recent_contacts, ..SqliteSettings::new(path) };
    SqliteEngine::open(&settings).unwrap()
}

/// Copies the database and its log as they are now, as a crash would leave them: nothing is closed or settled.
fn crash(database: &Path, directory: &TempDir, name: &str) -> PathBuf {
    let copy = directory.path().join(name);
    for suffix in ["", "-wal"] {
        let beside = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(beside(database), beside(&copy)).unwrap();
    }
    copy
}

#[tokio::test]
async fn every_answered_write_survives_a_crash_at_any_moment() {
    for recent_contacts in [2, 10, 1_000] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("shop.db");
        let engine = server(&path, recent_contacts);
        let first = shop(&engine).await;
        let second = create_customer(&engine, "second@example.com").await;
        let mut expected: BTreeMap<CustomerId, _> = BTreeMap::new();
        let mut created: Vec<ContactId> = Vec::new();
        for step in 0..60_i64 {
            let customer = if step % 3 == 0 { second } else { first };
            match step % 10 {
                7 => {
                    let change = ContactChange { default: Some(true), ..ContactChange::default() };
                    let contact = *created.last().unwrap();
                    let of = if (step - 1) % 3 == 0 { second } else { first };
                    engine
                        .write(STORE, BY, ChangeContact { customer: of, contact, change, now: at(step) })
                        .await
                        .unwrap();
                }
                8 => {
                    let contact = created.pop().unwrap();
                    let of = if (step - 2) % 3 == 0 { second } else { first };
                    engine
                        .write(STORE, BY, DeleteContact { customer: of, contact, now: at(step) })
                        .await
                        .unwrap();
                }
                5 => created.push(create(&engine, customer, default_phone(&step.to_string())).await.id),
                _ => created.push(create(&engine, customer, phone(&step.to_string())).await.id),
            }
            for customer in [first, second] {
                expected.insert(customer, contacts(&engine, customer).await);
            }
            let copy = server(&crash(&path, &directory, &format!("crash-{step}.db")), recent_contacts);
            for customer in [first, second] {
                assert_eq!(contacts(&copy, customer).await, expected[&customer], "step {step}");
                assert_eq!(updated(&copy, customer).await, updated(&engine, customer).await, "step {step}");
            }
            assert_every_promise_holds(&copy).await;
            // What was reloaded can be worked on, and its ids are not given again.
            let next = create(&copy, first, phone("after the crash")).await;
            assert!(created.iter().all(|&id| id < next.id));
            copy.close().await.unwrap();
        }
        engine.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_customer_deleted_before_a_crash_stays_deleted() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shop.db");
    let engine = server(&path, 1_000);
    let customer = shop(&engine).await;
    create(&engine, customer, phone("1")).await;
    engine.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await.unwrap();
    let copy = server(&crash(&path, &directory, "crash.db"), 1_000);
    let missing = copy.read(STORE, ReadContacts { customer, after: None }).await;
    assert!(matches!(missing, Err(OperationError::CustomerNotFound { .. })));
    assert_every_promise_holds(&copy).await;
    copy.close().await.unwrap();
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_database_is_one_file_with_everything_settled() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shop.db");
    let engine = server(&path, 1_000);
    let customer = shop(&engine).await;
    for number in 0..100 {
        create(&engine, customer, phone(&number.to_string())).await;
    }
    engine.close().await.unwrap();
    assert!(
        engine.read(STORE, ReadContacts { customer, after: None }).await.is_err(),
        "a closed engine takes no calls"
    );

    let alone = TempDir::new().unwrap();
    let copy = alone.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    let database = rusqlite::Connection::open(&copy).unwrap();
    let count = |table: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("recent_contacts"), count("contacts"), count("all_contacts")), (0, 101, 101));
}
