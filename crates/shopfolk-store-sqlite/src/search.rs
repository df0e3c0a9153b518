//! Searching the customers of a store.
//!
//! The folded texts and the numbers that searches look at lie packed in `search_blocks`: one row holds one field of up to
//! 256 customers with ids next to each other, and a search goes through the rows of the fields that it asks for. That
//! finds any part of a text in any script, gives exact totals, and needs neither an index for each order nor a query
//! language. A million customers are about four thousand rows a field.
//!
//! The blocks follow behind the writes, but no search misses a write: contacts that were created since are in
//! `search_added`, in the order they came, and a search looks through them too; customers that came, changed or went in any
//! other way are named in `search_changed`, and a search looks at each of them where it lies. All three are written in the
//! transaction of the change, so that a snapshot is always whole. Packing (`pack.rs`) empties both while nobody waits,
//! and bit by bit with the commits when they grow.

pub(crate) mod added;
pub(crate) mod backlog;
mod bits;
mod block;
mod blocks;
mod check;
mod field;
mod find;
mod hits;
mod late;
mod links;
mod narrowing;
mod pack;
mod page;
mod ranking;
mod rebuild;
mod selection;

use std::collections::BTreeSet;

use futures_util::FutureExt;
use shopfolk_model::{
    CountryCode, CustomerId, CustomerPosition, CustomerSearch, CustomerSort, EmailFilter, SearchedCustomer,
    SortField,
};
use shopfolk_store::{
    Damage, Page, PageRequest, PageStart, ReadSearch, StoreError, find_customer_by_email, get_customer,
};

use blocks::Blocks;
pub(crate) use check::check_searches;
use field::{PART_END, TextField};
use find::Found;
pub(crate) use pack::PackingShare;
pub(crate) use rebuild::Rebuild;

use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

impl<M: TxMode> ReadSearch for SqliteTx<'_, M> {
    async fn search_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: &PageRequest<CustomerPosition>,
    ) -> Result<Page<CustomerId, CustomerPosition>, StoreError> {
        let buyers = match &search.purchased_products {
            Some(products) => Some(self.list_buyers(products.iter().copied())?),
            None => None,
        };
        let bought = |customer: CustomerId| {
            buyers.as_ref().is_none_or(|buyers| buyers.binary_search(&customer.get()).is_ok())
        };
        if let Some(EmailFilter::Exactly(address)) = &search.email {
            let id = match address {
                Some(address) => find_customer_by_email(self, address).await?,
                None => None,
            };
            let (customer, damaged) = match id {
                Some(id) => self.searched_customer(id)?,
                None => (None, 0),
            };
            let found = customer.filter(|customer| customer.matches(search, |_| bought(customer.id)));
            let behind = |customer: &&SearchedCustomer| match &page.start {
                PageStart::Offset(offset) => *offset == 0,
                PageStart::After(position) => position.is_before(customer, sort),
            };
            let on_page = found.iter().filter(behind).take(page.limit as usize);
            return Ok(Page {
                total: u64::from(found.is_some()),
                items: on_page.map(|customer| customer.id).collect(),
                damaged,
                next: None,
            });
        }
        let by_update = sort.is_some_and(|sort| sort.field == SortField::Updated);
        let mut found = self.blocks().find(search, buyers.as_deref(), by_update)?;
        let changed = self.changed_customers()?;
        self.blocks().leave_out(&mut found, &changed)?;
        let (mut others, mut damaged) = (Vec::new(), 0);
        for id in changed {
            let (customer, rows) = self.searched_customer(id)?;
            damaged += rows;
            others.extend(customer.filter(|customer| customer.matches(search, |_| bought(customer.id))));
        }
        let total = found.hits.count() + others.len();
        let (items, next) = self.blocks().page(&found, &others, sort, page)?;
        Ok(Page { total: total as u64, items, damaged, next })
    }

    async fn list_languages(&mut self) -> Result<BTreeSet<String>, StoreError> {
        let known =
            |customer: &SearchedCustomer| Some(customer.language.clone()).filter(|text| !text.is_empty());
        self.distinct_parts(TextField::Language, |customer| known(customer).into_iter().collect())
    }

    async fn list_countries(&mut self) -> Result<BTreeSet<CountryCode>, StoreError> {
        let codes = self.distinct_parts(TextField::Countries, |customer| {
            customer.countries.iter().map(ToString::to_string).collect()
        })?;
        let country = |code: &String| code.parse().map_err(|error| self.damaged_block(&error).into());
        codes.iter().map(country).collect()
    }
}

