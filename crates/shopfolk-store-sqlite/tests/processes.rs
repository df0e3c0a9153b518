//! Several engines on one database, as a server and the commands beside it are.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Barrier;
use std::thread;

use shopfolk_operations::conformance::{
    STORE, any_calls_on, assert_every_promise_holds, contacts, create, create_customer, create_store, phone,
    shop,
};
use shopfolk_store::{Engine, StoreError};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

#[tokio::test]
async fn a_server_and_a_command_see_each_others_writes() {
    for seed in 0..4 {
        let directory = TempDir::new().unwrap();
        let command = SqliteSettings::new(directory.path().join("shop.db"));
        let recent_contacts = [3, 30, 3_000, 30_000][usize::try_from(seed).unwrap()];
        let server = SqliteSettings { serve: true, recent_contacts, ..command.clone() };
        let engines = [SqliteEngine::open(&server).unwrap(), SqliteEngine::open(&command).unwrap()];
        create_store(&engines[1], STORE).await;
        any_calls_on(&engines, seed, 800).await;
        for engine in engines {
            assert_every_promise_holds(&engine).await;
            engine.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_contact_created_beside_a_server_takes_the_next_place_and_id() {
    let directory = TempDir::new().unwrap();
    let command = SqliteSettings::new(directory.path().join("shop.db"));
    let server = SqliteSettings { serve: true, ..command.clone() };
    let server = SqliteEngine::open(&server).unwrap();
    let customer = shop(&server).await;
    let command = SqliteEngine::open(&command).unwrap();
    let mut last = create(&server, customer, phone("0")).await;
    for number in 1..20 {
        let engine = if number % 2 == 0 { &server } else { &command };
        let next = create(engine, customer, phone(&number.to_string())).await;
        assert_eq!(next.order_by.get(), last.order_by.get() + 1);
        assert!(next.id > last.id);
        last = next;
    }
    assert_eq!(contacts(&server, customer).await.len(), 21);
    assert_every_promise_holds(&server).await;
    command.close().await.unwrap();
    server.close().await.unwrap();
}

#[tokio::test]
async fn a_second_server_on_a_database_is_refused_until_the_first_has_ended() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings { serve: true, ..SqliteSettings::new(directory.path().join("shop.db")) };
    let first = SqliteEngine::open(&settings).unwrap();
    match SqliteEngine::open(&settings) {
        Err(StoreError::Unavailable { reason }) => assert!(reason.contains("another server"), "{reason}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("a second server was let in"),
    }
    first.close().await.unwrap();
    SqliteEngine::open(&settings).unwrap().close().await.unwrap();
}

#[test]
fn a_new_database_may_be_opened_many_times_at_once() {
    for _ in 0..40 {
        let directory = TempDir::new().unwrap();
        let settings = SqliteSettings::new(directory.path().join("shop.db"));
        let together = Barrier::new(6);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    together.wait();
                    SqliteEngine::open(&settings).unwrap();
                });
            }
        });
    }
}

#[tokio::test]
async fn a_missing_database_is_not_created_unless_asked_for() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings { create: false, ..SqliteSettings::new(directory.path().join("none.db")) };
    assert!(SqliteEngine::open(&settings).is_err());
    assert!(!settings.path.exists());
}

#[tokio::test]
async fn a_command_tells_a_server_when_it_settled_what_the_server_keeps_in_mind_and_only_then() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shop.db");
    let command = SqliteSettings::new(&path);
    let server = SqliteEngine::open(&SqliteSettings { serve: true, ..command.clone() }).unwrap();
    let (customer, other) = (shop(&server).await, create_customer(&server, "other@example.com").await);
    create(&server, customer, phone("1")).await;
    let told = || {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0)).unwrap()
    };
    let command = SqliteEngine::open(&command).unwrap();
    let before = told();
    create(&command, other, phone("2")).await;
    assert_eq!(told(), before);
    create(&command, customer, phone("3")).await;
    assert_eq!(told(), before + 1);
    create(&server, customer, phone("4")).await;
    create(&command, customer, phone("5")).await;
    assert_eq!(told(), before + 2);
    for engine in [server, command] {
        assert_eq!(contacts(&engine, customer).await.len(), 5);
        assert_every_promise_holds(&engine).await;
        engine.close().await.unwrap();
    }
}
