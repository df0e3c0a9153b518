//! Row operations that every described table has, written once for each engine and not once for each table.
//!
//! An engine finds rows ([`ReadRows::read`]) and writes them ([`WriteRows::write`]); what they are to the model follows from
//! their descriptions. Inserting never replaces: a row that is there already is a conflict.

use std::future::Future;

use crate::{
    CountedId, Damage, Dialect, IdKind, Listed, NumberedId, Record, RecordKey, Row, StoreError, Stored,
    Table, Unique, Value,
};

/// How far a walk through a table has come: only rows that were found say so, whether they can be read or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkPosition(i64);

impl WalkPosition {
    /// The number in the key of the last row that was found, which may be no id.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The position at a row, whose first column is a number of the key.
    ///
    /// # Errors
    /// When no number is in its key: nobody can say what lies behind it.
    pub(crate) fn at(row: Row<'_>) -> Result<Self, Damage> {
        match row.columns.value(0).map(|first| first.as_integer()) {
            Ok(Some(number)) => Ok(Self(number)),
            _ => Err(row.damage(row.table.columns[0].name, "it is no number")),
        }
    }
}

/// A key that is one id, by which a table is walked.
pub trait OneId: RecordKey {}

impl<I: NumberedId + Stored> OneId for (I,) {}

/// What a walk found behind a position. Where nothing was found, there is no portion: however many rows of one are damaged,
/// it is not the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion<T> {
    /// The rows.
    pub listed: Listed<T>,
    /// How far the portion goes.
    pub through: WalkPosition,
}

impl<T> Portion<T> {
    /// The same rows as something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Portion<U> {
        Portion { listed: self.listed.map(change), through: self.through }
    }
}

