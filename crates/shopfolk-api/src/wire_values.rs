//! How values of the model stand in JSON, in the OpenAPI document and in tables. Limits are those of the model.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use shopfolk_model::{
    AddressId, AddressNote, AdminNotes, City, CompanyName, ContactHandle, ContactId, ContactNote,
    ContactText, ContactType, CountryCode, CustomerId, CustomerKind, CustomerName, EmailAddress,
    ExternalReferenceId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, ExtraFieldValue, GroupId, GroupName,
    InvalidEmailAddress, InvalidExtraFieldKey, InvalidLanguage, InvalidOrderKey, LanguageCode,
    MAXIMUM_SEARCH_ENTRIES, Money, OrderBy, OrderKey, OrderNumber, PhoneNumber, PostalCode, ProductId,
    StateCode, Street, TaxText, Timestamp, UnknownContactType, UnknownCountry, UnknownCustomerKind,
    UnknownExtraFieldType,
};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;
use crate::fields::{Fields, Given};
use crate::schemas::{ContactTypeName, Date, DateIn, OrderByIn};
use crate::wire::{Cell, Components, Direction, RequestValue, WireValue};
use crate::wire_schema::{list, named};

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn exemplified(text: ObjectBuilder, example: &str) -> RefOr<Schema> {
    let mut text = text.build();
    text.example = Some(example.into());
    text.into()
}

fn integer(format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(format)))
}

macro_rules! texts {
    ($($name:ident)+) => {
        $(
            impl WireValue for $name {
                fn answer(&self) -> impl Serialize {
                    self.as_str()
                }

                fn schema(direction: Direction, _: &mut Components) -> RefOr<Schema> {
                    let longest = (direction != Direction::Answer).then_some(Self::MAXIMUM_LENGTH);
                    text().max_length(longest).into()
                }
            }

            impl RequestValue for $name {
                fn expected() -> String {
                    format!("must be a text of 1 to {} characters", Self::MAXIMUM_LENGTH)
                }

                fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
                    fields.text(name, Self::new)
                }

                fn read_or_empty(fields: &Fields<'_>, name: &str) -> Result<Given<Option<Self>>, ApiError> {
                    fields.text(name, Self::optional)
                }
            }
        )+
    };
}

texts! {
    AddressNote AdminNotes City CompanyName ContactHandle ContactNote ContactText CustomerName ExternalReferenceId
    ExtraFieldTitle ExtraFieldValue GroupName PhoneNumber PostalCode StateCode Street TaxText
}

macro_rules! ids {
    ($($name:ident)+) => {
        $(
            impl WireValue for $name {
                const CELL: Cell = Cell::Integer;

                fn answer(&self) -> impl Serialize {
                    self.get()
                }

                fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
                    integer(KnownFormat::Int64).minimum(Some(0)).maximum(Some(Self::MAXIMUM.get())).into()
                }
            }

            impl RequestValue for $name {
                fn expected() -> String {
                    format!("must be an integer from 0 to {}", Self::MAXIMUM)
                }

                fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
                    fields.integer(name, Self::new)
                }
            }
        )+
    };
}

ids! { AddressId ContactId CustomerId GroupId OrderNumber ProductId }

/// Words, of which each type knows its own.
macro_rules! words {
    ($($name:ty, $shown:expr, $parse:expr, $expected:expr, $schema:expr;)+) => {
        $(
            impl WireValue for $name {
                fn answer(&self) -> impl Serialize {
                    let shown: fn(&Self) -> &str = $shown;
                    shown(self)
                }

                fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
                    let schema: fn(Direction, &mut Components) -> RefOr<Schema> = $schema;
                    schema(direction, components)
                }
            }

            impl RequestValue for $name {
                fn expected() -> String {
                    $expected.to_string()
                }

                fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
                    fields.text(name, $parse)
                }

                fn read_or_empty(fields: &Fields<'_>, name: &str) -> Result<Given<Option<Self>>, ApiError> {
                    fields.text(name, |text| if text.trim().is_empty() { Ok(None) } else { $parse(text).map(Some) })
                }
            }
        )+
    };
}

