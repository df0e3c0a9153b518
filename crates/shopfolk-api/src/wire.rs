//! Fields of the wire, each described once: its name, what it says, its type, in which directions it goes.
//!
//! An object is described with [`wire_object!`] as a list of fields. What else there is to a field follows from its line:
//! how it is read and the messages about it ([`Field`]), how it is written ([`WireObject::write`]), what the OpenAPI
//! document says (`wire_schema.rs`), and its column in a table (`table/column.rs`). A field that nobody reads, or a part
//! of the record that no field shows, does not compile.

use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use shopfolk_model::FieldChange;
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;

/// Schemas that others refer to by their names.
pub(crate) type Components = Vec<(String, RefOr<Schema>)>;

/// Which way an object goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Something new comes in.
    New,
    /// A change of something comes in; what is left out stays.
    Change,
    /// An entry of a list comes in: a change of what has its id, or something new without one.
    Entry,
    /// Something goes out.
    Answer,
}

/// What becomes of a field in each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The id: in answers, and in entries of lists.
    Id,
    /// Given by the server: in answers, and read of what is imported.
    Imported,
    /// Must be given for something new.
    Required,
    /// The same of what may have come to be without it: then it is an empty text in answers.
    RequiredOrEmpty,
    /// May be given; always in answers.
    Optional,
    /// May be given; `null` or empty clears it, and then it is not in answers.
    Clearable,
    /// The same of an object or a list.
    ClearableObject,
    /// May be given; `null` or empty clears it, and then it is an empty text in answers.
    OrEmpty,
    /// Only in requests.
    Requested,
    /// Only in answers.
    Shown,
    /// Only in answers, and there left out when there is none.
    ShownIfAny,
    /// Only in answers, and follows from other fields.
    Derived,
    /// Follows from other fields, and is left out when there is none. In requests it stands in for those where they are
    /// missing.
    StandsIn,
    /// The fields of another object, in the place of this one.
    Flattened,
}

impl Role {
    /// Whether the field can be there in a direction.
    pub(crate) const fn goes(self, direction: Direction) -> bool {
        match self {
            Self::Id => matches!(direction, Direction::Entry | Direction::Answer),
            Self::Required
            | Self::RequiredOrEmpty
            | Self::Optional
            | Self::Clearable
            | Self::ClearableObject
            | Self::OrEmpty
            | Self::StandsIn
            | Self::Flattened => true,
            Self::Requested => !matches!(direction, Direction::Answer),
            Self::Imported | Self::Shown | Self::ShownIfAny | Self::Derived => {
                matches!(direction, Direction::Answer)
            }
        }
    }

    /// Whether the field must be there in a direction.
    pub(crate) const fn must_be_there(self, direction: Direction) -> bool {
        match direction {
            Direction::New => matches!(self, Self::Required | Self::RequiredOrEmpty),
            Direction::Change | Direction::Entry => false,
            Direction::Answer => {
                !matches!(self, Self::Clearable | Self::ClearableObject | Self::ShownIfAny | Self::StandsIn)
            }
        }
    }

    /// Whether something is read where the field stands in a row of a table.
    pub(crate) const fn is_read(self) -> bool {
        !matches!(self, Self::Shown | Self::ShownIfAny | Self::Derived)
    }

    /// Whether the field follows from others, which say as much.
    pub(crate) const fn is_derived(self) -> bool {
        matches!(self, Self::Derived | Self::StandsIn)
    }
}

