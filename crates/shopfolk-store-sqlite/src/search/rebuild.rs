//! Making the blocks of a store anew, a portion of customers at a time, while others read and write.
//!
//! What a portion takes away it packs again in the same transaction, from the tables alone. Customers of a block that is
//! taken away, but who come with the next portion, are noted as changed, so that no search misses them meanwhile.

use std::collections::VecDeque;

use shopfolk_model::CustomerId;
use shopfolk_store::{IdKind, PORTION, StoreError};

use super::backlog::Packing;
use super::field::{Column, TextField};
use super::pack::PackingShare;
use crate::tx::SqliteWriteTx;
use crate::writer::Runs;

/// Makes the blocks of the next customers anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebuild {
    /// The last one that was done.
    pub after: Option<Rebuilt>,
}

/// How far a store is made anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebuilt {
    /// The last customer that was done.
    pub through: i64,
    /// How many were done with this portion.
    pub customers: u64,
    /// Contacts with ids below are packed when all is done.
    contacts_below: i64,
}

impl Runs for Rebuild {
    /// `None` when all are done.
    type Output = Option<Rebuilt>;
    type Error = StoreError;

    async fn run(&self, tx: &mut SqliteWriteTx<'_>) -> Result<Option<Rebuilt>, StoreError> {
        let after = self.after.map_or(-1, |rebuilt| rebuilt.through);
        if self.after.is_none() {
            tx.remove_unknown_fields()?;
        }
        let contacts_below = match self.after {
            Some(rebuilt) => rebuilt.contacts_below,
            None => tx.counters()?.next(IdKind::Contact),
        };
        let ids: Vec<i64> = tx.query_rows(
            "list the customers that are packed anew",
            "SELECT customer_id FROM customers WHERE store_id = ?1 AND customer_id > ?2 ORDER BY customer_id LIMIT ?3",
            (tx.store.get(), after, i64::try_from(PORTION).unwrap_or(i64::MAX)),
            |row| row.get(0),
        )?;
        let Some(&through) = ids.last() else {
            tx.remove_blocks_between(after + 1, i64::MAX)?;
            *tx.mode.rearranged = true;
            tx.change(
                "drop the packed contacts",
                "DELETE FROM search_added WHERE store_id = ?1 AND first_contact_id < ?2",
                (tx.store.get(), contacts_below),
            )?;
            return Ok(None);
        };
        tx.remove_blocks_between(after + 1, through)?;
        tx.note_changed_between(after, through)?;
        let customers: VecDeque<_> = ids.iter().filter_map(|&id| CustomerId::new(id).ok()).collect();
        let mut packing = Packing { store: tx.store, customers, added_through: None };
        while !packing.customers.is_empty() {
            tx.pack(&mut packing, PackingShare { customers: PORTION, blocks: PORTION, time: None })?;
        }
        Ok(Some(Rebuilt { through, customers: ids.len() as u64, contacts_below }))
    }
}

/// The numbers of all fields.
fn fields() -> impl Iterator<Item = i64> {
    let texts = TextField::ALL.map(|field| field as i64);
    texts.into_iter().chain(Column::ALL.map(|column| column as i64))
}

impl SqliteWriteTx<'_> {
    /// Removes blocks of fields that there are not.
    fn remove_unknown_fields(&mut self) -> Result<(), StoreError> {
        let there: Vec<i64> = self.query_rows(
            "list the fields of search blocks",
            "SELECT DISTINCT field FROM search_blocks WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        for field in there {
            if !fields().any(|known| known == field) {
                self.remove_blocks(field, i64::MIN, i64::MAX)?;
            }
        }
        Ok(())
    }

    /// Removes the blocks that begin with one of these customers.
    fn remove_blocks_between(&mut self, first: i64, last: i64) -> Result<(), StoreError> {
        fields().try_for_each(|field| self.remove_blocks(field, first, last))
    }

    fn remove_blocks(&mut self, field: i64, first: i64, last: i64) -> Result<(), StoreError> {
        self.change(
            "remove search blocks",
            "DELETE FROM search_blocks WHERE store_id = ?1 AND field = ?2 AND first_customer_id BETWEEN ?3 AND ?4",
            (self.store.get(), field, first, last),
        )?;
        Ok(())
    }

    /// Notes that the customers behind `after` have changed: up to `through`, and those behind that who were in a block that
    /// is gone.
    fn note_changed_between(&mut self, after: i64, through: i64) -> Result<(), StoreError> {
        let next: Option<Option<i64>> = self.query_row(
            "find the next search block",
            "SELECT min(first_customer_id)
               FROM search_blocks
              WHERE store_id = ?1 AND field = ?2 AND first_customer_id > ?3",
            (self.store.get(), Column::CustomerId as u8, through),
            |row| row.get(0),
        )?;
        // Behind the last block nobody is packed who is not in it: a portion is enough.
        let last = if let Some(next) = next.flatten() {
            next - 1
        } else {
            let last: Option<Option<i64>> = self.query_row(
                "find the last customer of the next portion",
                "SELECT max(customer_id)
                   FROM (SELECT customer_id FROM customers
                          WHERE store_id = ?1 AND customer_id > ?2 ORDER BY customer_id LIMIT ?3)",
                (self.store.get(), through, i64::try_from(PORTION).unwrap_or(i64::MAX)),
                |row| row.get(0),
            )?;
            last.flatten().unwrap_or(through).max(through)
        };
        let noted = self.change(
            "note that customers changed",
            "INSERT OR IGNORE INTO search_changed (store_id, customer_id)
             SELECT store_id, customer_id FROM customers
              WHERE store_id = ?1 AND customer_id > ?2 AND customer_id <= ?3",
            (self.store.get(), after, last),
        )?;
        self.mode.backlog.note_changed(self.store, noted);
        Ok(())
    }
}
