//! The row operations of described tables: many rows a statement, and as many statements as there are in one round trip.

use std::collections::HashMap;

use shopfolk_store::{
    Change, ColumnType, Columns, CustomerRow, Dialect, Guard, IdKind, Query, ReadRows, Record, Role, Row,
    StoreError, StoredToken, Table, Value, Which, WriteRows,
};
use tokio_postgres::Row as SqlRow;
use tokio_postgres::types::Type;

use crate::failure::{Failure, NO_IDS, WantedIds};
use crate::parameter::{Parameter, many, one};
use crate::session::{Answer, Step};
use crate::statements::{ADD_COUNTERS, ByKey, Statements, counter};
use crate::tx::{Lock, PostgresTx, PostgresWriteTx, TxMode, Writing};

/// The columns of a row of PostgreSQL's.
pub(crate) struct SqlColumns<'a>(pub &'a SqlRow);

impl Columns for SqlColumns<'_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        let told = |error: tokio_postgres::Error| error.to_string();
        let Some(column) = self.0.columns().get(place) else {
            return Err("the column is missing".to_owned());
        };
        macro_rules! get {
            ($read:ty, |$value:ident| $make:expr) => {
                self.0.try_get::<_, Option<$read>>(place).map_err(told)?.map_or(Value::Null, |$value| $make)
            };
        }
        Ok(match *column.type_() {
            Type::INT8 => get!(i64, |number| Value::Integer(number)),
            Type::INT4 => get!(i32, |number| Value::Integer(number.into())),
            Type::INT2 => get!(i16, |number| Value::Integer(number.into())),
            Type::BOOL => get!(bool, |flag| Value::Integer(flag.into())),
            Type::TEXT => get!(&str, |text| Value::Text(text.into())),
            Type::BYTEA => get!(&[u8], |bytes| Value::Bytes(bytes.into())),
            ref other => return Err(format!("it is of the type {other}")),
        })
    }
}

fn run(what: &'static str, sql: &'static str, parameters: Vec<Parameter>) -> Step {
    Step::Run { what, sql, parameters, touches: None }
}