/// What a field is in the cells of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell {
    Text,
    Integer,
    Boolean,
    Email,
    Country,
    Date,
    /// One cell for each field of an object.
    Object(&'static [FieldDescription]),
    /// One cell for each field of each of so many objects.
    List(&'static [FieldDescription], u32),
    /// No cell.
    None,
}

/// A value of the wire.
pub(crate) trait WireValue {
    /// What it is in the cells of a table.
    const CELL: Cell = Cell::Text;

    /// The value as answers have it.
    fn answer(&self) -> impl Serialize;

    /// What the OpenAPI document says of it.
    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema>;
}

/// A value of the wire that requests have.
pub(crate) trait RequestValue: WireValue + Sized {
    /// What it must be, for the message about one that is missing.
    fn expected() -> String {
        "must be there".to_owned()
    }

    /// Reads a field.
    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError>;

    /// Reads a field that an empty text clears.
    fn read_or_empty(fields: &Fields<'_>, name: &str) -> Result<Given<Option<Self>>, ApiError> {
        Ok(Self::read(fields, name)?.map(Some))
    }
}

/// A field of requests.
pub(crate) struct Field<T> {
    pub(crate) name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Field<T> {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }
}

impl<T: RequestValue> Field<T> {
    /// What is said of it.
    pub(crate) fn given(&self, fields: &Fields<'_>) -> Result<Given<T>, ApiError> {
        T::read(fields, self.name)
    }

    /// Its value, where `null` is the same as nothing.
    pub(crate) fn value(&self, fields: &Fields<'_>) -> Result<Option<T>, ApiError> {
        self.given(fields).map(Given::value)
    }

    /// Its value, which must be there.
    pub(crate) fn required(&self, fields: &Fields<'_>) -> Result<T, ApiError> {
        self.value(fields)?.ok_or_else(|| fields.missing(self.name, T::expected()))
    }

    /// Its change: `null` and an empty text clear it.
    pub(crate) fn change(&self, fields: &Fields<'_>) -> Result<FieldChange<T>, ApiError> {
        T::read_or_empty(fields, self.name).map(Given::change)
    }
}

/// A keyword of a schema, and its value.
pub(crate) type Keyword = (&'static str, fn() -> Value);

/// A field as the document and tables look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldDescription {
    pub(crate) name: &'static str,
    /// What it says; empty when its name says it all.
    pub(crate) about: &'static str,
    pub(crate) role: Role,
    pub(crate) cell: Cell,
    pub(crate) schema: fn(Direction, &mut Components) -> RefOr<Schema>,
    /// Keywords of the schema besides: `default` and `example`.
    pub(crate) keywords: &'static [Keyword],
}

/// An object of the wire.
pub(crate) trait WireObject {
    /// The name of its answers in the document.
    const NAME: &'static str;
    /// What it is.
    const ABOUT: &'static str;
    /// Its fields, in the order of answers.
    const FIELDS: &'static [FieldDescription];

    /// An example of an answer.
    fn example() -> Option<Value> {
        None
    }

    /// Writes the fields into an answer.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// What is read of an object in a request.
pub(crate) trait RequestShape: Sized + Send {
    /// The name in the document.
    const NAME: &'static str;
    /// What it is.
    const ABOUT: &'static str;
    /// Its fields, of which those count that go in the direction.
    const FIELDS: &'static [FieldDescription];
    /// The direction.
    const DIRECTION: Direction;

    /// An example.
    fn example() -> Option<Value> {
        None
    }

    /// Reads it.
    fn read(fields: &Fields<'_>) -> Result<Self, ApiError>;
}

/// An object in an answer.
pub(crate) struct Answer<'a, T>(pub(crate) &'a T);

impl<T: WireObject> Serialize for Answer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map)?;
        map.end()
    }
}

