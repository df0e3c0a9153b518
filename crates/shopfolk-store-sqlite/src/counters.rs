//! The next id of each kind, per store: read once, raised in memory, written with the commit.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use shopfolk_model::StoreId;
use shopfolk_store::{Damage, IdKind, NextIds, StoreError, StoreSize};

use crate::connection::doing;

/// What the counters of a store say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreCounters {
    next: NextIds,
    customers: u64,
    changed: bool,
}

/// The counters of the stores that were written to lately.
#[derive(Debug, Default)]
pub(crate) struct Counters(HashMap<StoreId, StoreCounters>);

/// More stores than this are not kept in memory at once.
const MAXIMUM_STORES: usize = 10_000;

fn columns() -> impl Iterator<Item = &'static str> {
    IdKind::ALL.iter().map(|kind| kind.counter()).chain(["customer_count"])
}

/// Writes the counters of a store: its id, and then the columns.
pub(crate) static WRITE_COUNTERS: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = columns().collect();
    let places: Vec<_> = (2..).take(names.len()).map(|place| format!("?{place}")).collect();
    let set: Vec<_> = names.iter().zip(&places).map(|(name, place)| format!("{name} = {place}")).collect();
    format!(
        "INSERT INTO counters (store_id, {}) VALUES (?1, {}) ON CONFLICT (store_id) DO UPDATE SET {}",
        names.join(", "),
        places.join(", "),
        set.join(", ")
    )
});

/// Reads the counters of a store.
pub(crate) static READ_COUNTERS: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM counters WHERE store_id = ?1", columns().collect::<Vec<_>>().join(", "))
});

impl StoreCounters {
    /// Takes ids of a kind, in their order.
    pub(crate) fn take(&mut self, kind: IdKind, count: usize) -> Result<Vec<i64>, StoreError> {
        let next = &mut self.next.0[kind.index()];
        // As many as there are ids of a kind fit into the number.
        let end = kind.as_next(next.saturating_add(i64::try_from(count).unwrap_or(i64::MAX)))?;
        let taken = (*next..end).collect();
        *next = end;
        self.changed = true;
        Ok(taken)
    }

    /// The next id of a kind.
    pub(crate) const fn next(&self, kind: IdKind) -> i64 {
        self.next.of(kind)
    }

    /// Makes sure that an id which was given from outside is never taken.
    pub(crate) fn raise_above(&mut self, kind: IdKind, given: i64) -> Result<(), StoreError> {
        if given >= self.next(kind) {
            self.next.0[kind.index()] = kind.as_next(given.saturating_add(1))?;
            self.changed = true;
        }
        Ok(())
    }

    /// Makes sure that no id below these is ever taken.
    pub(crate) fn raise_all(&mut self, next: &NextIds) -> Result<(), StoreError> {
        for (known, &kind) in self.next.0.iter_mut().zip(IdKind::ALL) {
            *known = (*known).max(kind.as_next(next.of(kind))?);
        }
        self.changed = true;
        Ok(())
    }

    /// Counts customers that came.
    pub(crate) fn count_customers(&mut self, count: usize) {
        self.customers += count as u64;
        self.changed = true;
    }

    /// Counts customers that went.
    pub(crate) fn discount_customers(&mut self, count: usize) {
        self.customers = self.customers.saturating_sub(count as u64);
        self.changed = true;
    }
}

impl Counters {
    /// The counters of a store, read when they are not known.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        store: StoreId,
    ) -> Result<&mut StoreCounters, StoreError> {
        match self.0.entry(store) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(unknown) => {
                Ok(unknown.insert(read(connection, store)?))
            }
        }
    }

    /// Writes the counters that were raised, in the transaction that is about to commit.
    pub(crate) fn write(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let write = |store: StoreId, counters: &StoreCounters| {
            let customers = i64::try_from(counters.customers).unwrap_or(i64::MAX);
            let numbers = std::iter::once(store.get()).chain(counters.next.0).chain([customers]);
            connection.prepare_cached(&WRITE_COUNTERS)?.execute(params_from_iter(numbers))
        };
        for (store, counters) in &mut self.0 {
            if counters.changed {
                write(*store, counters).map_err(doing("write the counters of ids"))?;
                counters.changed = false;
            }
        }
        if self.0.len() > MAXIMUM_STORES {
            self.0.clear();
        }
        Ok(())
    }

    /// Forgets what was raised and not committed, or what another process may have raised.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The ids of a store that come next, and how many rows it has, as a reader sees them.
pub(crate) fn read_next(connection: &Connection, store: StoreId) -> Result<(NextIds, StoreSize), StoreError> {
    let StoreCounters { next, customers, .. } = read(connection, store)?;
    let events = (next.of(IdKind::Event) - 1).unsigned_abs();
    Ok((next, StoreSize { customers, events }))
}

fn read(connection: &Connection, store: StoreId) -> Result<StoreCounters, StoreError> {
    let row: Option<Vec<i64>> = connection
        .prepare_cached(&READ_COUNTERS)
        .and_then(|mut statement| {
            let numbers = |row: &rusqlite::Row<'_>| (0..=IdKind::COUNT).map(|place| row.get(place)).collect();
            statement.query_row([store.get()], numbers).optional()
        })
        .map_err(doing("read the counters of ids"))?;
    let Some(row) = row else {
        return Ok(StoreCounters { next: NextIds::FIRST, customers: 0, changed: false });
    };
    let damaged =
        |column, reason: String| Damage { table: "counters", column, row: format!("store {store}"), reason };
    let mut next = NextIds::FIRST;
    for (kind, &number) in IdKind::ALL.iter().zip(&row) {
        if !(1..=kind.maximum()).contains(&number) {
            let reason = format!("{number} is no {} id", kind.name());
            return Err(damaged(kind.counter(), reason).into());
        }
        next.0[kind.index()] = number;
    }
    let customers = row.last().copied().unwrap_or_default();
    let customers = u64::try_from(customers)
        .map_err(|_| damaged("customer_count", format!("{customers} is no number of customers")))?;
    Ok(StoreCounters { next, customers, changed: false })
}
