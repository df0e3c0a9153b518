//! Extra fields of customers, and their values.

use shopfolk_model::{
    CustomerChange, CustomerId, ExtraFieldChange, ExtraFieldEntry, ExtraFieldKey, ExtraFieldTitle,
    ExtraFieldType, ExtraFieldValue, NewExtraField,
};
use shopfolk_store::Engine;

use super::fixture::*;
use crate::{
    ChangeCustomer, ChangeExtraField, CreateExtraField, DeleteCustomer, GetExtraField, ListExtraFields,
    OperationError, delete_extra_field,
};

fn key(text: &str) -> ExtraFieldKey {
    ExtraFieldKey::new(text).unwrap()
}

fn title(text: &str) -> ExtraFieldTitle {
    ExtraFieldTitle::new(text).unwrap()
}

/// Creates a field.
///
/// # Errors
/// When a rule says no.
pub async fn create_field<E: Engine>(
    engine: &E,
    name: &str,
    field_type: ExtraFieldType,
    keys: &[&str],
) -> Result<ExtraFieldKey, OperationError> {
    let field = NewExtraField { title: title(name), field_type, shown_on_order_details: false };
    let keys = keys.iter().map(|text| key(text)).collect();
    engine.write(STORE, BY, CreateExtraField { field, keys, now: at(2) }).await
}

async fn set<E: Engine>(
    engine: &E,
    customer: CustomerId,
    entries: &[(&str, Option<&str>)],
) -> Result<(), OperationError> {
    let entry = |(field, value): &(&str, Option<&str>)| ExtraFieldEntry {
        key: ExtraFieldKey::new(field).ok(),
        title: ExtraFieldTitle::new(field).ok(),
        value: value.map(|text| ExtraFieldValue::new(text).unwrap()),
    };
    let change =
        CustomerChange { extra_fields: entries.iter().map(entry).collect(), ..CustomerChange::default() };
    engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(3) }).await.map(drop)
}

async fn values<E: Engine>(engine: &E, customer: CustomerId) -> Vec<String> {
    let found = whole_customer(engine, STORE, customer).await.unwrap();
    found.extra_fields.iter().map(|(field, value)| format!("{}={value}", field.title)).collect()
}

pub async fn extra_field_gets_a_free_key<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let text = ExtraFieldType::Text;
    assert_eq!(create_field(&engine, "A", text, &["aaaaaaa"]).await.unwrap(), key("aaaaaaa"));
    assert_eq!(create_field(&engine, "B", text, &["aaaaaaa", "bbbbbbb"]).await.unwrap(), key("bbbbbbb"));
    create_field(&engine, "a", text, &["ccccccc"]).await.unwrap_err();
    create_field(&engine, "C", text, &["aaaaaaa"]).await.unwrap_err();
    let titles: Vec<_> = engine.read(STORE, ListExtraFields).await.unwrap().items;
    assert_eq!(titles.iter().map(|field| field.title.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    let change = ExtraFieldChange { title: Some(title("Z")), ..ExtraFieldChange::default() };
    assert!(
        engine.write(STORE, BY, ChangeExtraField { key: key("bbbbbbb"), change, now: at(5) }).await.unwrap()
    );
    let found = engine.read(STORE, GetExtraField { key: key("bbbbbbb") }).await.unwrap();
    assert_eq!((found.title, found.created, found.modified), (title("Z"), at(2), at(5)));
    engine.read(STORE, GetExtraField { key: key("ccccccc") }).await.unwrap_err();
}

pub async fn values_of_extra_fields_are_set_and_go_with_the_field<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    create_field(&engine, "Size", ExtraFieldType::Text, &["aaaaaaa"]).await.unwrap();
    create_field(&engine, "Birthday", ExtraFieldType::DateTime, &["bbbbbbb"]).await.unwrap();
    set(&engine, anna, &[("birthday", Some("1990-02-03")), ("aaaaaaa", Some("XL"))]).await.unwrap();
    set(&engine, bert, &[("aaaaaaa", Some("S"))]).await.unwrap();
    assert_eq!(values(&engine, anna).await, ["Size=XL", "Birthday=1990-02-03"]);
    set(&engine, anna, &[("bbbbbbb", None)]).await.unwrap();
    assert_eq!(values(&engine, anna).await, ["Size=XL"]);
    engine.write(STORE, BY, DeleteCustomer { customer: bert, now: at(4) }).await.unwrap();
    delete_extra_field(&engine, STORE, BY, key("aaaaaaa"), || Ok(at(4))).await.unwrap();
    assert_eq!(values(&engine, anna).await, [""; 0]);
    delete_extra_field(&engine, STORE, BY, key("aaaaaaa"), || Ok(at(4))).await.unwrap_err();
    create_field(&engine, "Size", ExtraFieldType::Text, &["aaaaaaa"]).await.unwrap();
    assert_eq!(values(&engine, anna).await, [""; 0], "the values of a former field are gone");
}

pub async fn unknown_extra_field_is_refused<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create_field(&engine, "Birthday", ExtraFieldType::DateTime, &["bbbbbbb"]).await.unwrap();
    for (field, value) in [("zzzzzzz", "x"), ("Colour", "red"), ("bbbbbbb", "soon")] {
        let entries = [("bbbbbbb", Some("2020-01-01")), (field, Some(value))];
        set(&engine, anna, &entries).await.unwrap_err();
    }
    assert_eq!(values(&engine, anna).await, [""; 0]);
}

pub async fn type_to_which_a_value_does_not_fit_is_refused<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create_field(&engine, "Size", ExtraFieldType::Text, &["aaaaaaa"]).await.unwrap();
    create_field(&engine, "Other", ExtraFieldType::Text, &["bbbbbbb"]).await.unwrap();
    set(&engine, anna, &[("aaaaaaa", Some("2025-01-02")), ("bbbbbbb", Some("XL"))]).await.unwrap();
    let look = async |field: &str| {
        let change =
            ExtraFieldChange { field_type: Some(ExtraFieldType::DateTime), ..ExtraFieldChange::default() };
        engine.read(STORE, crate::LookOverValues { key: key(field), change }).await
    };
    look("aaaaaaa").await.unwrap();
    look("zzzzzzz").await.unwrap();
    let refused = look("bbbbbbb").await.unwrap_err().to_string();
    assert!(
        refused.ends_with("cannot become DATETIME: 1 of its values do not fit to that type"),
        "{refused}"
    );
}
