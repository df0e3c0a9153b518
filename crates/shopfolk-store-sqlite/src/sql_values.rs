//! Values of columns, as SQLite takes and gives them.

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Row, Statement, ToSql};
use shopfolk_store::{Columns, Value};

/// A value that is bound to a statement.
struct Bound<'a>(&'a Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Owned(SqlValue::Null),
            Value::Integer(number) => ToSqlOutput::Owned(SqlValue::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// Binds the store's id and these values, in this order.
pub(crate) fn bind<'a>(
    statement: &mut Statement<'_>,
    store: i64,
    values: impl IntoIterator<Item = &'a Value<'a>>,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, store)?;
    for (place, value) in values.into_iter().enumerate() {
        statement.raw_bind_parameter(place + 2, Bound(value))?;
    }
    Ok(())
}

/// The columns of a row of SQLite's.
pub(crate) struct SqlColumns<'a, 'b>(pub &'a Row<'b>);

impl Columns for SqlColumns<'_, '_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        match self.0.get_ref(place).map_err(|error| error.to_string())? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Integer(number)),
            ValueRef::Real(number) => Err(format!("it is the fraction {number}")),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::Text(text.into())),
                Err(error) => Err(format!("it is no text: {error}")),
            },
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.into())),
        }
    }
}