/// Describes an object: its name in the document, the record that it shows, taken apart by a pattern, and a line for each
/// field: the constant by which requests are read (where they are), its name, role and type, and what answers show.
macro_rules! wire_object {
    ($(#[doc = $about:literal])* $name:literal: $record:ty as $constants:ident = $($described:tt)*) => {
        $(#[doc = $about])*
        pub(crate) struct $constants;

        $crate::wire::wire_object!(@constants $constants = $($described)*);
        $crate::wire::wire_object!($(#[doc = $about])* $name: $record = $($described)*);
    };
    (@constants $constants:ident = $pattern:pat $(, example $example:tt)? => {
        $(
            $(#[doc = $about:literal])*
            $($constant:ident)? $field:literal: $role:ident $value:ty $({$($keyword:tt)*})? $(= $shown:expr)?;
        )*
    }) => {
        impl $constants {
            $($(pub(crate) const $constant: $crate::wire::Field<$value> = $crate::wire::Field::named($field);)?)*
        }
    };
    (
        $(#[doc = $about:literal])*
        $name:literal: $record:ty = $pattern:pat $(, example $example:tt)? => {
            $(
                $(#[doc = $field_about:literal])*
                $($constant:ident)? $field:literal: $role:ident $value:ty
                    $({$($keyword:ident: $json:expr),+})? $(= $shown:expr)?;
            )*
        }
    ) => {
        impl $crate::wire::WireObject for $record {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = concat!($($about, "\n"),*);
            const FIELDS: &'static [$crate::wire::FieldDescription] = &[$(
                $crate::wire::FieldDescription {
                    name: $field,
                    about: concat!($($field_about, "\n"),*),
                    role: $crate::wire::Role::$role,
                    cell: <$value as $crate::wire::WireValue>::CELL,
                    schema: <$value as $crate::wire::WireValue>::schema,
                    keywords: &[$($((stringify!($keyword), || serde_json::json!($json))),+)?],
                }
            ),*];

            $(fn example() -> Option<serde_json::Value> {
                Some(serde_json::json!($example))
            })?

            fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                // Some objects write nothing.
                let _ = &map;
                let $pattern = self;
                $($($crate::wire::wire_object!(@write map, $field, $role $value, $shown);)?)*
                Ok(())
            }
        }
    };
    (@write $map:ident, $field:literal, Clearable $value:ty, $shown:expr) => {
        if let Some(value) = $shown {
            $map.serialize_entry($field, &<$value as $crate::wire::WireValue>::answer(value))?;
        }
    };
    (@write $map:ident, $field:literal, ClearableObject $value:ty, $shown:expr) => {
        if let Some(value) = $shown {
            $map.serialize_entry($field, &$crate::wire::WireValue::answer(&value))?;
        }
    };
    (@write $map:ident, $field:literal, OrEmpty $value:ty, $shown:expr) => {
        $map.serialize_entry($field, $shown.as_ref().map_or("", <$value>::as_str))?;
    };
    (@write $map:ident, $field:literal, RequiredOrEmpty $value:ty, $shown:expr) => {
        $crate::wire::wire_object!(@write $map, $field, OrEmpty $value, $shown);
    };
    (@write $map:ident, $field:literal, ShownIfAny $value:ty, $shown:expr) => {
        $crate::wire::wire_object!(@write $map, $field, Clearable $value, $shown);
    };
    (@write $map:ident, $field:literal, StandsIn $value:ty, $shown:expr) => {
        $crate::wire::wire_object!(@write $map, $field, Clearable $value, $shown);
    };
    (@write $map:ident, $field:literal, Flattened $value:ty, $shown:expr) => {
        <$value as $crate::wire::WireObject>::write($shown, $map)?;
    };
    (@write $map:ident, $field:literal, $role:ident $value:ty, $shown:expr) => {
        $map.serialize_entry($field, &<$value as $crate::wire::WireValue>::answer($shown))?;
    };
}

/// Says what is read of an object in a request: its name in the document, the type that is read, which of the fields of
/// which object there can be, and how it is read.
macro_rules! request_shape {
    (
        $(#[doc = $about:literal])*
        $name:literal: $shape:ty = $direction:ident of $object:ty $(, example $example:tt)? => |$fields:ident| $read:block
    ) => {
        impl $crate::wire::RequestShape for $shape {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = concat!($($about, "\n"),*);
            const FIELDS: &'static [$crate::wire::FieldDescription] = <$object as $crate::wire::WireObject>::FIELDS;
            const DIRECTION: $crate::wire::Direction = $crate::wire::Direction::$direction;

            $(fn example() -> Option<serde_json::Value> {
                Some(serde_json::json!($example))
            })?

            fn read($fields: &$crate::fields::Fields<'_>) -> Result<Self, $crate::error::ApiError> $read
        }
    };
}

pub(crate) use {request_shape, wire_object};