/// Which rows of a table.
#[derive(Debug, Clone)]
pub enum Which<'a> {
    /// Those with these keys.
    Keys(Vec<Vec<Value<'a>>>),
    /// Those with these keys, each with an empty object in the place of its document, which is not read.
    KeysWithoutDocument(Vec<Vec<Value<'a>>>),
    /// Those that hang on these.
    Owners(&'a [i64]),
    /// Those that hang on anything with an id from the first to the last.
    OwnersBetween(i64, i64),
    /// Those that have one of these in a unique index: its columns.
    Unique(&'static Unique, Vec<Vec<Value<'a>>>),
    /// The first ones behind a key, by key.
    After(Option<Vec<Value<'a>>>, u32),
}

/// Rows that are asked for.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// The table.
    pub table: &'static Table,
    /// Which rows.
    pub which: Which<'a>,
}

impl<'a> Query<'a> {
    /// The rows with these keys.
    pub fn keys<R: Record>(keys: &[R::Key]) -> Self {
        Self { table: R::TABLE, which: Which::Keys(keys.iter().map(RecordKey::values).collect()) }
    }

    /// The rows with these keys, without their documents.
    pub fn keys_without_document<R: Record>(keys: &[R::Key]) -> Self {
        let keys = keys.iter().map(RecordKey::values).collect();
        Self { table: R::TABLE, which: Which::KeysWithoutDocument(keys) }
    }

    /// The first rows behind a position, by key.
    pub fn after(table: &'static Table, after: Option<WalkPosition>, limit: u32) -> Self {
        let key = after.map(|position| vec![position.number().into()]);
        Self { table, which: Which::After(key, limit) }
    }

    /// The rows that hang on these.
    pub const fn of<R: Record>(owners: &'a [i64]) -> Self {
        Self { table: R::TABLE, which: Which::Owners(owners) }
    }
}

/// Rows that are written.
#[derive(Debug)]
pub enum Change<'a> {
    /// New ones, with all columns.
    Insert(&'static Table, Vec<Vec<Value<'a>>>),
    /// Known ones: all columns but summaries become these.
    Update(&'static Table, Vec<Vec<Value<'a>>>),
    /// Those with these keys go, each of which is there.
    Delete(&'static Table, Vec<Vec<Value<'a>>>),
    /// Those with these keys go, as far as they are there.
    DeleteIfThere(&'static Table, Vec<Vec<Value<'a>>>),
    /// Those that hang on these go.
    DeleteOf(&'static Table, &'a [i64]),
}

/// Finding rows.
pub trait ReadRows: Send {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// Finds rows and hands each to `take` with the number of the query that asked for it. A writer locks before what the
    /// table's guard says.
    ///
    /// # Errors
    /// When the database fails.
    fn read(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(usize, Row<'_>) + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How many rows a table has.
    ///
    /// # Errors
    /// When the database fails.
    fn count(&mut self, table: &'static Table) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// About how many bytes the rows of these tables have whose keys begin with each of these numbers, in their order.
    ///
    /// # Errors
    /// When the database fails.
    fn measure(
        &mut self,
        tables: &[&'static Table],
        numbers: &[i64],
    ) -> impl Future<Output = Result<Vec<u64>, StoreError>> + Send;

    /// The record with this key.
    ///
    /// # Errors
    /// When the row is damaged or the database fails.
    fn get<R: Record>(&mut self, key: R::Key) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move { self.first(Query::keys::<R>(&[key])).await }
    }

    /// The record that has this in a unique index.
    ///
    /// # Errors
    /// When the row is damaged or the database fails.
    fn find<R: Record>(
        &mut self,
        index: &'static Unique,
        value: Value<'_>,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move { self.first(Query { table: R::TABLE, which: Which::Unique(index, vec![vec![value]]) }).await }
    }

    /// The first record of those that are asked for.
    ///
    /// # Errors
    /// When the row is damaged or the database fails.
    fn first<R: Record>(
        &mut self,
        query: Query<'_>,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move {
            let mut found: Option<Result<R, Damage>> = None;
            self.read(&[query], &mut |_, row| {
                found.get_or_insert_with(|| row.decode());
            })
            .await?;
            Ok(found.transpose()?)
        }
    }

    /// The records that are asked for, without those that are damaged.
    ///
    /// # Errors
    /// When the database fails.
    fn list<R: Record>(
        &mut self,
        query: Query<'_>,
    ) -> impl Future<Output = Result<Listed<R>, StoreError>> + Send {
        async move {
            let mut listed = Listed::default();
            self.read(&[query], &mut |_, row| listed.take(row.decode())).await?;
            Ok(listed)
        }
    }

    /// The records that are asked for; nobody may miss one.
    ///
    /// # Errors
    /// When one is damaged or the database fails.
    fn all<R: Record>(
        &mut self,
        query: Query<'_>,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let mut records: Vec<Result<R, Damage>> = Vec::new();
            self.read(&[query], &mut |_, row| records.push(row.decode())).await?;
            Ok(records.into_iter().collect::<Result<_, _>>()?)
        }
    }

    /// The next portion of a walk through a table by key; `None` when nothing is left.
    ///
    /// # Errors
    /// When the last row has no number in its key, or the database fails.
    fn list_after<R: Record<Key: OneId>>(
        &mut self,
        after: Option<WalkPosition>,
        limit: u32,
    ) -> impl Future<Output = Result<Option<Portion<R>>, StoreError>> + Send {
        async move {
            let (mut listed, mut through) = (Listed::default(), None);
            self.read(&[Query::after(R::TABLE, after, limit)], &mut |_, row| {
                through = Some(WalkPosition::at(row));
                listed.take(row.decode());
            })
            .await?;
            Ok(through.transpose()?.map(|through| Portion { listed, through }))
        }
    }
}

/// Writing rows.
pub trait WriteRows: ReadRows {
    /// Takes ids, in their order.
    ///
    /// # Errors
    /// When the database fails or has none left.
    fn take_numbers(
        &mut self,
        kind: IdKind,
        count: usize,
    ) -> impl Future<Output = Result<Vec<i64>, StoreError>> + Send;

    /// Makes sure that an id which was given from outside is never taken. Rows with ids of their own say so when they are
    /// inserted.
    ///
    /// # Errors
    /// When the database fails or the id is the last.
    fn raise_numbers(
        &mut self,
        kind: IdKind,
        given: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reserves the ids up to this one for rows that have ids of their own, and answers with the first of them: those below
    /// may have been given. It is above `highest` when all may.
    ///
    /// # Errors
    /// When the database fails or the id is the last.
    fn reserve_up_to(
        &mut self,
        kind: IdKind,
        highest: i64,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send;

    /// Writes rows. Ids that are inserted are never given.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a row is there already that may be there once; otherwise when a row is not there that is
    /// to be changed or to go, or the database fails. An engine in which others write meanwhile runs the operation again
    /// when one of them was faster, so that it sees what they did.
    fn write(&mut self, change: Change<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes ids, in their order.
    ///
    /// # Errors
    /// When the database fails or has none left.
    fn take_ids<I: CountedId>(
        &mut self,
        count: usize,
    ) -> impl Future<Output = Result<Vec<I>, StoreError>> + Send {
        async move {
            let numbers = self.take_numbers(I::KIND, count).await?;
            let id =
                |number| I::from_number(number).map_err(|_| StoreError::OutOfIds { kind: I::KIND.name() });
            numbers.into_iter().map(id).collect()
        }
    }

    /// Takes an id.
    ///
    /// # Errors
    /// When the database fails or has none left.
    fn take_id<I: CountedId>(&mut self) -> impl Future<Output = Result<I, StoreError>> + Send {
        async move {
            let taken = self.take_ids(1).await?.pop();
            taken.ok_or(StoreError::OutOfIds { kind: I::KIND.name() })
        }
    }

    /// Keeps new records.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn insert<R: Record>(&mut self, records: &[R]) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let dialect = self.dialect();
            let rows = records.iter().map(|record| record.encode(dialect)).collect();
            self.write(Change::Insert(R::TABLE, rows)).await
        }
    }

    /// Makes records that are there these.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn update<R: Record>(&mut self, records: &[R]) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let dialect = self.dialect();
            let rows = records.iter().map(|record| record.encode(dialect)).collect();
            self.write(Change::Update(R::TABLE, rows)).await
        }
    }

    /// Removes records that are there with what hangs on them.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn delete<R: Record>(&mut self, keys: &[R::Key]) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            self.delete_hanging::<R>(keys).await?;
            self.write(Change::Delete(R::TABLE, keys.iter().map(RecordKey::values).collect())).await
        }
    }

    /// Removes records, as far as they are there, with what hangs on them.
    ///
    /// # Errors
    /// When the database fails.
    fn delete_if_there<R: Record>(
        &mut self,
        keys: &[R::Key],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            self.delete_hanging::<R>(keys).await?;
            self.write(Change::DeleteIfThere(R::TABLE, keys.iter().map(RecordKey::values).collect())).await
        }
    }

    /// Removes what hangs on records.
    ///
    /// # Errors
    /// When the database fails.
    fn delete_hanging<R: Record>(
        &mut self,
        keys: &[R::Key],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move {
            let id = |key: &R::Key| key.values().first()?.as_integer();
            let ids: Vec<i64> = keys.iter().filter_map(id).collect();
            for table in R::TABLE.hanging() {
                self.write(Change::DeleteOf(table, &ids)).await?;
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::StoreId;

    use super::*;
    use crate::{Columns, StoredToken};

    struct OneColumn(Value<'static>);

    impl Columns for OneColumn {
        fn value(&self, _: usize) -> Result<Value<'_>, String> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn a_row_with_no_number_in_its_key_is_no_position_but_damage() {
        let at = |first: Value<'static>| {
            let store = StoreId::new(1).unwrap();
            WalkPosition::at(Row { store, table: StoredToken::TABLE, columns: &OneColumn(first) })
        };
        assert_eq!(at(Value::Integer(-7)).unwrap().number(), -7, "what is no id has its place");
        for none in [Value::Null, "7".into()] {
            let damage = at(none).unwrap_err();
            assert_eq!((damage.table, damage.column), ("tokens", "token_id"));
        }
    }
}