/// The step that finds rows by these columns.
fn by_columns(
    statements: &'static ByKey,
    store: i64,
    types: &[ColumnType],
    all: &[Vec<Value<'_>>],
) -> Option<Step> {
    let mut parameters = vec![Parameter::from(store)];
    match all {
        [] => None,
        [values] => {
            parameters.extend(types.iter().zip(values).map(|(&of, value)| one(of, value)));
            Some(run("find rows", &statements.one, parameters))
        }
        _ => {
            parameters.extend(transposed(types, all));
            Some(run("find rows", &statements.many, parameters))
        }
    }
}

/// The columns of rows, each as an array.
fn transposed(types: &[ColumnType], rows: &[Vec<Value<'_>>]) -> Vec<Parameter> {
    let column = |(place, &of): (usize, &ColumnType)| many(of, rows.iter().map(|row| &row[place]));
    types.iter().enumerate().map(column).collect()
}

fn types_of(table: &'static Table, names: &[&str]) -> Vec<ColumnType> {
    let column = |name: &&str| table.columns.iter().find(|column| column.name == *name);
    names.iter().filter_map(column).map(|column| column.column_type).collect()
}

impl<M: TxMode> PostgresTx<'_, M> {
    /// The step that finds what a query asks for; `None` when that is nothing.
    fn find_step(&self, query: &Query<'_>) -> Option<Step> {
        let Query { table, which } = query;
        let statements = Statements::for_table(table);
        let store = self.store.get();
        match which {
            Which::Keys(keys) => {
                let types: Vec<_> = table.key().map(|column| column.column_type).collect();
                by_columns(&statements.by_key, store, &types, keys)
            }
            Which::KeysWithoutDocument(keys) => {
                let types: Vec<_> = table.key().map(|column| column.column_type).collect();
                by_columns(&statements.without_document, store, &types, keys)
            }
            Which::Owners([]) => None,
            Which::Owners([owner]) => {
                let parameters = vec![Parameter::from(store), Parameter::from(*owner)];
                Some(run("find rows", &statements.of_owner.one, parameters))
            }
            Which::Owners(owners) => {
                let parameters = vec![Parameter::from(store), Parameter::from(owners.to_vec())];
                Some(run("find rows", &statements.of_owner.many, parameters))
            }
            Which::OwnersBetween(first, last) => {
                let parameters = [store, *first, *last].map(Parameter::from).into();
                Some(run("find rows", &statements.of_owners_between, parameters))
            }
            Which::Unique(unique, all) => by_columns(
                statements.by_unique.get(unique.name)?,
                store,
                &types_of(table, unique.columns),
                all,
            ),
            Which::After(None, limit) => {
                let parameters = [store, i64::from(*limit)].map(Parameter::from).into();
                Some(run("list rows", &statements.first, parameters))
            }
            Which::After(Some(key), limit) => {
                let mut parameters: Vec<_> = [store, i64::from(*limit)].map(Parameter::from).into();
                let types = table.key().map(|column| column.column_type);
                parameters.extend(types.zip(key).map(|(of, value)| one(of, value)));
                Some(run("list rows", &statements.after, parameters))
            }
        }
    }

    /// The step that locks what a writer is about to read.
    pub(crate) fn lock_step(&mut self, query: &Query<'_>) -> Option<Step> {
        let Query { table, which } = query;
        match (table.guard, which) {
            (Guard::Table(word), _) => self.mode.lock(self.store, Lock::of(word, self.store)),
            (Guard::Customer, Which::Keys(keys)) if M::LOCKS => {
                let ids: Vec<i64> = keys.iter().filter_map(|key| key.first()?.as_integer()).collect();
                // None of them has to be there, so none of their rows is the lock by which another transaction finds out that
                // this one has ended.
                let parameters = vec![Parameter::from(self.store.get()), Parameter::from(ids)];
                Some(run("lock customers", LOCK_CUSTOMERS, parameters))
            }
            (Guard::None | Guard::Customer, _) => None,
        }
    }
}

/// In one order, so that two writers never wait for each other in a circle.
const LOCK_CUSTOMERS: &str = "SELECT customer_id FROM customers
                               WHERE store_id = $1 AND customer_id = ANY ($2)
                               ORDER BY customer_id
                                 FOR NO KEY UPDATE";

impl<M: TxMode> ReadRows for PostgresTx<'_, M> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn read(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(usize, Row<'_>) + Send),
    ) -> Result<(), StoreError> {
        let (mut steps, mut asked) = (Vec::new(), Vec::new());
        for query in queries {
            let lock = self.lock_step(query);
            asked.extend(lock.iter().map(|_| None));
            steps.extend(lock);
        }
        for (number, query) in queries.iter().enumerate() {
            if let Some(step) = self.find_step(query) {
                steps.push(step);
                asked.push(Some((number, query.table)));
            }
        }
        if steps.is_empty() {
            return Ok(());
        }
        let answers = self.run_all(steps).await?;
        for (Answer { rows, .. }, asked) in answers.iter().zip(asked) {
            let Some((number, table)) = asked else { continue };
            for row in rows {
                take(number, Row { store: self.store, table, columns: &SqlColumns(row) });
            }
        }
        Ok(())
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        let sql = &Statements::for_table(table).count;
        let row = self.query_row("count rows", sql, vec![self.store.get().into()]).await?;
        Ok(count(row.as_ref()))
    }

    async fn measure(&mut self, tables: &[&'static Table], numbers: &[i64]) -> Result<Vec<u64>, StoreError> {
        let measure = |table: &&'static Table| {
            let parameters = vec![self.store.get().into(), numbers.to_vec().into()];
            run("measure rows", &Statements::for_table(table).measure, parameters)
        };
        let answers = self.run_all(tables.iter().map(measure).collect()).await?;
        let mut sizes: HashMap<i64, u64> = HashMap::with_capacity(numbers.len());
        for row in answers.iter().flat_map(|answer| &answer.rows) {
            let number = |place| SqlColumns(row).value(place).ok()?.as_integer();
            let size = number(1).unwrap_or_default().unsigned_abs();
            *sizes.entry(number(0).unwrap_or_default()).or_default() += size;
        }
        Ok(numbers.iter().map(|number| sizes.get(number).copied().unwrap_or_default()).collect())
    }
}

