//! The values that a statement is run with.

use bytes::BytesMut;
use shopfolk_store::{ColumnType, Value};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

macro_rules! parameters {
    ($($(#[$meta:meta])* $variant:ident($value:ty) = $type:ident,)+) => {
        /// A value that knows its type, so that a statement can be sent without asking the server for it.
        #[derive(Debug, Clone)]
        pub(crate) enum Parameter {
            $($(#[$meta])* $variant($value),)+
        }

        impl Parameter {
            /// The type of the value in the database.
            pub(crate) const fn sql_type(&self) -> Type {
                match self {
                    $(Self::$variant(_) => Type::$type,)+
                }
            }
        }

        impl ToSql for Parameter {
            fn to_sql(
                &self,
                sql_type: &Type,
                out: &mut BytesMut,
            ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
                match self {
                    $(Self::$variant(value) => value.to_sql(sql_type, out),)+
                }
            }

            fn accepts(_: &Type) -> bool {
                true
            }

            to_sql_checked!();
        }

        $(impl From<$value> for Parameter {
            fn from(value: $value) -> Self {
                Self::$variant(value)
            }
        })+
    };
}

parameters! {
    /// `SMALLINT`
    SmallInt(i16) = INT2,
    /// `INTEGER`
    Int(i32) = INT4,
    /// `INTEGER` or null
    MaybeInt(Option<i32>) = INT4,
    /// `BIGINT`
    BigInt(i64) = INT8,
    /// `BIGINT` or null
    MaybeBigInt(Option<i64>) = INT8,
    /// `BIGINT[]`
    BigInts(Vec<i64>) = INT8_ARRAY,
    /// `BIGINT[]` with nulls
    MaybeBigInts(Vec<Option<i64>>) = INT8_ARRAY,
    /// `INTEGER[]` with nulls
    MaybeInts(Vec<Option<i32>>) = INT4_ARRAY,
    /// `BOOLEAN[]` with nulls
    MaybeBools(Vec<Option<bool>>) = BOOL_ARRAY,
    /// `SMALLINT[]` with nulls
    MaybeSmallInts(Vec<Option<i16>>) = INT2_ARRAY,
    /// `BYTEA[]` with nulls
    MaybeManyBytes(Vec<Option<Vec<u8>>>) = BYTEA_ARRAY,
    /// `SMALLINT` or null
    MaybeSmallInt(Option<i16>) = INT2,
    /// `BYTEA` or null
    MaybeBytes(Option<Vec<u8>>) = BYTEA,
    /// `TEXT[]`
    Texts(Vec<String>) = TEXT_ARRAY,
    /// `TEXT[]` with nulls
    MaybeTexts(Vec<Option<String>>) = TEXT_ARRAY,
    /// `TEXT`
    Text(String) = TEXT,
    /// `TEXT` or null
    MaybeText(Option<String>) = TEXT,
    /// `BOOLEAN` or null
    MaybeBool(Option<bool>) = BOOL,
    /// `BIGINT[]` or null
    NoneOrBigInts(Option<Vec<i64>>) = INT8_ARRAY,
    /// `SMALLINT[]` or null
    NoneOrSmallInts(Option<Vec<i16>>) = INT2_ARRAY,
    /// `TEXT[]` or null
    NoneOrTexts(Option<Vec<String>>) = TEXT_ARRAY,
}

impl From<&str> for Parameter {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Option<&str>> for Parameter {
    fn from(value: Option<&str>) -> Self {
        Self::MaybeText(value.map(str::to_owned))
    }
}

/// The parameters of a statement, each made from a value of its column's type.
macro_rules! parameters_of {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::parameter::Parameter::from($value)),*]
    };
}
pub(crate) use parameters_of;

fn number<T: TryFrom<i64>>(value: &Value<'_>) -> Option<T> {
    // A word of the model is in the range of its column.
    value.as_integer().and_then(|number| T::try_from(number).ok())
}

fn text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Some(bytes.clone().into_owned()),
        _ => None,
    }
}

fn flag(value: &Value<'_>) -> Option<bool> {
    value.as_integer().map(|number| number != 0)
}

/// A value of a column.
pub(crate) fn one(column_type: ColumnType, value: &Value<'_>) -> Parameter {
    match column_type {
        ColumnType::BigInteger => Parameter::MaybeBigInt(value.as_integer()),
        ColumnType::Integer => Parameter::MaybeInt(number(value)),
        ColumnType::SmallInteger => Parameter::MaybeSmallInt(number(value)),
        ColumnType::Boolean => Parameter::MaybeBool(flag(value)),
        ColumnType::Text => Parameter::MaybeText(text(value)),
        ColumnType::Bytes => Parameter::MaybeBytes(bytes(value)),
    }
}

/// Values of a column, as an array.
pub(crate) fn many<'a>(column_type: ColumnType, values: impl Iterator<Item = &'a Value<'a>>) -> Parameter {
    match column_type {
        ColumnType::BigInteger => Parameter::MaybeBigInts(values.map(Value::as_integer).collect()),
        ColumnType::Integer => Parameter::MaybeInts(values.map(number).collect()),
        ColumnType::SmallInteger => Parameter::MaybeSmallInts(values.map(number).collect()),
        ColumnType::Boolean => Parameter::MaybeBools(values.map(flag).collect()),
        ColumnType::Text => Parameter::MaybeTexts(values.map(text).collect()),
        ColumnType::Bytes => Parameter::MaybeManyBytes(values.map(bytes).collect()),
    }
}
