//! Verifying what the descriptions of the tables promise, on whichever database.
//!
//! Every row of every table is read through the type that the server reads it with, and encoded again: what comes out has
//! to be what is there, in every column, those that follow from others too. The rest is asked in statements that both
//! databases understand, made from the descriptions where any table needs them.

mod questions;

use std::collections::BTreeMap;
use std::future::Future;

use shopfolk_model::{ExtraField, StoreId};

use crate::tables::for_every_record;
use crate::{
    Columns, CustomerRow, Dialect, IdKind, Invariant, Record, Role, Row, StoreError, StoredBatchAnswer,
    StoredBatchRequest, StoredContact, StoredDetails, StoredEvent, StoredExtraFieldValue, StoredOrderProduct,
    StoredStatistics, StoredToken, Table, UnfinishedBatch, Value, Violation,
};
use questions::questions;

/// A database that is checked, in one snapshot.
pub trait CheckSource: Send {
    /// Which database it is.
    const DIALECT: Dialect;
    /// The relation that has all contacts, wherever they lie.
    const CONTACTS: &'static str;

    /// Hands every row of a table to `take`, with its store's id and all columns that the database has.
    ///
    /// # Errors
    /// When the database fails.
    fn rows(
        &mut self,
        table: &'static Table,
        take: &mut (dyn FnMut(i64, &dyn Columns) + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Asks a question whose rows are violations: a store's id and a sentence.
    ///
    /// # Errors
    /// When the database fails.
    fn ask(
        &mut self,
        sql: &str,
        take: &mut (dyn FnMut(i64, String) + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Verifies every described table, and hands each violation to `report`.
///
/// # Errors
/// When the database fails.
pub async fn check_tables<S: CheckSource>(
    source: &mut S,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    macro_rules! check_rows {
        ($($record:ty)+) => {
            $(check_rows::<$record, S>(source, report).await?;)+
        };
    }
    for_every_record!(check_rows);
    check_address_ids(source, report).await?;
    check_extra_field_values(source, report).await?;
    for (invariant, sql) in questions(S::DIALECT, S::CONTACTS) {
        source
            .ask(&sql, &mut |store, found| {
                report(Violation { invariant, store: StoreId::new(store).ok(), found });
            })
            .await?;
    }
    Ok(())
}

/// Reads every row of a table and encodes it again.
///
/// # Errors
/// When the database fails.
pub async fn check_rows<R: Record, S: CheckSource>(
    source: &mut S,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    source.rows(R::TABLE, &mut |store, columns| check_row::<R>(S::DIALECT, store, columns, report)).await
}

/// Shipping addresses lie in documents, whose ids no statement sees.
async fn check_address_ids<S: CheckSource>(
    source: &mut S,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    let mut highest: BTreeMap<i64, i64> = BTreeMap::new();
    source
        .rows(StoredDetails::TABLE, &mut |store, columns| {
            let Some(details) = read_row::<StoredDetails>(S::DIALECT, store, columns) else { return };
            if let Some(of_row) = details.addresses.addresses().iter().map(|address| address.id.get()).max() {
                let of_store = highest.entry(store).or_default();
                *of_store = of_row.max(*of_store);
            }
        })
        .await?;
    let counter = IdKind::Address.counter();
    let sql = format!("SELECT store_id, CAST({counter} AS TEXT) FROM counters");
    source
        .ask(&sql, &mut |store, next| {
            let given = highest.get(&store).copied().unwrap_or_default();
            if next.parse().is_ok_and(|next: i64| given >= next) {
                let found = format!("address id {given} is not below the counter {next}");
                let store = StoreId::new(store).ok();
                report(Violation { invariant: Invariant::IdsNeverReused, store, found });
            }
        })
        .await
}

/// What customers have in a field has to be of its type.
async fn check_extra_field_values<S: CheckSource>(
    source: &mut S,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    let mut types = BTreeMap::new();
    source
        .rows(ExtraField::TABLE, &mut |store, columns| {
            types.extend(
                read_row::<ExtraField>(S::DIALECT, store, columns).map(|field| ((store, field.id), field)),
            );
        })
        .await?;
    source
        .rows(StoredExtraFieldValue::TABLE, &mut |store, columns| {
            let Some(stored) = read_row::<StoredExtraFieldValue>(S::DIALECT, store, columns) else { return };
            let Some(field) = types.get(&(store, stored.field)) else { return };
            if let Err(error) = field.field_type.ensure_fits(&stored.value) {
                let found = format!(
                    "what customer {} has in the extra field '{}' of type {} {error}",
                    stored.customer, field.key, field.field_type
                );
                report(Violation { invariant: Invariant::RowsSound, store: StoreId::new(store).ok(), found });
            }
        })
        .await
}

/// The record in a row; `None` where it cannot be read, which is told of by itself.
fn read_row<R: Record>(dialect: Dialect, store: i64, columns: &dyn Columns) -> Option<R> {
    let columns = ReadColumns { table: R::TABLE, dialect, all: columns };
    Row { store: StoreId::new(store).ok()?, table: R::TABLE, columns: &columns }.decode().ok()
}

fn check_row<R: Record>(
    dialect: Dialect,
    store: i64,
    columns: &dyn Columns,
    report: &mut impl FnMut(Violation),
) {
    let mut found = |found: String| {
        report(Violation { invariant: Invariant::RowsSound, store: StoreId::new(store).ok(), found });
    };
    let Ok(id) = StoreId::new(store) else {
        return found(format!("a {} belongs to store {store}, which cannot be", R::TABLE.what));
    };
    let read = ReadColumns { table: R::TABLE, dialect, all: columns };
    let row = Row { store: id, table: R::TABLE, columns: &read };
    let record = match row.decode::<R>() {
        Ok(record) => record,
        Err(damage) => return found(damage.to_string()),
    };
    for (place, (column, expected)) in R::TABLE.columns_in(dialect).zip(record.encode(dialect)).enumerate() {
        match columns.value(place) {
            Ok(value) if value == expected => {}
            Ok(value) => found(
                row.damage(
                    column.name,
                    format!("it holds {}, and should hold {}", shown(&value), shown(&expected)),
                )
                .to_string(),
            ),
            Err(reason) => found(row.damage(column.name, reason).to_string()),
        }
    }
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => {
            let short: String = text.chars().take(60).collect();
            format!("'{short}'")
        }
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Of all columns those that are read.
struct ReadColumns<'a> {
    table: &'static Table,
    dialect: Dialect,
    all: &'a dyn Columns,
}

impl Columns for ReadColumns<'_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        let mut read = self
            .table
            .columns_in(self.dialect)
            .enumerate()
            .filter(|(_, column)| column.role != Role::Derived);
        let (place, _) = read.nth(place).ok_or("the column is missing")?;
        self.all.value(place)
    }
}
