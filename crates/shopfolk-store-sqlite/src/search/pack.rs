//! Packing what searches look at of customers into blocks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rusqlite::params;
use shopfolk_model::{CustomerId, SearchedCustomer};
use shopfolk_store::{IdKind, StoreError};

use super::added::read_added;
use super::backlog::Packing;
use super::bits::MOST_CUSTOMERS;
use super::block::{pack_numbers, pack_texts};
use super::blocks::Blocks;
use super::field::{Column, TextField};
use crate::connection::doing;
use crate::tx::SqliteWriteTx;

/// How much may be packed at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackingShare {
    /// So many customers.
    pub customers: usize,
    /// In so many blocks.
    pub blocks: usize,
    /// For about so long, where others may wait.
    pub time: Option<Duration>,
}

/// A customer of a block that is packed anew.
enum Member {
    /// It stays as it is, at this place of the old block.
    Kept(usize),
    /// It is packed as it lies in the tables now.
    New(Box<SearchedCustomer>),
}

/// A block that is packed anew.
struct Repacked {
    /// The block: the id of the first customer that belongs into it.
    first: i64,
    /// Those that belong into it now, with their ids, by id.
    members: Vec<(i64, Member)>,
    /// How many it had.
    had: usize,
    /// Whether other blocks come after it.
    has_next: bool,
}

