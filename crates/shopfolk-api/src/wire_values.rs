//! How values of the model stand in JSON, in the OpenAPI document and in tables. Limits are those of the model.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use shopfolk_model::{
    ContactId, ContactText, ContactType, CountryCode, CustomerId, CustomerKind, EmailAddress, ExtraFieldKey,
    ExtraFieldType, InvalidEmailAddress, InvalidExtraFieldKey, InvalidOrderKey, LanguageCode,
    MAXIMUM_CONTACTS, MAXIMUM_SEARCH_ENTRIES, Money, OrderBy, OrderKey, PrimaryPhone, TextError, Timestamp,
    UnknownContactType,
};
use utoipa::PartialSchema;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;
use crate::schemas;
use crate::wire::{Cell, Components, Direction, RequestValue, WireValue};
use crate::wire_schema::{component, list};

/// Says of values what they are in a cell, how answers have them and what the document says of them: in a request, and
/// in an answer where that is something else.
macro_rules! values {
    ($($value:ty: $cell:ident, |$it:ident| $answer:expr, |$components:pat_param| $schema:expr $(, answered $answered:expr)?;)+) => {
        $(impl WireValue for $value {
            const CELL: Cell = Cell::$cell;

            fn answer(&self) -> impl Serialize {
                let $it = self;
                $answer
            }

            fn schema(direction: Direction, $components: &mut Components) -> RefOr<Schema> {
                match direction {
                    $(Direction::Answer => $answered.into(),)?
                    _ => $schema.into(),
                }
            }
        })+
    };
}

/// Says of values how they are read from a field, what they must be where they are missing, and how they are read where
/// an empty text is none.
macro_rules! requests {
    ($($value:ty: $read:expr $(, must $expected:expr)? $(, or_empty $optional:expr)?;)+) => {
        $(impl RequestValue for $value {
            $(fn expected() -> String {
                $expected
            })?

            fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
                let read: fn(&Fields<'_>, &str) -> Result<Given<Self>, ApiError> = $read;
                read(fields, name)
            }

            $(fn read_or_empty(fields: &Fields<'_>, name: &str) -> Result<Given<Option<Self>>, ApiError> {
                fields.text(name, $optional)
            })?
        })+
    };
}

macro_rules! texts {
    ($($text:ident)+) => {$(
        values! {
            shopfolk_model::$text: Text, |it| it.as_str(), |_| text().max_length(Some(Self::MAXIMUM_LENGTH)), answered text();
        }
        requests! {
            shopfolk_model::$text: |fields, name| fields.text(name, Self::new),
                must format!("must be a text of 1 to {} characters", Self::MAXIMUM_LENGTH), or_empty Self::optional;
        }
    )+};
}

macro_rules! ids {
    ($($id:ident)+) => {$(
        values! {
            shopfolk_model::$id: Integer, |it| it.get(),
                |_| integer(KnownFormat::Int64).minimum(Some(0)).maximum(Some(Self::MAXIMUM.get()));
        }
        requests! { shopfolk_model::$id: |fields, name| fields.integer(name, Self::new); }
    )+};
}

shopfolk_model::for_every_text!(texts);

shopfolk_model::for_every_id!(ids);

