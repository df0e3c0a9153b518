//! From rows to words of the model. A row that cannot become one says where it is and what is wrong.

use std::fmt::Display;

use shopfolk_store::StoreError;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// A row, and where it lies.
pub(crate) struct Place<'a> {
    pub(crate) row: &'a Row,
    /// The table.
    pub(crate) table: &'static str,
    /// The key of the row.
    pub(crate) key: String,
}

impl<'a> Place<'a> {
    /// Reads a column as the database's type.
    ///
    /// # Errors
    /// When it is of another type.
    pub(crate) fn get<T: FromSql<'a>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|error| self.corrupt(column, &error))
    }

    /// Reads a column and makes a word of the model of it.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn read<S: FromSql<'a>, T, E: Display>(
        &self,
        column: &'static str,
        make: impl FnOnce(S) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        make(self.get(column)?).map_err(|error| self.corrupt(column, &error))
    }

    fn corrupt(&self, column: &'static str, reason: &dyn Display) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.key.clone(), reason: reason.to_string() }
    }
}

/// A count, which the database keeps in a signed integer.
pub(crate) fn count(row: Option<&Row>) -> u64 {
    let count: Option<i64> = row.and_then(|row| row.try_get(0).ok());
    count.unwrap_or_default().unsigned_abs()
}