impl<M: TxMode> SqliteTx<'_, M> {
    /// The blocks of the store.
    fn blocks(&self) -> Blocks<'_> {
        Blocks { connection: self.connection, store: self.store }
    }

    /// The parts of a field of all customers, each once.
    fn distinct_parts(
        &mut self,
        field: TextField,
        of_changed: impl Fn(&SearchedCustomer) -> Vec<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let blocks = self.blocks();
        let changed = self.changed_customers()?;
        let mut found = Found { hits: blocks.everybody()?, late_updates: Vec::new() };
        blocks.leave_out(&mut found, &changed)?;
        let mut parts = BTreeSet::new();
        blocks.texts_of(field, &found.hits, |block, texts| {
            for place in block.bits.places() {
                for part in texts.get(place).split(|&byte| byte == PART_END) {
                    let part = String::from_utf8_lossy(part);
                    if !part.is_empty() && !parts.contains(&*part) {
                        parts.insert(part.into_owned());
                    }
                }
            }
        })?;
        for id in changed {
            if let (Some(customer), _) = self.searched_customer(id)? {
                parts.extend(of_changed(&customer));
            }
        }
        Ok(parts)
    }

    /// What a search looks at of a customer, where it lies, as far as there is such a customer who can be read; and how many
    /// rows cannot, each of which is told.
    fn searched_customer(&mut self, id: CustomerId) -> Result<(Option<SearchedCustomer>, u64), StoreError> {
        let customer = match get_customer(self, id).now_or_never() {
            Some(Err(StoreError::Damaged(damage))) => {
                damage.tell();
                return Ok((None, 1));
            }
            // Nothing in this engine waits for anything else.
            ready => ready.transpose()?.flatten(),
        };
        let Some(customer) = customer else { return Ok((None, 0)) };
        let (contacts, _) = self.contacts_now(id)?.unwrap_or_default().readable();
        Ok((Some(SearchedCustomer::of(&customer, &contacts)), 0))
    }

    fn damaged_block(&self, reason: &dyn std::fmt::Display) -> Damage {
        Damage {
            table: "search_blocks",
            column: "data",
            row: format!("store {}", self.store),
            reason: reason.to_string(),
        }
    }

    /// The customers that came, changed or went since they were packed, by id.
    fn changed_customers(&self) -> Result<Vec<CustomerId>, StoreError> {
        let ids: Vec<i64> = self.query_rows(
            "list the customers that are not packed",
            "SELECT customer_id FROM search_changed WHERE store_id = ?1 ORDER BY customer_id",
            [self.store.get()],
            |row| row.get(0),
        )?;
        // Nobody has an id that is none.
        Ok(ids.into_iter().filter_map(|id| CustomerId::new(id).ok()).collect())
    }
}

impl SqliteWriteTx<'_> {
    /// Notes that what searches look at of a customer has changed. Every write to a customer says so, but for adding a
    /// recent contact.
    pub(crate) fn note_changed(&mut self, customer: CustomerId) -> Result<(), StoreError> {
        self.mode.backlog.take_fresh(self.store, customer);
        let new = self.change(
            "note that a customer changed",
            "INSERT OR IGNORE INTO search_changed (store_id, customer_id) VALUES (?1, ?2)",
            (self.store.get(), customer.get()),
        )?;
        self.mode.backlog.note_changed(self.store, new);
        Ok(())
    }
}

impl Blocks<'_> {
    /// Leaves these customers, who are given by id, out of those that were found.
    fn leave_out(self, found: &mut Found, customers: &[CustomerId]) -> Result<(), StoreError> {
        let mut block: Option<(i64, Vec<i64>)> = None;
        for customer in customers {
            let Some(hits) = found.hits.block_mut(customer.get()) else { continue };
            if block.as_ref().is_none_or(|(first, _)| *first != hits.first) {
                block = Some((hits.first, self.customer_ids(hits.first)?));
            }
            if let Some((_, ids)) = &block
                && let Ok(place) = ids.binary_search(&customer.get())
            {
                hits.bits.clear(place);
            }
        }
        found.hits.tidy();
        Ok(())
    }
}
