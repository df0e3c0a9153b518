//! The values that a statement is run with.

use bytes::BytesMut;
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
    /// `SMALLINT[]`
    SmallInts(Vec<i16>) = INT2_ARRAY,
    /// `INTEGER[]`
    Ints(Vec<i32>) = INT4_ARRAY,
    /// `INTEGER[]` with nulls
    MaybeInts(Vec<Option<i32>>) = INT4_ARRAY,
    /// `BOOLEAN[]`
    Bools(Vec<bool>) = BOOL_ARRAY,
    /// `TEXT[]`
    Texts(Vec<String>) = TEXT_ARRAY,
    /// `TEXT[]` with nulls
    MaybeTexts(Vec<Option<String>>) = TEXT_ARRAY,
    /// `BYTEA[]`
    ManyBytes(Vec<Vec<u8>>) = BYTEA_ARRAY,
    /// `BOOLEAN`
    Bool(bool) = BOOL,
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
    /// `BYTEA`
    Bytes(Vec<u8>) = BYTEA,
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
