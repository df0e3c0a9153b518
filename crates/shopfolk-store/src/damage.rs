//! Rows that hold what cannot be in them.

/// Where a row is damaged, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table {table}, column {column}, row {row}: {reason}")]
pub struct Damage {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The key of the row, its store included.
    pub row: String,
    /// Why the value is none.
    pub reason: String,
}

/// Counts the rows that were left out of an answer.
pub const DAMAGED_ROWS: &str = "shopfolk_damaged_rows_total";

impl Damage {
    /// Tells the operator that the row was left out of an answer.
    pub fn tell(&self) {
        metrics::counter!(DAMAGED_ROWS, "table" => self.table).increment(1);
        tracing::error!(
            table = self.table,
            column = self.column,
            row = self.row,
            reason = self.reason,
            "a damaged row was left out; 'shopfolk check' lists them all"
        );
    }
}

/// Rows that were found, without those that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Those that can be read.
    pub items: Vec<T>,
    /// How many cannot; each was told with [`Damage::tell`].
    pub damaged: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), damaged: 0 }
    }
}

impl<T> Listed<T> {
    /// Takes a row that can be read, or tells that it cannot.
    pub fn take(&mut self, row: Result<T, Damage>) {
        match row {
            Ok(item) => self.items.push(item),
            Err(damage) => {
                damage.tell();
                self.damaged += 1;
            }
        }
    }

    /// The same rows as something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(change).collect(), damaged: self.damaged }
    }
}
