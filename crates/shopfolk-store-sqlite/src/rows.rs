//! The row operations of described tables.

use shopfolk_model::CustomerId;
use shopfolk_store::{
    Change, Columns, CustomerRow, Dialect, IdKind, Query, ReadRows, Record, Role, Row, StoreError,
    StoredContact, Table, Value, Which, WriteRows,
};

use crate::connection::doing;
use crate::settle::settle_customer;
use crate::sql_values::{SqlColumns, bind};
use crate::statements::Statements;
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

/// The row of a customer, whose recent contacts have a say in when it was updated.
struct CustomerColumns<'a, 'b> {
    row: SqlColumns<'a, 'b>,
    updated: usize,
    recently: Option<i64>,
}

impl Columns for CustomerColumns<'_, '_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        match self.recently {
            Some(recently) if place == self.updated => Ok(Value::Integer(recently)),
            _ => self.row.value(place),
        }
    }
}

impl<M: TxMode> SqliteTx<'_, M> {
    pub(crate) fn read_one(
        &self,
        query: &Query<'_>,
        take: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), StoreError> {
        let Query { table, which } = query;
        let statements = Statements::for_table(table);
        match which {
            Which::Keys(keys) => {
                for key in keys {
                    self.read_rows(table, &statements.by_key, key, take)?;
                }
            }
            Which::KeysWithoutDocument(keys) => {
                for key in keys {
                    self.read_rows(table, &statements.without_document, key, take)?;
                }
            }
            Which::Owners(owners) => {
                for &owner in *owners {
                    self.read_rows(table, &statements.of_owner, &[owner.into()], take)?;
                }
            }
            Which::OwnersBetween(first, last) => {
                let between = [(*first).into(), (*last).into()];
                self.read_rows(table, &statements.of_owners_between, &between, take)?;
            }
            Which::Unique(unique, all) => {
                let sql = statements.by_unique.get(unique.name).map(String::as_str).unwrap_or_default();
                for values in all {
                    self.read_rows(table, sql, values, take)?;
                }
            }
            Which::After(None, limit) => {
                self.read_rows(table, &statements.first, &[i64::from(*limit).into()], take)?;
            }
            Which::After(Some(key), limit) => {
                let mut values = vec![i64::from(*limit).into()];
                values.extend(key.iter().cloned());
                self.read_rows(table, &statements.after, &values, take)?;
            }
        }
        Ok(())
    }

    fn read_rows(
        &self,
        table: &'static Table,
        sql: &str,
        values: &[Value<'_>],
        take: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), StoreError> {
        let reading = doing("read rows");
        let mut statement = self.connection.prepare_cached(sql).map_err(&reading)?;
        bind(&mut statement, self.store.get(), values).map_err(&reading)?;
        let mut rows = statement.raw_query();
        let is_customer = table.name == CustomerRow::TABLE.name;
        let mut read = table.columns_read();
        let updated = if is_customer { read.position(|column| column.name == "updated") } else { None };
        while let Some(row) = rows.next().map_err(&reading)? {
            let row = SqlColumns(row);
            match updated {
                None => take(Row { store: self.store, table, columns: &row }),
                Some(updated) => {
                    let recently = self.recently_updated(&row)?;
                    let columns = CustomerColumns { row, updated, recently };
                    take(Row { store: self.store, table, columns: &columns });
                }
            }
        }
        Ok(())
    }

    /// When the customer of a row was updated by a recent contact, if by one.
    fn recently_updated(&self, row: &SqlColumns<'_, '_>) -> Result<Option<i64>, StoreError> {
        let number = |place| row.value(place).ok().and_then(|value| value.as_integer());
        let settled_through = number(CustomerRow::TABLE.columns_read().count());
        let id = number(0).and_then(|id| CustomerId::new(id).ok());
        match (id, settled_through) {
            (Some(id), Some(through)) => self.mode.recently_updated(self.connection, self.key(id), through),
            _ => Ok(None),
        }
    }
}

impl<M: TxMode> ReadRows for SqliteTx<'_, M> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn read(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(usize, Row<'_>) + Send),
    ) -> Result<(), StoreError> {
        for (number, query) in queries.iter().enumerate() {
            self.read_one(query, &mut |row| take(number, row))?;
        }
        Ok(())
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        let sql = &Statements::for_table(table).count;
        let count: Option<i64> = self.query_row("count rows", sql, [self.store.get()], |row| row.get(0))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    async fn measure(&mut self, tables: &[&'static Table], numbers: &[i64]) -> Result<Vec<u64>, StoreError> {
        let mut sizes = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let mut size = 0;
            for table in tables {
                let sql = &Statements::for_table(table).measure;
                let bytes: Option<Option<i64>> =
                    self.query_row("measure rows", sql, (self.store.get(), number), |row| row.get(0))?;
                size += bytes.flatten().unwrap_or_default().unsigned_abs();
                if table.name == StoredContact::TABLE.name
                    && let Ok(customer) = CustomerId::new(number)
                {
                    size += self.size_of_recent(customer)?;
                }
            }
            sizes.push(size);
        }
        Ok(sizes)
    }
}

