//! A group, or an extra field, of customers who cannot be read.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use shopfolk_model::{
    CustomerChange, CustomerId, ExtraFieldEntry, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType,
    ExtraFieldValue, GroupId, GroupName, NewExtraField, NewGroup,
};
use shopfolk_operations::conformance::{BY, STORE, at, create_customer, shop, whole_customer};
use shopfolk_operations::{
    ChangeCustomer, CreateExtraField, CreateGroup, GetExtraField, GetGroup, OperationError,
    delete_extra_field, delete_group,
};
use shopfolk_store::{Engine, StoreError};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn open(directory: &Path) -> SqliteEngine {
    SqliteEngine::open(&SqliteSettings::new(directory.join("shop.db"))).unwrap()
}

/// Runs SQL while no engine does, and looks at no foreign key.
fn run_sql(directory: &Path, sql: &str) {
    let database = rusqlite::Connection::open(directory.join("shop.db")).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    database.execute_batch(sql).unwrap();
}

fn key() -> ExtraFieldKey {
    ExtraFieldKey::new("aaaaaaa").unwrap()
}

/// A group and a field with two customers: Anna, and Bert, who is to be damaged.
async fn make_shop(engine: &SqliteEngine) -> (CustomerId, CustomerId, GroupId) {
    let anna = shop(engine).await;
    let bert = create_customer(engine, "bert@example.com").await;
    let group = NewGroup { name: GroupName::new("VIP").unwrap(), external_reference: None };
    let group = engine.write(STORE, BY, CreateGroup { group, now: at(2) }).await.unwrap();
    let title = ExtraFieldTitle::new("Size").unwrap();
    let field = NewExtraField { title, field_type: ExtraFieldType::Text, shown_on_order_details: false };
    let create = CreateExtraField { field, keys: vec![key()], now: at(2) };
    engine.write(STORE, BY, create).await.unwrap();
    for customer in [anna, bert] {
        let value = Some(ExtraFieldValue::new("XL").unwrap());
        let entry = ExtraFieldEntry { key: Some(key()), title: None, value };
        let change =
            CustomerChange { group: Some(group), extra_fields: vec![entry], ..CustomerChange::default() };
        engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(3) }).await.unwrap();
    }
    (anna, bert, group)
}

#[tokio::test]
async fn what_a_damaged_customer_has_is_not_deleted_before_the_customer_is_mended() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path());
    let (anna, bert, group) = make_shop(&engine).await;
    engine.close().await.unwrap();
    run_sql(directory.path(), &format!("UPDATE customers SET email = 'none' WHERE customer_id = {bert}"));

    let engine = open(directory.path());
    let refused = delete_group(&engine, STORE, BY, group, || Ok(at(4))).await.unwrap_err();
    assert!(matches!(refused, OperationError::Store(StoreError::Damaged(_))), "{refused:?}");
    let refused = delete_extra_field(&engine, STORE, BY, key(), || Ok(at(4))).await.unwrap_err();
    assert!(matches!(refused, OperationError::Store(StoreError::Damaged(_))), "{refused:?}");
    let anna = whole_customer(&engine, STORE, anna).await.unwrap().customer;
    assert_eq!((anna.group, anna.extra_fields.len()), (GroupId::GENERAL, 0), "the others have lost it");
    engine.read(STORE, GetGroup { group }).await.unwrap();
    engine.read(STORE, GetExtraField { key: key() }).await.unwrap();
    engine.close().await.unwrap();

    run_sql(
        directory.path(),
        &format!("UPDATE customers SET email = 'bert@example.com' WHERE customer_id = {bert}"),
    );
    let engine = open(directory.path());
    delete_group(&engine, STORE, BY, group, || Ok(at(5))).await.unwrap();
    delete_extra_field(&engine, STORE, BY, key(), || Ok(at(5))).await.unwrap();
    let bert = whole_customer(&engine, STORE, bert).await.unwrap().customer;
    assert_eq!((bert.group, bert.extra_fields.len()), (GroupId::GENERAL, 0));
    engine.close().await.unwrap();
}

#[tokio::test]
async fn value_that_hangs_on_nobody_goes_with_its_field() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path());
    make_shop(&engine).await;
    engine.close().await.unwrap();
    run_sql(directory.path(), "UPDATE customer_extra_field_values SET customer_id = customer_id + 4711");
    let engine = open(directory.path());
    delete_extra_field(&engine, STORE, BY, key(), || Ok(at(4))).await.unwrap();
    engine.read(STORE, GetExtraField { key: key() }).await.unwrap_err();
    engine.close().await.unwrap();
}
