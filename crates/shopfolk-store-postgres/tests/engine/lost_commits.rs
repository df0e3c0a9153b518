//! A connection that is lost while a commit is on its way: what became of it is looked up, never guessed.

use shopfolk_model::{CustomerId, EmailAddress};
use shopfolk_operations::conformance::{
    BY, STORE, assert_every_promise_holds, at, contacts, create_store, customer, customer_id, import_of,
    phone, phones, shop, try_create, whole_customer,
};
use shopfolk_operations::{
    ContactCreation, CreateCustomer, DeleteCustomer, ImportOutcome, Imported, ImportedCustomer,
    OperationError,
};
use shopfolk_store::Engine;
use shopfolk_store_postgres::PostgresEngine;
use shopfolk_test_postgres::TestDatabase;
use shopfolk_test_postgres::proxy::{Break, Proxy};

use crate::support::{new_database, open};

/// An engine whose connections go through a proxy.
async fn behind_proxy() -> (PostgresEngine, Proxy, TestDatabase) {
    let database = new_database();
    let proxy = Proxy::start(database.address());
    let url = database.url_through(&proxy);
    (open(&url).await, proxy, database)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_commit_was_lost_on_the_way_is_done_once() {
    for how in [Break::BeforeCommit, Break::AfterCommit] {
        let (engine, proxy, _database) = behind_proxy().await;
        let customer = shop(&engine).await;
        proxy.break_next(how);
        let created = try_create(&engine, customer, phone("1")).await.unwrap();
        let ContactCreation::Created(created) = created else { panic!("{how:?}: {created:?}") };
        assert!(proxy.has_broken());
        assert_eq!(phones(&engine, customer).await, [(*created).clone()], "{how:?}");
        assert_every_promise_holds(&engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_comes_late_is_waited_for() {
    let (engine, proxy, _database) = behind_proxy().await;
    let customer = shop(&engine).await;
    proxy.break_next(Break::CommitComesLate);
    let writer = engine.clone();
    let write = tokio::spawn(async move { try_create(&writer, customer, phone("1")).await });
    proxy.held().await;
    proxy.release();
    let created = write.await.unwrap().unwrap();
    let ContactCreation::Created(created) = created else { panic!("{created:?}") };
    assert_eq!(phones(&engine, customer).await, [(*created).clone()]);
    assert_every_promise_holds(&engine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_customer_is_not_told_that_its_own_email_is_in_use() {
    for how in [Break::BeforeCommit, Break::AfterCommit, Break::CommitComesLate] {
        let (engine, proxy, _database) = behind_proxy().await;
        create_store(&engine, STORE).await;
        proxy.break_next(how);
        let writer = engine.clone();
        let create = CreateCustomer { customer: customer("anna@example.com"), now: at(1) };
        let write = tokio::spawn(async move { writer.write(STORE, BY, create).await });
        if how == Break::CommitComesLate {
            proxy.held().await;
            proxy.release();
        }
        let id = write.await.unwrap().unwrap_or_else(|error| panic!("{how:?}: {error}"));
        assert_eq!(contacts(&engine, id).await.len(), 1, "{how:?}");
        assert_every_promise_holds(&engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_customer_is_not_said_to_be_missing() {
    for how in [Break::BeforeCommit, Break::AfterCommit, Break::CommitComesLate] {
        let (engine, proxy, _database) = behind_proxy().await;
        let customer = shop(&engine).await;
        proxy.break_next(how);
        let writer = engine.clone();
        let write =
            tokio::spawn(
                async move { writer.write(STORE, BY, DeleteCustomer { customer, now: at(3) }).await },
            );
        if how == Break::CommitComesLate {
            proxy.held().await;
            proxy.release();
        }
        write.await.unwrap().unwrap_or_else(|error| panic!("{how:?}: {error}"));
        let gone = whole_customer(&engine, STORE, customer).await;
        assert!(matches!(gone, Err(OperationError::CustomerNotFound { .. })), "{how:?}");
        assert_every_promise_holds(&engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_are_not_there_before_their_import_are_created_once() {
    let imported = |id: CustomerId| {
        let email = EmailAddress::new(&format!("{id}@example.com")).ok();
        ImportedCustomer { id: Some(id), email, ..ImportedCustomer::default() }
    };
    for (how, ids) in [
        (Break::BeforeCommit, &[7, 8][..]),
        (Break::AfterCommit, &[7, 8]),
        (Break::CommitComesLate, &[7, 8]),
        (Break::CommitComesLate, &[7]),
    ] {
        let (engine, proxy, _database) = behind_proxy().await;
        create_store(&engine, STORE).await;
        proxy.break_next(how);
        let writer = engine.clone();
        let customers = ids.iter().map(|&id| imported(customer_id(id))).collect();
        let import = import_of(customers, at(3));
        let write = tokio::spawn(async move { writer.write(STORE, BY, import).await });
        if how == Break::CommitComesLate {
            proxy.held().await;
            proxy.release();
        }
        let outcomes = write.await.unwrap().unwrap_or_else(|error| panic!("{how:?}: {error}"));
        assert_eq!(outcomes.len(), ids.len(), "{how:?}");
        let created = |line: &Imported| matches!(line.outcome, ImportOutcome::Created(_));
        assert!(outcomes.iter().all(created), "{how:?}: {outcomes:?}");
        assert_every_promise_holds(&engine).await;
    }
}
