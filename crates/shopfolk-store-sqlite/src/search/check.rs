//! Verifying that searches look through what is there: every block is compared with what packing the rows of its customers
//! would give, one block after the other.

mod block;
mod late;

use std::cell::OnceCell;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Params};
use shopfolk_model::StoreId;
use shopfolk_store::{Invariant, StoreError, Violation};

use super::field::{Column, TextField};
use crate::connection::doing;
use crate::tx::{Reading, SqliteReadTx};
use late::LateContacts;

/// Verifies what the searches of every store look through.
pub(crate) fn check_searches(
    connection: &mut Connection,
    report: &mut impl FnMut(Violation),
) -> Result<(), StoreError> {
    let mut found = |store, found: String| {
        let found = format!("{found}; 'shopfolk rebuild' makes it anew");
        report(Violation { invariant: Invariant::SearchesWhole, store, found });
    };
    for id in numbers(connection, "SELECT store_id FROM stores ORDER BY store_id", [])? {
        // A store that cannot be is told of by itself.
        if let Ok(store) = StoreId::new(id) {
            check_store(connection, store, &mut |what| found(Some(store), what))?;
        }
    }
    let known: Vec<String> = fields().map(|field| field.to_string()).collect();
    let unknown = format!("SELECT count(*) FROM search_blocks WHERE field NOT IN ({})", known.join(", "));
    if numbers(connection, &unknown, [])? != [0] {
        found(None, "there are search blocks of a field that no search has".to_owned());
    }
    Ok(())
}

/// The numbers of all fields.
fn fields() -> impl Iterator<Item = u8> {
    TextField::ALL.map(|field| field as u8).into_iter().chain(Column::ALL.map(|column| column as u8))
}

/// The numbers that a statement finds.
fn numbers(connection: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<i64>, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(parameters, |row| row.get(0))?.collect())
        .map_err(doing("check the search blocks"))
}

fn check_store(
    connection: &mut Connection,
    store: StoreId,
    found: &mut dyn FnMut(String),
) -> Result<(), StoreError> {
    let changed = "SELECT customer_id FROM search_changed WHERE store_id = ?1 ORDER BY customer_id";
    let blocks = "SELECT DISTINCT first_customer_id FROM search_blocks WHERE store_id = ?1 ORDER BY 1";
    let next_contact = connection
        .query_row("SELECT next_contact_id FROM counters WHERE store_id = ?1", [store.get()], |row| {
            row.get(0)
        })
        .optional()
        .map_err(doing("check the search blocks"))?;
    let blocks = numbers(connection, blocks, [store.get()])?;
    let mut check = StoreCheck {
        changed: numbers(connection, changed, [store.get()])?,
        late: LateContacts::read(connection, store, found)?,
        next_contact: next_contact.unwrap_or(1),
        tx: SqliteReadTx { connection, store, mode: Reading::Command(OnceCell::new()) },
        found,
    };
    let ends = blocks.iter().copied().skip(1).chain([i64::MAX]);
    check.find_unpacked(i64::MIN..blocks.first().copied().unwrap_or(i64::MAX), &[])?;
    for (&first, end) in blocks.iter().zip(ends) {
        let ids = check.check_block(first..end)?;
        check.find_unpacked(first..end, &ids)?;
    }
    Ok(())
}

/// The check of one store.
struct StoreCheck<'a> {
    tx: SqliteReadTx<'a>,
    /// Customers at whom searches look where they lie, by id.
    changed: Vec<i64>,
    late: LateContacts,
    /// No contact has this id or a higher one.
    next_contact: i64,
    found: &'a mut dyn FnMut(String),
}

impl StoreCheck<'_> {
    fn is_changed(&self, customer: i64) -> bool {
        self.changed.binary_search(&customer).is_ok()
    }

    /// Looks for customers whom no search looks at: those with ids in this range belong into a block with these.
    fn find_unpacked(&mut self, range: Range<i64>, packed: &[i64]) -> Result<(), StoreError> {
        let checking = doing("check the search blocks");
        let mut statement = self
            .tx
            .connection
            .prepare_cached(
                "SELECT customer_id FROM customers WHERE store_id = ?1 AND customer_id >= ?2 AND customer_id < ?3",
            )
            .map_err(&checking)?;
        let parameters = (self.tx.store.get(), range.start, range.end);
        let mut rows = statement.query(parameters).map_err(&checking)?;
        let (mut first, mut count) = (None, 0_u64);
        while let Some(row) = rows.next().map_err(&checking)? {
            let id: i64 = row.get(0).map_err(&checking)?;
            if packed.binary_search(&id).is_err() && !self.is_changed(id) {
                first.get_or_insert(id);
                count += 1;
            }
        }
        if let Some(first) = first {
            (self.found)(format!("{count} customers from {first} on are in no search"));
        }
        Ok(())
    }
}
