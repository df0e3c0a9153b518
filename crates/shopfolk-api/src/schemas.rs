//! What the OpenAPI document says of values that are more than a text or number.

use serde_json::json;
use shopfolk_model::{ContactType, OrderBy};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ErrorCode;

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// The same with an example.
pub(crate) fn with_example(text: ObjectBuilder, example: &str) -> RefOr<Schema> {
    let mut text = text.build();
    text.example = Some(example.into());
    text.into()
}

/// The name of a type of contact.
pub(crate) fn contact_type() -> RefOr<Schema> {
    text()
        .description(Some("Which network or medium the contact belongs to."))
        .enum_values(Some(ContactType::ALL.iter().map(|contact_type| contact_type.name())))
        .examples([json!("EMAIL")])
        .into()
}

/// A date in an answer.
pub(crate) fn date() -> RefOr<Schema> {
    text()
        .description(Some("A date in UTC, `yyyy-MM-dd HH:mm:ss +0000`."))
        .pattern(Some(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$"))
        .examples([json!("2025-03-26 11:07:12 +0000")])
        .into()
}

/// A date in a request.
pub(crate) fn date_in() -> RefOr<Schema> {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .examples([json!(1_742_987_232)]);
    OneOfBuilder::new()
        .item(text().examples([json!("2025-03-26 11:07:12 +0000")]))
        .item(seconds)
        .description(Some(
            "A date from 1970 to 9999: UNIX seconds (number or digits), `yyyy-MM-dd HH:mm:ss Z`, \
             `yyyy-MM-dd HH:mm:ss` and `yyyy-MM-dd` (both UTC), or RFC 3339.",
        ))
        .into()
}

/// A place on a page, in a request.
pub(crate) fn order_by_in() -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(OrderBy::MAXIMUM.get()))
        .examples([json!(0)]);
    OneOfBuilder::new()
        .item(number)
        .item(ObjectBuilder::new().schema_type(Type::Boolean))
        .description(Some("The place on the customer's page. `true` is 1, `false` is 0."))
        .into()
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
        text()
            .description(Some("What was wrong, for a program."))
            .enum_values(Some(ErrorCode::ALL.iter().map(|code| code.name())))
            .examples([json!("CUSTOMER_NOT_FOUND")])
            .into()
    }
}
