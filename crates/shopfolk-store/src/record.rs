//! Records: what one row of a table is to the model, said once.
//!
//! A record is described with [`record!`](crate::record!): each line is a column with its role, its type and where the
//! record has it, and the last part makes a record of the columns. To add a field: a line, and a migration in both engines;
//! a test compares the tables that the migrations make with the descriptions.

use std::fmt;

use shopfolk_model::StoreId;

use crate::{Damage, Dialect, Stored, Table, Value};

/// The columns of a row, as a database gives them.
pub trait Columns {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// When it cannot be taken for a value at all: why.
    fn value(&self, place: usize) -> Result<Value<'_>, String>;
}

impl Columns for [Value<'_>] {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        match self.get(place) {
            Some(Value::Null) => Ok(Value::Null),
            Some(Value::Integer(number)) => Ok(Value::Integer(*number)),
            Some(Value::Text(text)) => Ok(Value::Text((&**text).into())),
            Some(Value::Bytes(bytes)) => Ok(Value::Bytes((&**bytes).into())),
            None => Err("the column is missing".to_owned()),
        }
    }
}

/// A row that was found, with the columns that are read ([`Table::columns_read`]).
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The store.
    pub store: StoreId,
    /// The table.
    pub table: &'static Table,
    /// The columns.
    pub columns: &'a dyn Columns,
}

impl Row<'_> {
    /// The record in the row.
    ///
    /// # Errors
    /// When a column holds what it cannot.
    pub fn decode<R: Record>(self) -> Result<R, Damage> {
        R::decode(&mut RowReader { row: self, next: 0 })
    }

    /// The damage of a column of this row.
    pub fn damage(self, column: &'static str, reason: impl fmt::Display) -> Damage {
        let mut key = format!("store {}", self.store);
        for (place, column) in self.table.key().enumerate() {
            let value = match self.columns.value(place) {
                Ok(Value::Integer(number)) => number.to_string(),
                Ok(Value::Text(text)) => format!("'{text}'"),
                Ok(Value::Null | Value::Bytes(_)) | Err(_) => "?".to_owned(),
            };
            key.extend([", ", column.name, " ", &value]);
        }
        Damage { table: self.table.name, column, row: key, reason: reason.to_string() }
    }
}

/// Reads the columns of a row, one after the other.
pub struct RowReader<'a> {
    row: Row<'a>,
    next: usize,
}

impl RowReader<'_> {
    /// The store of the row.
    pub const fn store(&self) -> StoreId {
        self.row.store
    }

    /// The row itself, whatever was read of it.
    pub const fn row(&self) -> Row<'_> {
        self.row
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// When it holds no such word.
    pub fn next<T: Stored>(&mut self, column: &'static str) -> Result<T, Damage> {
        let place = self.next;
        self.next += 1;
        let loaded = self.row.columns.value(place).and_then(T::load);
        loaded.map_err(|reason| self.row.damage(column, reason))
    }

    /// The damage of a column that was read.
    pub fn damage(&self, column: &'static str, reason: impl fmt::Display) -> Damage {
        self.row.damage(column, reason)
    }
}

/// The key of a record in its store.
pub trait RecordKey: Clone + Ord + Send + Sync + 'static {
    /// The values of the columns of the key.
    fn values(&self) -> Vec<Value<'static>>;
}

macro_rules! keys {
    ($(($($part:ident)*))+) => {
        $(impl<$($part: Stored + Clone + Ord + Send + Sync + 'static),*> RecordKey for ($($part,)*) {
            #[allow(non_snake_case, reason = "a part is named after its type")]
            fn values(&self) -> Vec<Value<'static>> {
                let ($($part,)*) = self;
                vec![$($part.store().into_owned()),*]
            }
        })+
    };
}
keys! { () (One) (One Two) (One Two Three) (One Two Three Four Five) }

/// What one row of a table is.
pub trait Record: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Its key in the store.
    type Key: RecordKey;
    /// The table.
    const TABLE: &'static Table;

    /// The values of all columns that a database has ([`Table::columns_in`]).
    fn encode(&self, dialect: Dialect) -> Vec<Value<'_>>;

    /// The record in a row.
    ///
    /// # Errors
    /// When a column holds what it cannot.
    fn decode(reader: &mut RowReader<'_>) -> Result<Self, Damage>;
}

/// Describes a record: see the module.
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $table:ident: $what:literal is $record:ty, by $key:ty;
        |$one:ident, $dialect:ident| {
            $($role:ident $([$only:ident])? $name:ident: $type:ty = $value:expr;)*
        }
        |$store:ident, $reader:ident| $make:expr;
        $($property:ident: $said:expr;)*
    ) => {
        impl $crate::Record for $record {
            type Key = $key;
            $(#[$meta])*
            const TABLE: &'static $crate::Table = &$crate::Table {
                $($property: $said,)*
                ..$crate::Table::of(stringify!($table), $what, &[
                    $($crate::Column {
                        name: stringify!($name),
                        column_type: <$type as $crate::Stored>::TYPE,
                        nullable: <$type as $crate::Stored>::NULLABLE,
                        role: $crate::Role::$role,
                        only: $crate::record!(@only $($only)?),
                    },)*
                ])
            };

            fn encode(&self, $dialect: $crate::Dialect) -> Vec<$crate::Value<'_>> {
                let $one = self;
                let mut columns = Self::TABLE.columns.iter();
                let mut values = Vec::with_capacity(Self::TABLE.columns.len());
                $(if columns.next().is_some_and(|column| column.is_in($dialect)) {
                    values.push($crate::IntoValue::into_value($value));
                })*
                values
            }

            #[allow(unused_variables, reason = "columns that follow from others are not read")]
            fn decode($reader: &mut $crate::RowReader<'_>) -> Result<Self, $crate::Damage> {
                let $store = $reader.store();
                $(let $name = <$type as $crate::Stored>::read($reader, stringify!($name))?;)*
                Ok($make)
            }
        }
    };
    (@only) => { None };
    (@only $dialect:ident) => { Some($crate::Dialect::$dialect) };
}