words! {
    ContactType, |value| value.name(), str::parse, UnknownContactType, |_, components| named::<ContactTypeName>(components);
    CustomerKind, |value| value.name(), Self::parse, UnknownCustomerKind, |_, _| text().into();
    ExtraFieldType, |value| value.name(), |name: &str| name.trim().parse(), UnknownExtraFieldType, |_, _| text().into();
    CountryCode, Self::as_str, str::parse, UnknownCountry, |direction, _| {
        let length = (direction != Direction::Answer).then_some(2);
        exemplified(text().min_length(length).max_length(length), "US")
    };
    LanguageCode, Self::as_str, str::parse, InvalidLanguage, |_, _| text().into();
    OrderKey, Self::as_str, Self::new, InvalidOrderKey, |_, _| exemplified(text(), "EG4H2");
    ExtraFieldKey, Self::as_str, Self::new, InvalidExtraFieldKey, |_, _| exemplified(text(), "6r0fUGw");
    EmailAddress, Self::as_str, Self::new, InvalidEmailAddress, |direction, _| match direction {
        Direction::Answer => text().into(),
        _ => text()
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
            .max_length(Some(EmailAddress::MAXIMUM_LENGTH))
            .into(),
    };
}

impl WireValue for bool {
    const CELL: Cell = Cell::Boolean;

    fn answer(&self) -> impl Serialize {
        *self
    }

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).into()
    }
}

impl RequestValue for bool {
    fn expected() -> String {
        "must be true or false".to_owned()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.boolean(name)
    }
}

impl WireValue for OrderBy {
    const CELL: Cell = Cell::Integer;

    fn answer(&self) -> impl Serialize {
        self.get()
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        match direction {
            Direction::Answer => integer(KnownFormat::Int32).minimum(Some(0)).into(),
            _ => named::<OrderByIn>(components),
        }
    }
}

impl RequestValue for OrderBy {
    fn expected() -> String {
        shopfolk_model::OrderByError.to_string()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.integer_or_boolean(name, Self::new)
    }
}

/// A date as answers show it: `2025-03-26 11:07:12 +0000`.
struct Shown(Timestamp);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl WireValue for Timestamp {
    fn answer(&self) -> impl Serialize {
        Shown(*self)
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        match direction {
            Direction::Answer => named::<Date>(components),
            _ => named::<DateIn>(components),
        }
    }
}

impl RequestValue for Timestamp {
    fn expected() -> String {
        "must be UNIX seconds or a date".to_owned()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.timestamp(name)
    }
}

impl WireValue for Money {
    /// A number; of one with a fraction the nearest that 64 bits of a float hold.
    fn answer(&self) -> impl Serialize {
        MoneyOut(*self)
    }

    fn schema(direction: Direction, _: &mut Components) -> RefOr<Schema> {
        let largest = (direction != Direction::Answer).then_some(Self::LARGEST_ORDER);
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
            .minimum(Some(0))
            .maximum(largest)
            .into()
    }
}

impl RequestValue for Money {
    fn expected() -> String {
        shopfolk_model::InvalidMoney.to_string()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.decimal(name, Self::parse)
    }
}

/// An amount as a JSON number.
#[derive(Clone, Copy)]
struct MoneyOut(Money);

impl Serialize for MoneyOut {
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

/// Ids of what is selected.
impl WireValue for Vec<CustomerId> {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {
        self.iter().map(|id| id.get()).collect::<Vec<_>>()
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        list(CustomerId::schema(direction, components), Some(MAXIMUM_SEARCH_ENTRIES))
    }
}

impl RequestValue for Vec<CustomerId> {
    fn expected() -> String {
        format!("must be a list of at most {MAXIMUM_SEARCH_ENTRIES} integers")
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.integers(name, MAXIMUM_SEARCH_ENTRIES, CustomerId::new)
    }
}

impl WireValue for BTreeSet<String> {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {
        self
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        list(String::schema(direction, components), None)
    }
}

impl WireValue for &str {
    fn answer(&self) -> impl Serialize {
        *self
    }

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        text().into()
    }
}

impl WireValue for String {
    fn answer(&self) -> impl Serialize {
        self.as_str()
    }

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        text().into()
    }
}

macro_rules! counts {
    ($($name:ident $format:ident;)+) => {
        $(impl WireValue for $name {
            const CELL: Cell = Cell::Integer;

            fn answer(&self) -> impl Serialize {
                *self
            }

            fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
                integer(KnownFormat::$format).minimum(Some(0)).into()
            }
        })+
    };
}

counts! {
    u32 Int32;
    u64 Int64;
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