/// A count, which the database keeps in a signed integer.
pub(crate) fn count(row: Option<&SqlRow>) -> u64 {
    let count: Option<i64> = row.and_then(|row| row.try_get(0).ok());
    count.unwrap_or_default().unsigned_abs()
}

impl WriteRows for PostgresWriteTx<'_> {
    async fn take_numbers(&mut self, kind: IdKind, count: usize) -> Result<Vec<i64>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        if self.mode.created_store {
            return self.take_from_counters(kind, count).await;
        }
        let ids = self.mode.ids;
        let taken = if self.session.is_direct() {
            ids.take(self.store, kind, count).await
        } else {
            let wanted = WantedIds::Next(count);
            ids.take_reserved(self.store, kind, count).ok_or(Failure::NoIds { kind, wanted })
        };
        taken.map_err(|failure| {
            self.mode.note(failure);
            NO_IDS
        })
    }

    async fn raise_numbers(&mut self, kind: IdKind, given: i64) -> Result<(), StoreError> {
        self.raise_above(kind, given)
    }

    async fn reserve_up_to(&mut self, kind: IdKind, highest: i64) -> Result<i64, StoreError> {
        kind.as_next(highest.saturating_add(1))?;
        let Writing { ids, given, .. } = self.mode;
        if let Some(first) = given.first(kind, highest) {
            return Ok(first);
        }
        let reserved = if self.session.is_direct() {
            ids.reserve_up_to(self.store, kind, highest, given).await
        } else {
            Err(Failure::NoIds { kind, wanted: WantedIds::UpTo(highest) })
        };
        reserved.map_err(|failure| {
            self.mode.note(failure);
            NO_IDS
        })
    }

    async fn write(&mut self, change: Change<'_>) -> Result<(), StoreError> {
        match change {
            Change::Insert(table, rows) => return self.insert_rows(table, &rows),
            Change::Update(table, rows) => self.update_rows(table, &rows),
            Change::Delete(table, keys) => {
                let all = keys.len() as u64;
                return self.delete_rows(table, &keys, Some(all)).await;
            }
            Change::DeleteIfThere(table, keys) => return self.delete_rows(table, &keys, None).await,
            Change::DeleteOf(table, owners) => {
                if !owners.is_empty() {
                    let parameters = vec![self.store.get().into(), owners.to_vec().into()];
                    self.queue("remove rows", &Statements::for_table(table).delete_of, parameters);
                }
            }
        }
        Ok(())
    }
}

