//! How values of the model look in the OpenAPI document.

use serde_json::json;
use shopfolk_model::ContactType;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ErrorCode;

/// The name of a type of contact.
pub(crate) struct ContactTypeName;

impl ToSchema for ContactTypeName {
    fn name() -> std::borrow::Cow<'static, str> {
        "ContactType".into()
    }
}

impl PartialSchema for ContactTypeName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Which network or medium the contact belongs to."))
            .enum_values(Some(ContactType::ALL.iter().map(|contact_type| contact_type.name())))
            .examples([json!("EMAIL")])
            .into()
    }
}

/// The code of an error.
pub(crate) struct ErrorCodeName;

impl ToSchema for ErrorCodeName {
    fn name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }
}

impl PartialSchema for ErrorCodeName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What was wrong, for a program."))
            .enum_values(Some(ErrorCode::ALL.iter().map(|code| code.name())))
            .examples([json!("CUSTOMER_NOT_FOUND")])
            .into()
    }
}

/// A date in an answer.
pub(crate) struct Date;

impl ToSchema for Date {}

impl PartialSchema for Date {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A date in UTC, `yyyy-MM-dd HH:mm:ss +0000`."))
            .pattern(Some(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$"))
            .examples([json!("2025-03-26 11:07:12 +0000")])
            .into()
    }
}

/// A date in a request.
pub(crate) struct DateIn;

impl ToSchema for DateIn {}

impl PartialSchema for DateIn {
    fn schema() -> RefOr<Schema> {
        let text =
            ObjectBuilder::new().schema_type(Type::String).examples([json!("2025-03-26 11:07:12 +0000")]);
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .examples([json!(1_742_987_232)]);
        OneOfBuilder::new()
            .item(text)
            .item(seconds)
            .description(Some(
                "A date from 1970 to 9999: UNIX seconds (number or digits), `yyyy-MM-dd HH:mm:ss Z`, \
                 `yyyy-MM-dd HH:mm:ss` and `yyyy-MM-dd` (both UTC), or RFC 3339.",
            ))
            .into()
    }
}

/// A place on a page, in a request.
pub(crate) struct OrderByIn;

impl ToSchema for OrderByIn {}

impl PartialSchema for OrderByIn {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(shopfolk_model::OrderBy::MAXIMUM.get()))
            .examples([json!(0)]);
        let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
        OneOfBuilder::new()
            .item(number)
            .item(boolean)
            .description(Some("The place on the customer's page. `true` is 1, `false` is 0."))
            .into()
    }
}