values! {
    bool: Boolean, |it| *it, |_| ObjectBuilder::new().schema_type(Type::Boolean);
    u32: Integer, |it| *it, |_| integer(KnownFormat::Int32).minimum(Some(0));
    u64: Integer, |it| *it, |_| integer(KnownFormat::Int64).minimum(Some(0));
    &str: Text, |it| *it, |_| text();
    String: Text, |it| it.as_str(), |_| text();
    BTreeSet<String>: None, |it| it, |_| list(<String as PartialSchema>::schema(), None);
    Vec<CustomerId>: None, |it| it.iter().map(|id| id.get()).collect::<Vec<_>>(),
        |components| list(CustomerId::schema(Direction::New, components), Some(MAXIMUM_SEARCH_ENTRIES));
    Vec<ContactId>: None, |it| it.iter().map(|id| id.get()).collect::<Vec<_>>(),
        |components| list(ContactId::schema(Direction::New, components), Some(MAXIMUM_CONTACTS as usize));
    ContactType: Text, |it| it.name(), |components| component("ContactType", schemas::contact_type(), components);
    CustomerKind: Text, |it| it.name(), |_| text();
    ExtraFieldType: Text, |it| it.name(), |_| text();
    PrimaryPhone: None, |it| it.address().contact().as_str(),
        |components| ContactText::schema(Direction::New, components);
    EmailAddress: Email, |it| it.as_str(),
        |_| text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Email))).max_length(Some(Self::MAXIMUM_LENGTH)), answered text();
    CountryCode: Country, |it| it.as_str(),
        |_| schemas::with_example(text().min_length(Some(2)).max_length(Some(2)), "US"),
        answered schemas::with_example(text(), "US");
    LanguageCode: Text, |it| it.as_str(), |_| text();
    ExtraFieldKey: Text, |it| it.as_str(), |_| schemas::with_example(text(), "6r0fUGw");
    OrderKey: Text, |it| it.as_str(), |_| schemas::with_example(text(), "EG4H2");
    OrderBy: Integer, |it| it.get(), |components| component("OrderByIn", schemas::order_by_in(), components),
        answered integer(KnownFormat::Int32).minimum(Some(0));
    Timestamp: Date, |it| Date(*it), |components| component("DateIn", schemas::date_in(), components),
        answered component("Date", schemas::date(), components);
    Money: Text, |it| Number(*it), |_| number().maximum(Some(Self::LARGEST_ORDER)), answered number();
}

requests! {
    bool: |fields, name| fields.boolean(name);
    Vec<CustomerId>: |fields, name| fields.integers(name, MAXIMUM_SEARCH_ENTRIES, CustomerId::new);
    Vec<ContactId>: |fields, name| fields.integers(name, MAXIMUM_CONTACTS as usize, ContactId::new), must "must be a list of integers".to_owned();
    ContactType: |fields, name| fields.text(name, str::parse), must UnknownContactType.to_string();
    CustomerKind: |fields, name| fields.text(name, Self::parse);
    ExtraFieldType: |fields, name| fields.text(name, |text| text.trim().parse());
    PrimaryPhone: |fields, name| fields.text(name, |text| ContactText::new(text).map(Self::new)),
        or_empty |text| Ok::<_, TextError>(ContactText::optional(text)?.map(PrimaryPhone::new));
    EmailAddress: |fields, name| fields.text(name, Self::new), must InvalidEmailAddress.to_string(), or_empty email_or_empty;
    CountryCode: |fields, name| fields.text(name, str::parse), or_empty parsed_or_empty;
    LanguageCode: |fields, name| fields.text(name, str::parse), or_empty parsed_or_empty;
    ExtraFieldKey: |fields, name| fields.text(name, Self::new), must InvalidExtraFieldKey.to_string();
    OrderKey: |fields, name| fields.text(name, Self::new), must InvalidOrderKey.to_string();
    OrderBy: |fields, name| fields.integer_or_boolean(name, Self::new);
    Timestamp: |fields, name| fields.timestamp(name);
    Money: |fields, name| fields.decimal(name, Self::parse);
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn integer(format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(format)))
}

fn number() -> ObjectBuilder {
    let double = SchemaFormat::KnownFormat(KnownFormat::Double);
    ObjectBuilder::new().schema_type(Type::Number).format(Some(double)).minimum(Some(0))
}

/// A text that may be empty.
fn parsed_or_empty<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// An address, or an empty text.
fn email_or_empty(text: &str) -> Result<Option<EmailAddress>, InvalidEmailAddress> {
    if text.trim().is_empty() { Ok(None) } else { EmailAddress::new(text).map(Some) }
}

/// A date as answers show it: `2025-03-26 11:07:12 +0000`.
struct Date(Timestamp);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An amount as a JSON number.
struct Number(Money);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const UNITS: i64 = 10_000;
        let units = self.0.units();
        if units % UNITS == 0 {
            return serializer.serialize_i64(units / UNITS);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a JSON number; exact up to some 900 thousand millions"
        )]
        serializer.serialize_f64(units as f64 / UNITS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_plain_number() {
        for (text, shown) in
            [("12", "12"), ("12.5", "12.5"), ("0.1", "0.1"), ("999999999.9999", "999999999.9999")]
        {
            assert_eq!(serde_json::to_string(&Money::parse(text).unwrap().answer()).unwrap(), shown);
        }
    }
}