impl SqliteWriteTx<'_> {
    /// Packs some of what is not packed in any store.
    pub(crate) fn pack(&mut self, packing: &mut Packing, share: PackingShare) -> Result<(), StoreError> {
        let PackingShare { mut customers, blocks, time } = share;
        let began = Instant::now();
        let is_over = || time.is_some_and(|time| began.elapsed() >= time);
        for _ in 0..blocks {
            if customers == 0 || packing.customers.is_empty() || is_over() {
                break;
            }
            customers = customers.saturating_sub(self.pack_block(packing, customers, is_over)?);
        }
        if packing.customers.is_empty()
            && let Some(through) = packing.added_through.take()
        {
            self.drop_added(through)?;
        }
        Ok(())
    }

    /// Packs the block of the first customer of the packing, for at most so many customers and until the time is over, and says
    /// for how many. One may have hundreds of contacts.
    fn pack_block(
        &mut self,
        packing: &mut Packing,
        most: usize,
        is_over: impl Fn() -> bool,
    ) -> Result<usize, StoreError> {
        let Some(&customer) = packing.customers.front() else { return Ok(0) };
        let blocks = self.blocks();
        let (first, ids) = blocks.block_of(customer.get())?.unwrap_or_default();
        let next = blocks.after(first, ids.is_empty())?;
        let mut changed = Vec::new();
        while changed.len() < most
            && let Some(&customer) = packing.customers.front()
            && next.is_none_or(|next| customer.get() < next)
        {
            packing.customers.pop_front();
            changed.push((customer, self.customer_to_pack(customer)?));
            if is_over() {
                break;
            }
        }
        let count = changed.len();
        let mut noted = 0;
        for (customer, _) in &changed {
            noted += self.change(
                "note that a customer is packed",
                "DELETE FROM search_changed WHERE store_id = ?1 AND customer_id = ?2",
                (self.store.get(), customer.get()),
            )?;
        }
        self.mode.backlog.note_packed(self.store, noted);
        self.write_block(&Repacked::new(first, &ids, changed, next.is_some()))?;
        Ok(count)
    }

    /// What searches look at of a customer, if it is there.
    fn customer_to_pack(
        &mut self,
        customer: CustomerId,
    ) -> Result<Option<Box<SearchedCustomer>>, StoreError> {
        match self.mode.backlog.take_fresh(self.store, customer) {
            Some(fresh) => Ok(Some(fresh)),
            None => Ok(self.searched_customer(customer)?.0.map(Box::new)),
        }
    }

    fn write_block(&mut self, block: &Repacked) -> Result<(), StoreError> {
        if block.members.is_empty() {
            return self.remove_block(block.first);
        }
        let next_contact = self.counters()?.next(IdKind::Contact);
        let pieces = block.pieces();
        for field in TextField::ALL {
            let old =
                if block.had == 0 { Vec::new() } else { self.blocks().unpacked_texts(field, block.first)? };
            let texts: Vec<_> = block
                .members
                .iter()
                .map(|(_, member)| match member {
                    Member::Kept(place) => old.get(*place).map(Vec::as_slice).unwrap_or_default().into(),
                    Member::New(customer) => field.text(customer),
                })
                .collect();
            let same = old.len() == texts.len() && old.iter().zip(&texts).all(|(old, new)| *old == **new);
            if pieces.len() == 1 && same {
                continue;
            }
            for &(first, from, to) in &pieces {
                let data = pack_texts(&texts[from..to]);
                self.write_field(field as u8, first, to - from, None, &data)?;
            }
        }
        for column in Column::ALL {
            let old = if block.had == 0 { Vec::new() } else { self.blocks().column(column, block.first)? };
            let number = |(_, member): &(i64, Member)| match member {
                Member::Kept(place) => old.get(*place).copied().unwrap_or_default(),
                Member::New(customer) => column.number(customer, next_contact),
            };
            let numbers: Vec<i64> = block.members.iter().map(number).collect();
            if pieces.len() == 1 && old == numbers {
                continue;
            }
            for &(first, from, to) in &pieces {
                let numbers = &numbers[from..to];
                let range = numbers.iter().min().copied().zip(numbers.iter().max().copied());
                self.write_field(column as u8, first, to - from, range, &pack_numbers(numbers))?;
            }
        }
        Ok(())
    }

    fn write_field(
        &mut self,
        field: u8,
        first: i64,
        customers: usize,
        range: Option<(i64, i64)>,
        data: &[u8],
    ) -> Result<(), StoreError> {
        let (low, high) = range.unzip();
        self.change(
            "write a search block",
            "INSERT INTO search_blocks (store_id, field, first_customer_id, customers, low, high, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (store_id, field, first_customer_id) DO UPDATE
                SET customers = ?4, low = ?5, high = ?6, data = ?7",
            params![
                self.store.get(),
                field,
                first,
                i64::try_from(customers).unwrap_or(i64::MAX),
                low,
                high,
                data
            ],
        )?;
        Ok(())
    }

    fn remove_block(&mut self, first: i64) -> Result<(), StoreError> {
        for field in
            TextField::ALL.map(|field| field as u8).into_iter().chain(Column::ALL.map(|column| column as u8))
        {
            self.change(
                "remove a search block",
                "DELETE FROM search_blocks WHERE store_id = ?1 AND field = ?2 AND first_customer_id = ?3",
                (self.store.get(), field, first),
            )?;
        }
        Ok(())
    }

    /// Drops the rows of added contacts that are packed.
    fn drop_added(&mut self, through: i64) -> Result<(), StoreError> {
        let contacts: Option<i64> = self.query_row(
            "count the packed contacts",
            "SELECT coalesce(sum(contacts), 0) FROM search_added WHERE store_id = ?1 AND first_contact_id <= ?2",
            (self.store.get(), through),
            |row| row.get(0),
        )?;
        self.change(
            "drop the packed contacts",
            "DELETE FROM search_added WHERE store_id = ?1 AND first_contact_id <= ?2",
            (self.store.get(), through),
        )?;
        *self.mode.rearranged = true;
        let contacts = usize::try_from(contacts.unwrap_or_default()).unwrap_or_default();
        self.mode.backlog.note_dropped(self.store, contacts);
        Ok(())
    }

    /// Begins to pack what is not packed: the changed customers, with `added` those too to whom contacts were added.
    pub(crate) fn begin_packing(&mut self, added: bool) -> Result<Packing, StoreError> {
        let changed = self.changed_customers()?;
        self.mode.backlog.set_changed(self.store, changed.len());
        if !added {
            return Ok(Packing { store: self.store, customers: changed.into(), added_through: None });
        }
        let last: Option<Option<i64>> = self.query_row(
            "find the last added contacts",
            "SELECT max(first_contact_id) FROM search_added WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let mut customers = BTreeSet::new();
        let mut contacts = 0;
        read_added(self.connection, self.store, |entry| {
            customers.insert(entry.customer);
            contacts += 1;
        })?;
        self.mode.backlog.set_added(self.store, contacts);
        let mut together: BTreeSet<_> = changed.into_iter().collect();
        for id in customers {
            // Nobody has an id that is none.
            together.extend(CustomerId::new(id).ok());
        }
        Ok(Packing {
            store: self.store,
            customers: together.into_iter().collect(),
            added_through: last.flatten(),
        })
    }
}