impl PostgresWriteTx<'_> {
    /// Takes ids from the counters within the transaction that creates the store, whose counters nobody else sees yet.
    async fn take_from_counters(&mut self, kind: IdKind, count: usize) -> Result<Vec<i64>, StoreError> {
        let size = i64::try_from(count).unwrap_or(i64::MAX);
        let parameters = vec![self.store.get().into(), size.into()];
        let row = self.query_row("take ids", &counter(kind).reserve, parameters).await?;
        let first: Option<i64> = row.and_then(|row| row.try_get(0).ok());
        let first = first.ok_or(StoreError::OutOfIds { kind: kind.name() })?;
        Ok((first..first + size).collect())
    }

    pub(crate) fn insert_rows(
        &mut self,
        table: &'static Table,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), StoreError> {
        let Some(first) = rows.first() else { return Ok(()) };
        if let Some((kind, column)) = table.ids
            && kind != IdKind::Event
            && let Some(place) = table.place_in(Dialect::Postgres, column)
            && let Some(highest) = rows.iter().filter_map(|row| row[place].as_integer()).max()
        {
            self.raise_above(kind, highest)?;
        }
        let types: Vec<_> = table.columns_in(Dialect::Postgres).map(|column| column.column_type).collect();
        let insert = &Statements::for_table(table).insert;
        let mut parameters = vec![Parameter::from(self.store.get())];
        if rows.len() == 1 {
            parameters.extend(types.iter().zip(first).map(|(&of, value)| one(of, value)));
            self.queue("add a row", &insert.one, parameters);
        } else {
            parameters.extend(transposed(&types, rows));
            self.queue("add rows", &insert.many, parameters);
        }
        if table.name == CustomerRow::TABLE.name {
            // A portion has some hundreds of customers.
            self.count_customers(
                first[0].as_integer().unwrap_or_default(),
                i64::try_from(rows.len()).unwrap_or_default(),
            );
        }
        if table.name == shopfolk_model::Store::TABLE.name {
            self.queue("add the counters of a store", &ADD_COUNTERS, vec![self.store.get().into()]);
            self.mode.created_store = true;
        }
        self.tell_access_changed_by(table);
        Ok(())
    }

    fn update_rows(&mut self, table: &'static Table, rows: &[Vec<Value<'_>>]) {
        let changing: Vec<Vec<Value<'_>>> = rows
            .iter()
            .map(|row| {
                let columns = table.columns_in(Dialect::Postgres).zip(row);
                columns
                    .filter(|(column, _)| column.role != Role::Summary)
                    .map(|(_, value)| value.clone())
                    .collect()
            })
            .collect();
        if changing.is_empty() {
            return;
        }
        let columns = table.columns_in(Dialect::Postgres).filter(|column| column.role != Role::Summary);
        let types: Vec<_> = columns.map(|column| column.column_type).collect();
        let mut parameters = vec![Parameter::from(self.store.get())];
        parameters.extend(transposed(&types, &changing));
        let sql = &Statements::for_table(table).update;
        self.queue_touching(changing.len() as u64, "change rows", sql, parameters);
        self.tell_access_changed_by(table);
    }

    async fn delete_rows(
        &mut self,
        table: &'static Table,
        keys: &[Vec<Value<'_>>],
        touches: Option<u64>,
    ) -> Result<(), StoreError> {
        let Some(first) = keys.first().and_then(|key| key.first()?.as_integer()) else { return Ok(()) };
        let types: Vec<_> = table.key().map(|column| column.column_type).collect();
        let mut parameters = vec![Parameter::from(self.store.get())];
        parameters.extend(transposed(&types, keys));
        let sql = &Statements::for_table(table).delete;
        if table.name == CustomerRow::TABLE.name {
            let gone = self.change("remove customers", sql, parameters, touches).await?;
            self.count_customers(first, -i64::try_from(gone).unwrap_or_default());
        } else {
            self.queue_step(Step::Run { what: "remove rows", sql, parameters, touches });
        }
        self.tell_access_changed_by(table);
        Ok(())
    }

    /// Makes sure that an id which was given from outside is never given again.
    fn raise_above(&mut self, kind: IdKind, given: i64) -> Result<(), StoreError> {
        let is_reserved = self.mode.given.first(kind, given).is_some();
        if !is_reserved && given >= self.mode.ids.reserved_below(self.store, kind) {
            let next = kind.as_next(given.saturating_add(1))?;
            let parameters = vec![self.store.get().into(), next.into()];
            self.queue("raise a counter of ids", &counter(kind).raise, parameters);
        }
        Ok(())
    }

    fn tell_access_changed_by(&mut self, table: &'static Table) {
        if table.name == shopfolk_model::Store::TABLE.name || table.name == StoredToken::TABLE.name {
            self.tell_access_changed();
        }
    }
}
