//! A part of those found, in their order.

use shopfolk_model::{CustomerId, CustomerPosition, CustomerSort, SearchedCustomer, SortField, SortValue};
use shopfolk_store::{Damage, PageRequest, StoreError};

use super::blocks::Blocks;
use super::field::{Column, MISSING, SortSource, sort_source};
use super::find::Found;
use super::ranking::Ranking;

/// The ids of those on a page, and where it ends while there is more.
type Listed = (Vec<CustomerId>, Option<CustomerPosition>);

impl Blocks<'_> {
    /// A page of those found in the blocks and the others, who are by id, in this order or by id.
    pub(super) fn page(
        self,
        found: &Found,
        others: &[SearchedCustomer],
        sort: Option<CustomerSort>,
        page: &PageRequest<CustomerPosition>,
    ) -> Result<Listed, StoreError> {
        if page.limit == 0 {
            return Ok((Vec::new(), None));
        }
        let Some(sort) = sort else {
            let others = others.iter().map(|customer| customer.id.get());
            return self.by_id(found, others, page);
        };
        let total = found.hits.count() + others.len();
        if usize::try_from(page.offset()).is_ok_and(|offset| offset < total) {
            self.sorted(found, others, sort, page, total)
        } else {
            Ok((Vec::new(), None))
        }
    }

    /// By id.
    fn by_id(
        self,
        found: &Found,
        others: impl Iterator<Item = i64>,
        page: &PageRequest<CustomerPosition>,
    ) -> Result<Listed, StoreError> {
        let reads = usize::try_from(page.reads()).unwrap_or(usize::MAX);
        let mut pass_over = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let after = page.position().map(|position| position.id.get());
        let is_behind = |&id: &i64| after.is_none_or(|after| id > after);
        let mut others = others.filter(is_behind).peekable();
        let mut ids = Vec::new();
        // The block to which the place belongs is the last that begins before it.
        let blocks = found.hits.blocks();
        let first = after.map_or(0, |after| blocks.partition_point(|block| block.first <= after));
        let mut blocks = blocks[first.saturating_sub(1)..].iter().peekable();
        while ids.len() < reads && (blocks.peek().is_some() || others.peek().is_some()) {
            // Those of a block, and the others that come before the next block begins.
            let block = blocks.next_if(|block| others.peek().is_none_or(|&other| block.first <= other));
            let end = blocks.peek().map_or(i64::MAX, |next| next.first);
            let mut between = Vec::new();
            while let Some(other) = others.next_if(|&other| other < end) {
                between.push(other);
            }
            let count = block.map_or(0, |block| block.bits.count()) + between.len();
            if count <= pass_over {
                pass_over -= count;
                continue;
            }
            if let Some(block) = block {
                let all = self.customer_ids(block.first)?;
                let found = block.bits.places().filter_map(|place| all.get(place).copied());
                between.extend(found.filter(is_behind));
                between.sort_unstable();
            }
            ids.extend(between.into_iter().skip(pass_over).take(reads - ids.len()));
            pass_over = 0;
        }
        let mut ids = ids.into_iter().map(|id| self.customer(id)).collect::<Result<Vec<_>, _>>()?;
        let more = page.cut(&mut ids);
        let next = ids.last().copied().filter(|_| more).map(CustomerPosition::by_id);
        Ok((ids, next))
    }

    fn sorted(
        self,
        found: &Found,
        others: &[SearchedCustomer],
        sort: CustomerSort,
        page: &PageRequest<CustomerPosition>,
        total: usize,
    ) -> Result<Listed, StoreError> {
        let mut ranking = Ranking::new(sort, page, total);
        for customer in others {
            ranking.offer(customer.sort_value(sort.field), || Ok(customer.id))?;
        }
        self.offer_found(found, sort.field, &mut ranking)?;
        Ok(ranking.page())
    }

    /// Offers those found in the blocks with what they are sorted by.
    fn offer_found(self, found: &Found, field: SortField, ranking: &mut Ranking) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        match sort_source(field) {
            SortSource::Text(field) => self.texts_of(field, &found.hits, |block, texts| {
                let mut ids = BlockIds { blocks: self, first: block.first, ids: None };
                let offered = block.bits.places().try_for_each(|place| {
                    ranking.offer(SortValue::Text(texts.get(place)), || ids.get(place))
                });
                keep_error(&mut outcome, offered);
            })?,
            SortSource::Number(column) => {
                let late = |first, place| {
                    let key = (first, place);
                    let at = found.late_updates.binary_search_by_key(&key, |late| (late.first, late.place));
                    at.ok().filter(|_| column == Column::Updated).map(|at| found.late_updates[at].updated)
                };
                self.numbers_of(column, &found.hits, |block, numbers| {
                    let mut ids = BlockIds { blocks: self, first: block.first, ids: None };
                    let offered = block.bits.places().try_for_each(|place| {
                        let number = late(block.first, place).unwrap_or_else(|| numbers.get(place));
                        let known = Some(number).filter(|&number| number != MISSING);
                        ranking.offer(SortValue::Number(known), || ids.get(place))
                    });
                    keep_error(&mut outcome, offered);
                })?;
            }
        }
        outcome
    }

    /// The customer with an id that a block holds.
    fn customer(self, id: i64) -> Result<CustomerId, StoreError> {
        CustomerId::new(id).map_err(|error| self.damaged("customers", error.to_string()))
    }

    fn damaged(self, column: &'static str, reason: String) -> StoreError {
        let row = format!("store {}", self.store);
        Damage { table: "search_blocks", column, row, reason }.into()
    }
}

fn keep_error(outcome: &mut Result<(), StoreError>, offered: Result<(), StoreError>) {
    if outcome.is_ok() {
        *outcome = offered;
    }
}

/// The ids of a block's customers, read when the first is asked for.
struct BlockIds<'a> {
    blocks: Blocks<'a>,
    first: i64,
    ids: Option<Vec<i64>>,
}

impl BlockIds<'_> {
    fn get(&mut self, place: usize) -> Result<CustomerId, StoreError> {
        let ids = match self.ids.take() {
            Some(ids) => ids,
            None => self.blocks.customer_ids(self.first)?,
        };
        let id = ids.get(place).copied();
        self.ids = Some(ids);
        let id = id.ok_or_else(|| {
            let reason = format!("the fields of block {} are not of the same customers", self.first);
            self.blocks.damaged("customers", reason)
        })?;
        self.blocks.customer(id)
    }
}