impl Repacked {
    /// What becomes of a block with these customers when those changed, who are given by id, or went.
    fn new(
        first: i64,
        ids: &[i64],
        changed: Vec<(CustomerId, Option<Box<SearchedCustomer>>)>,
        has_next: bool,
    ) -> Self {
        let stays = |id: &i64| changed.binary_search_by_key(id, |(customer, _)| customer.get()).is_err();
        let kept = ids.iter().enumerate().filter(|(_, id)| stays(id));
        let mut members: Vec<_> = kept.map(|(place, id)| (*id, Member::Kept(place))).collect();
        let new = changed.into_iter().filter_map(|(_, customer)| customer);
        members.extend(new.map(|customer| (customer.id.get(), Member::New(customer))));
        members.sort_unstable_by_key(|(id, _)| *id);
        Self { first, members, had: ids.len(), has_next }
    }

    /// What becomes one block each: the block, and which members. The last block of a store is filled before another is
    /// begun, because new customers come there; one between others is halved, so that there is room in both.
    fn pieces(&self) -> Vec<(i64, usize, usize)> {
        let count = self.members.len();
        let size = if self.has_next && count > MOST_CUSTOMERS {
            count.div_ceil(count.div_ceil(MOST_CUSTOMERS / 2 + MOST_CUSTOMERS / 4))
        } else {
            MOST_CUSTOMERS
        };
        (0..count)
            .step_by(size)
            .map(|from| {
                (if from == 0 { self.first } else { self.members[from].0 }, from, count.min(from + size))
            })
            .collect()
    }
}

impl Blocks<'_> {
    /// The block after this one; of no block at all, the first one there is.
    fn after(self, first: i64, none: bool) -> Result<Option<i64>, StoreError> {
        let after = if none { first - 1 } else { first };
        let next: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT min(first_customer_id)
                   FROM search_blocks
                  WHERE store_id = ?1 AND field = ?2 AND first_customer_id > ?3",
            )
            .and_then(|mut statement| {
                statement.query_row((self.store.get(), Column::CustomerId as u8, after), |row| row.get(0))
            })
            .map_err(doing("find the next search block"))?;
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(count: usize, has_next: bool) -> Vec<usize> {
        let members = (100..).zip((0..count).map(Member::Kept)).collect();
        let block = Repacked { first: 7, members, had: count, has_next };
        let pieces = block.pieces();
        assert!(pieces.windows(2).all(|pair| pair[0].2 == pair[1].1 && pair[0].0 < pair[1].0));
        assert_eq!(pieces.first().map(|piece| piece.0), Some(7));
        pieces.iter().map(|(_, from, to)| to - from).collect()
    }

    #[test]
    fn the_last_block_is_filled_and_others_are_halved() {
        assert_eq!(pieces(256, false), [256]);
        assert_eq!(pieces(600, false), [256, 256, 88]);
        assert_eq!(pieces(257, true), [129, 128]);
        assert!(pieces(1_000, true).iter().all(|&size| size <= MOST_CUSTOMERS));
    }
}
