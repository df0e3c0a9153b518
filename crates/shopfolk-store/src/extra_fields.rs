//! The extra fields of a store's customers: their definitions, and what customers have in them.

use shopfolk_model::{
    CustomerId, EventType, ExtraField, ExtraFieldId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType,
    ExtraFieldValue, MAXIMUM_EXTRA_FIELDS, Timestamp, is_namesake_key,
};

use crate::contacts::kept_key;
use crate::value::Made;
use crate::{Guard, IdKind, Lifecycle, Owner, Reference, Unique, record};

/// By the key that callers know.
pub const EXTRA_FIELDS_BY_KEY: Unique =
    Unique { name: "customer_extra_fields_by_key", columns: &["field_key"], only: None };

record! {
    customer_extra_fields: "extra field" is ExtraField, by (ExtraFieldId,);
    |field, dialect| {
        Key extra_field_id: ExtraFieldId = &field.id;
        Value field_key: ExtraFieldKey = &field.key;
        Value title: ExtraFieldTitle = &field.title;
        Value title_key: String = Made(kept_key(&field.title.key(), field.namesake, field.id.get(), dialect));
        Value field_type: ExtraFieldType = &field.field_type;
        Value shown_on_order_details: bool = &field.shown_on_order_details;
        Value created: Timestamp = &field.created;
        Value modified: Timestamp = &field.modified;
    }
    |store, reader| Self {
        id: extra_field_id, key: field_key, title, field_type, shown_on_order_details, created, modified,
        namesake: is_namesake_key(&title_key),
    };
    ids: Some((IdKind::ExtraField, "extra_field_id"));
    unique: &[
        EXTRA_FIELDS_BY_KEY,
        Unique { name: "customer_extra_fields_by_title", columns: &["title_key"], only: None },
    ];
    guard: Guard::Table("extra fields");
    lifecycle: Some(Lifecycle {
        created: EventType::ExtraFieldCreated,
        changed: &[EventType::ExtraFieldUpdated],
        deleted: EventType::ExtraFieldDeleted,
    });
    maximum: Some(MAXIMUM_EXTRA_FIELDS);
}

/// What a customer has in an extra field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExtraFieldValue {
    /// The customer.
    pub customer: CustomerId,
    /// The field.
    pub field: ExtraFieldId,
    /// The value.
    pub value: ExtraFieldValue,
}

record! {
    customer_extra_field_values: "value of an extra field" is StoredExtraFieldValue, by (CustomerId, ExtraFieldId);
    |value, dialect| {
        Key customer_id: CustomerId = &value.customer;
        Key extra_field_id: ExtraFieldId = &value.field;
        Value value: ExtraFieldValue = &value.value;
    }
    |store, reader| Self { customer: customer_id, field: extra_field_id, value };
    owner: Some(Owner { table: "customers", column: "customer_id" });
    references: &[Reference { column: "extra_field_id", table: "customer_extra_fields", none: None }];
}