impl WriteRows for SqliteWriteTx<'_> {
    async fn take_numbers(&mut self, kind: IdKind, count: usize) -> Result<Vec<i64>, StoreError> {
        self.counters()?.take(kind, count)
    }

    async fn raise_numbers(&mut self, kind: IdKind, given: i64) -> Result<(), StoreError> {
        self.counters()?.raise_above(kind, given)
    }

    async fn reserve_up_to(&mut self, kind: IdKind, highest: i64) -> Result<i64, StoreError> {
        let counters = self.counters()?;
        let first = counters.next(kind);
        counters.raise_above(kind, highest)?;
        Ok(first)
    }

    async fn write(&mut self, change: Change<'_>) -> Result<(), StoreError> {
        match change {
            Change::Insert(table, rows) => self.insert_rows(table, &rows),
            Change::Update(table, rows) => self.update_rows(table, &rows),
            Change::Delete(table, keys) => {
                let deleted = self.delete_rows(table, &keys)?;
                all_touched(table, deleted, keys.len())
            }
            Change::DeleteIfThere(table, keys) => self.delete_rows(table, &keys).map(drop),
            Change::DeleteOf(table, owners) => {
                let owners: Vec<[Value<'_>; 1]> = owners.iter().map(|&owner| [owner.into()]).collect();
                let sql = &Statements::for_table(table).delete_of;
                self.each(sql, &owners).map(drop)
            }
        }
    }
}

/// Whether all rows were there that were to be.
fn all_touched(table: &'static Table, touched: usize, expected: usize) -> Result<(), StoreError> {
    if touched == expected {
        return Ok(());
    }
    let source = format!("{touched} rows of {} were there, {expected} were to be", table.name).into();
    Err(StoreError::Database { doing: "change rows", source })
}

impl SqliteWriteTx<'_> {
    /// Runs a statement for each of these values, and says how many rows it touched in all.
    fn each<'a, V: IntoIterator<Item = &'a Value<'a>>>(
        &mut self,
        sql: &str,
        all: impl IntoIterator<Item = V>,
    ) -> Result<usize, StoreError> {
        self.mode.wrote = true;
        let writing = doing("write rows");
        let mut statement = self.connection.prepare_cached(sql).map_err(&writing)?;
        let mut touched = 0;
        for values in all {
            bind(&mut statement, self.store.get(), values).map_err(&writing)?;
            touched += statement.raw_execute().map_err(&writing)?;
        }
        Ok(touched)
    }

    pub(crate) fn insert_rows(
        &mut self,
        table: &'static Table,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        if let Some((kind, column)) = table.ids
            && let Some(place) = table.place_in(Dialect::Sqlite, column)
            && let Some(highest) = rows.iter().filter_map(|row| row[place].as_integer()).max()
        {
            self.counters()?.raise_above(kind, highest)?;
        }
        let sql = &Statements::for_table(table).insert;
        if table.name != CustomerRow::TABLE.name {
            return self.each(sql, rows).map(drop);
        }
        // Above every settled row of a former customer with this id that still lies among the recent contacts, and below
        // every contact that is yet to come.
        let counters = self.counters()?;
        let settled_through = Value::Integer(counters.next(IdKind::Contact) - 1);
        counters.count_customers(rows.len());
        self.each(sql, rows.iter().map(|row| row.iter().chain([&settled_through]))).map(drop)
    }

    fn update_rows(&mut self, table: &'static Table, rows: &[Vec<Value<'_>>]) -> Result<(), StoreError> {
        if table.name == CustomerRow::TABLE.name {
            // Settled first, because the recent contacts have a say in when the customer was updated.
            for row in rows {
                if let Some(Ok(customer)) = row[0].as_integer().map(CustomerId::new) {
                    self.settle(customer)?;
                }
            }
        }
        let changing = rows.iter().map(|row| {
            let columns = table.columns_in(Dialect::Sqlite).zip(row);
            columns.filter(|(column, _)| column.role != Role::Summary).map(|(_, value)| value)
        });
        let touched = self.each(&Statements::for_table(table).update, changing)?;
        all_touched(table, touched, rows.len())
    }

    /// Deletes rows, and says how many.
    fn delete_rows(&mut self, table: &'static Table, keys: &[Vec<Value<'_>>]) -> Result<usize, StoreError> {
        let deleted = self.each(&Statements::for_table(table).delete, keys)?;
        if table.name == CustomerRow::TABLE.name {
            self.counters()?.discount_customers(deleted);
        }
        Ok(deleted)
    }

    /// Moves the recent contacts of a customer to the tables, so that these alone say all.
    pub(crate) fn settle(&mut self, customer: CustomerId) -> Result<(), StoreError> {
        // Before it begins: what fails halfway is undone.
        self.mode.wrote = true;
        self.refresh_recent(customer)?;
        *self.mode.rearranged |=
            settle_customer(self.connection, self.mode.recent, self.key(customer), self.mode.batch)?;
        Ok(())
    }
}
