//! `check` finds what is broken: each promise is broken by hand, and named.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use shopfolk_operations::conformance::{create, default_phone, phone, shop};
use shopfolk_store::{Engine, Invariant, Violation};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

/// Makes a small shop, breaks it with SQL while no engine runs, and answers what a check finds.
async fn found_after(sql: &str) -> Vec<Violation> {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings { serve: true, ..SqliteSettings::new(directory.path().join("shop.db")) };
    let engine = SqliteEngine::open(&settings).unwrap();
    let customer = shop(&engine).await;
    create(&engine, customer, default_phone("1")).await;
    create(&engine, customer, phone("2")).await;
    engine.close().await.unwrap();

    let database = rusqlite::Connection::open(&settings.path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    database.execute_batch(sql).unwrap();
    drop(database);

    let engine = SqliteEngine::open(&SqliteSettings::new(&settings.path)).unwrap();
    let violations = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&violations);
    engine.check(move |violation| found.lock().unwrap().push(violation)).await.unwrap();
    engine.close().await.unwrap();
    violations.lock().unwrap().clone()
}

async fn assert_found(sql: &str, invariant: Invariant) {
    let found = found_after(sql).await;
    assert!(found.iter().any(|violation| violation.invariant == invariant), "{sql}: {found:#?}");
}

#[tokio::test]
async fn a_sound_database_has_no_violation() {
    assert_eq!(found_after("").await, []);
}

#[tokio::test]
async fn rows_of_a_missing_store_or_customer_are_found() {
    for sql in [
        "UPDATE customers SET store_id = 4711",
        "UPDATE events SET store_id = 4711",
        "UPDATE contacts SET customer_id = 4711 WHERE contact = '2' OR contact_key = '2'",
    ] {
        assert_found(sql, Invariant::TenantsApart).await;
    }
}

#[tokio::test]
async fn a_second_default_is_found_wherever_it_lies() {
    for sql in [
        "DROP INDEX contacts_one_default; UPDATE contacts SET is_default = 1",
        "INSERT INTO recent_contacts VALUES (1003, 1000, 1, 2, '9', NULL, NULL, 1, 9, 9, 9)",
    ] {
        assert_found(sql, Invariant::OneDefaultPerType).await;
    }
}

#[tokio::test]
async fn equal_contacts_are_found_wherever_they_lie() {
    for sql in [
        "INSERT INTO recent_contacts VALUES (1003, 1000, 1, 2, '(2)', NULL, NULL, 0, 9, 9, 9)",
        "INSERT INTO recent_contacts VALUES (1003, 1000, 1, 2, '(3)', NULL, NULL, 0, 9, 9, 9),
                                           (1003, 1001, 1, 2, '3', NULL, NULL, 0, 9, 9, 9)",
    ] {
        assert_found(sql, Invariant::NoEqualContacts).await;
    }
}

#[tokio::test]
async fn columns_that_do_not_follow_from_others_are_found() {
    for sql in [
        "UPDATE contacts SET contact = '(1)' WHERE contact_key = '2'",
        "UPDATE customers SET email_key = 'other@example.com'",
        "UPDATE contacts SET contact_type = 99 WHERE contact_key = '2'",
    ] {
        assert_found(sql, Invariant::RowsSound).await;
    }
}

#[tokio::test]
async fn searches_that_look_through_something_else_are_found() {
    for sql in [
        "DELETE FROM search_changed",
        "UPDATE search_added SET contacts = contacts + 1",
        "INSERT INTO search_blocks VALUES (1003, 99, 0, 1, NULL, NULL, x'')",
        "INSERT INTO search_changed VALUES (1003, 4711)",
    ] {
        assert_found(sql, Invariant::SearchesWhole).await;
    }
}

#[tokio::test]
async fn ids_that_would_be_given_again_are_found() {
    for sql in [
        "UPDATE counters SET next_contact_id = 2",
        "UPDATE counters SET next_customer_id = 1",
        "UPDATE contacts SET contact_id = 1",
        "DELETE FROM counters",
    ] {
        assert_found(sql, Invariant::IdsNeverReused).await;
    }
}

#[tokio::test]
async fn missing_and_surplus_events_are_found() {
    for sql in [
        "DELETE FROM events WHERE position = 2",
        "DELETE FROM events WHERE position = 3",
        "INSERT INTO events (store_id, position, event_type, entity_id, created) VALUES (1003, 9, 2, 1, 9)",
        "UPDATE events SET entity_id = 4711 WHERE event_type = 1",
        "UPDATE events SET event_type = 3 WHERE position = 3",
    ] {
        assert_found(sql, Invariant::EventForEveryChange).await;
    }
}

#[tokio::test]
async fn summaries_that_are_wrong_are_found() {
    for sql in [
        "UPDATE customers SET contact_count = 7",
        "UPDATE customers SET highest_order_by = 7",
        "DELETE FROM contacts WHERE contact_key = '2'",
        "UPDATE counters SET customer_count = 7",
        "UPDATE counters SET next_event_id = 7",
    ] {
        assert_found(sql, Invariant::SummariesRight).await;
    }
}
