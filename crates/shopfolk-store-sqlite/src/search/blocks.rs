//! Reading the blocks of a store.

use rusqlite::{Connection, Row};
use shopfolk_model::StoreId;
use shopfolk_store::{Damage, StoreError};

use super::bits::Bits;
use super::block::{Numbers, Texts};
use super::field::{Column, TextField};
use super::hits::{BlockHits, Hits};
use crate::connection::doing;

/// Up to so many blocks are read one by one instead of going through all of them.
const FEW_BLOCKS: usize = 48;

/// The blocks of a store, in one snapshot.
#[derive(Clone, Copy)]
pub(super) struct Blocks<'a> {
    pub connection: &'a Connection,
    pub store: StoreId,
}

/// A row of `search_blocks`, whose data is read only when it is asked for.
struct BlockRow<'a, 'b> {
    row: &'a Row<'b>,
    first: i64,
    customers: usize,
    store: StoreId,
}

const HIGHEST: &str =
    "SELECT max(high) FROM search_blocks WHERE store_id = ?1 AND field = ?2 AND high IS NOT NULL";

const ALL_BLOCKS: &str = "SELECT first_customer_id, customers, low, high, data
                            FROM search_blocks
                           WHERE store_id = ?1 AND field = ?2
                           ORDER BY first_customer_id";
const ONE_BLOCK: &str = "SELECT first_customer_id, customers, low, high, data
                           FROM search_blocks
                          WHERE store_id = ?1 AND field = ?2 AND first_customer_id = ?3";
const BLOCK_OF_CUSTOMER: &str = "SELECT first_customer_id, customers, low, high, data
                                   FROM search_blocks
                                  WHERE store_id = ?1 AND field = ?2 AND first_customer_id <= ?3
                                  ORDER BY first_customer_id DESC
                                  LIMIT 1";
const BLOCKS_BETWEEN: &str = "SELECT first_customer_id, customers, low, high, data
                                FROM search_blocks
                               WHERE store_id = ?1 AND field = ?2 AND high >= ?3 AND low <= ?4";

impl<'a, 'b> BlockRow<'a, 'b> {
    fn of(row: &'a Row<'b>, store: StoreId) -> Result<Self, StoreError> {
        let reading = doing("read a search block");
        let customers: u16 = row.get(1).map_err(&reading)?;
        Ok(Self { row, first: row.get(0).map_err(&reading)?, customers: customers.into(), store })
    }

    fn data(&self) -> Result<&[u8], StoreError> {
        let value = self.row.get_ref(4).map_err(doing("read a search block"))?;
        value.as_blob().map_err(|error| self.damaged(&error.to_string()))
    }

    fn range(&self) -> Result<(i64, i64), StoreError> {
        let reading = doing("read a search block");
        Ok((self.row.get(2).map_err(&reading)?, self.row.get(3).map_err(&reading)?))
    }

    fn texts(&self) -> Result<Texts<'_>, StoreError> {
        Texts::unpack(self.customers, self.data()?).map_err(|error| self.damaged(&error.to_string()))
    }

    fn numbers(&self) -> Result<Numbers<'_>, StoreError> {
        let (low, _) = self.range()?;
        Numbers::unpack(self.customers, low, self.data()?).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, reason: &str) -> StoreError {
        let damage = Damage {
            table: "search_blocks",
            column: "data",
            row: format!("store {}, block {}", self.store, self.first),
            reason: reason.to_owned(),
        };
        damage.into()
    }

    fn hits(&self, bits: Bits) -> BlockHits {
        BlockHits { first: self.first, bits }
    }
}

impl Blocks<'_> {
    /// Every customer of every block.
    pub(super) fn everybody(self) -> Result<Hits, StoreError> {
        let mut found = Vec::new();
        self.visit(Column::CustomerId as u8, None, |row| {
            found.push(row.hits(Bits::all(row.customers)));
            Ok(())
        })?;
        Ok(Hits::of(found))
    }

    /// Those whose texts are accepted, a block at a time; `within` are the only ones that matter.
    pub(super) fn texts(
        self,
        field: TextField,
        within: Option<&Hits>,
        mut accepts: impl FnMut(&Texts<'_>) -> Bits,
    ) -> Result<Hits, StoreError> {
        let mut found = Vec::new();
        self.visit(field as u8, within, |row| {
            found.push(row.hits(accepts(&row.texts()?)));
            Ok(())
        })?;
        Ok(Hits::of(found))
    }

    /// Those whose number is accepted; `within` are the only ones that matter.
    pub(super) fn numbers(
        self,
        column: Column,
        within: Option<&Hits>,
        mut accepts: impl FnMut(i64) -> bool,
    ) -> Result<Hits, StoreError> {
        let mut found = Vec::new();
        self.visit(column as u8, within, |row| {
            found.push(row.hits(row.numbers()?.accepted(&mut accepts)));
            Ok(())
        })?;
        Ok(Hits::of(found))
    }

    /// Those whose number is in this range and is accepted; blocks without such numbers are not looked at.
    pub(super) fn numbers_between(
        self,
        column: Column,
        low: i64,
        high: i64,
        mut accepts: impl FnMut(i64) -> bool,
    ) -> Result<Hits, StoreError> {
        let reading = doing("read the search blocks");
        let mut statement = self.connection.prepare_cached(BLOCKS_BETWEEN).map_err(&reading)?;
        let mut rows = statement.query((self.store.get(), column as u8, low, high)).map_err(&reading)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(&reading)? {
            let row = BlockRow::of(row, self.store)?;
            let in_range = |number| low <= number && number <= high && accepts(number);
            found.push(row.hits(row.numbers()?.accepted(in_range)));
        }
        Ok(Hits::of(found))
    }

    /// Hands the texts of each block with hits to `look`.
    pub(super) fn texts_of(
        self,
        field: TextField,
        hits: &Hits,
        mut look: impl FnMut(&BlockHits, &Texts<'_>),
    ) -> Result<(), StoreError> {
        self.visit(field as u8, Some(hits), |row| {
            if let Some(block) = hits.at(row.first) {
                look(block, &row.texts()?);
            }
            Ok(())
        })
    }

    /// Hands the numbers of each block with hits to `look`.
    pub(super) fn numbers_of(
        self,
        column: Column,
        hits: &Hits,
        mut look: impl FnMut(&BlockHits, &Numbers<'_>),
    ) -> Result<(), StoreError> {
        self.visit(column as u8, Some(hits), |row| {
            if let Some(block) = hits.at(row.first) {
                look(block, &row.numbers()?);
            }
            Ok(())
        })
    }

    /// The greatest number of a column; `None` when there are no blocks.
    pub(super) fn highest(self, column: Column) -> Result<Option<i64>, StoreError> {
        self.connection
            .prepare_cached(HIGHEST)
            .and_then(|mut statement| statement.query_row((self.store.get(), column as u8), |row| row.get(0)))
            .map_err(doing("read the search blocks"))
    }

    /// The ids of one block's customers.
    pub(super) fn customer_ids(self, first: i64) -> Result<Vec<i64>, StoreError> {
        self.one(ONE_BLOCK, Column::CustomerId as u8, first, |row| Ok(row.numbers()?.iter().collect()))
            .map(Option::unwrap_or_default)
    }

    /// One column of one block.
    pub(super) fn column(self, column: Column, first: i64) -> Result<Vec<i64>, StoreError> {
        self.one(ONE_BLOCK, column as u8, first, |row| Ok(row.numbers()?.iter().collect()))
            .map(Option::unwrap_or_default)
    }

    /// The texts of one block, unpacked.
    pub(super) fn unpacked_texts(self, field: TextField, first: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        self.one(ONE_BLOCK, field as u8, first, |row| {
            let texts = row.texts()?;
            Ok((0..row.customers).map(|place| texts.get(place).to_vec()).collect())
        })
        .map(Option::unwrap_or_default)
    }

    /// The block into which a customer belongs, with the ids of those in it; `None` before the first.
    pub(super) fn block_of(self, customer: i64) -> Result<Option<(i64, Vec<i64>)>, StoreError> {
        self.one(BLOCK_OF_CUSTOMER, Column::CustomerId as u8, customer, |row| {
            Ok((row.first, row.numbers()?.iter().collect()))
        })
    }

    fn one<T>(
        self,
        sql: &str,
        field: u8,
        key: i64,
        look: impl FnOnce(&BlockRow<'_, '_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let reading = doing("read a search block");
        let mut statement = self.connection.prepare_cached(sql).map_err(&reading)?;
        let mut rows = statement.query((self.store.get(), field, key)).map_err(&reading)?;
        match rows.next().map_err(&reading)? {
            Some(row) => look(&BlockRow::of(row, self.store)?).map(Some),
            None => Ok(None),
        }
    }

    fn visit(
        self,
        field: u8,
        within: Option<&Hits>,
        mut look: impl FnMut(&BlockRow<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if let Some(hits) = within
            && hits.len() <= FEW_BLOCKS
        {
            for block in hits.blocks() {
                self.one(ONE_BLOCK, field, block.first, &mut look)?;
            }
            return Ok(());
        }
        let reading = doing("read the search blocks");
        let mut statement = self.connection.prepare_cached(ALL_BLOCKS).map_err(&reading)?;
        let mut rows = statement.query((self.store.get(), field)).map_err(&reading)?;
        let mut wanted = within.map(|hits| hits.blocks().iter().peekable());
        while let Some(row) = rows.next().map_err(&reading)? {
            let row = BlockRow::of(row, self.store)?;
            if let Some(wanted) = &mut wanted {
                while wanted.next_if(|block| block.first < row.first).is_some() {}
                if wanted.next_if(|block| block.first == row.first).is_none() {
                    continue;
                }
            }
            look(&row)?;
        }
        Ok(())
    }
}
