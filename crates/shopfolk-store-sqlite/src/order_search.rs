//! Searching the orders of a store, and what is known of customers from what they ordered.
//!
//! A search asks the rule of the model about every order of the store, or about those of the customer or the e-mail address
//! that it names.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rusqlite::Row;
use shopfolk_model::{
    CustomerId, Money, OrderNumber, OrderSearch, OrderedProduct, OrderingCustomers, ProductId, SearchText,
    SearchedBuyer, SearchedOrder, Timestamp,
};
use shopfolk_store::{BoughtProducts, Damage, Listed, Page, PageRequest, ReadOrderSearch, StoreError};

use crate::sql_values::SqlColumns;
use crate::stores::{offset, reads};
use crate::tx::{SqliteTx, TxMode};

/// An order that may be found.
type Candidate = (OrderNumber, SearchedOrder);

/// Reads `name, email`.
fn read_buyer(row: &Row<'_>) -> Result<SearchedBuyer, String> {
    let read = row.try_into().map_err(|error: rusqlite::Error| error.to_string())?;
    let (name, email): (Option<String>, String) = read;
    Ok(SearchedBuyer::new(name.as_deref(), &email))
}

/// The columns of a candidate.
type CandidateColumns = (i64, String, String, String, Option<i64>, i64, i64);

/// Reads `order_number, order_key, email, email_key, customer_id, total, created`.
fn read_candidate(row: &Row<'_>) -> Result<Candidate, String> {
    let read = row.try_into().map_err(|error: rusqlite::Error| error.to_string())?;
    let (number, key, email, email_key, customer, total, created): CandidateColumns = read;
    let number = OrderNumber::new(number).map_err(|error| error.to_string())?;
    let customer = customer.map(CustomerId::new).transpose().map_err(|error| error.to_string())?;
    let created = Timestamp::from_unix_seconds(created).map_err(|error| error.to_string())?;
    let total = Money::from_units(total);
    Ok((number, SearchedOrder::new(number, &key, &email, email_key, customer, total, created)))
}

impl<M: TxMode> ReadOrderSearch for SqliteTx<'_, M> {
    async fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest<OrderNumber>,
    ) -> Result<Page<OrderNumber, OrderNumber>, StoreError> {
        Ok(if *search == OrderSearch::default() {
            self.all_order_numbers(page)?
        } else {
            let found = self.found_order_numbers(search)?;
            let listed = page.map(|&number| Reverse(number)).of(found.items, |&number| Reverse(number));
            let Page { total, items, next, .. } = listed;
            Page { total, items, damaged: found.damaged, next: next.map(|Reverse(number)| number) }
        })
    }

    async fn list_products(
        &mut self,
        name: Option<&SearchText>,
    ) -> Result<Listed<OrderedProduct>, StoreError> {
        let mut bought = BoughtProducts::default();
        self.query_rows(
            "list the products that were bought",
            "SELECT product_id, max(name)
               FROM order_products
              WHERE store_id = ?1 AND customer_id IS NOT NULL
              GROUP BY product_id",
            [self.store.get()],
            |row| {
                bought.take(self.store, &SqlColumns(row));
                Ok(())
            },
        )?;
        Ok(bought.named(name))
    }

    async fn count_ordering_customers(&mut self) -> Result<OrderingCustomers, StoreError> {
        let row: Option<(i64, i64)> = self.query_row(
            "count the customers who ordered",
            "SELECT count(*) FILTER (WHERE order_count > 1), count(*) FILTER (WHERE order_count = 1)
               FROM order_statistics
              WHERE store_id = ?1",
            [self.store.get()],
            |row| row.try_into(),
        )?;
        let (repeated, one_time) = row.unwrap_or_default();
        Ok(OrderingCustomers { repeated: repeated.unsigned_abs(), one_time: one_time.unsigned_abs() })
    }
}

impl<M: TxMode> SqliteTx<'_, M> {
    /// The numbers of a page of all orders, the latest first.
    fn all_order_numbers(
        &self,
        page: PageRequest<OrderNumber>,
    ) -> Result<Page<OrderNumber, OrderNumber>, StoreError> {
        let before = page.position().map_or(i64::MAX, |position| position.get());
        let total: Option<i64> = self.query_row(
            "count the orders",
            "SELECT count(*) FROM orders WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let mut numbers: Vec<i64> = self.query_rows(
            "list all orders",
            "SELECT order_number
               FROM orders
              WHERE store_id = ?1 AND order_number < ?2
              ORDER BY order_number DESC
              LIMIT ?3 OFFSET ?4",
            (self.store.get(), before, reads(&page), offset(&page)),
            |row| row.get(0),
        )?;
        let more = page.cut(&mut numbers);
        let listed = numbers.len() as u64;
        let items: Vec<_> = numbers.into_iter().filter_map(|number| OrderNumber::new(number).ok()).collect();
        let damaged = listed - items.len() as u64;
        let next = items.last().copied().filter(|_| more);
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items, damaged, next })
    }

    /// The numbers of the orders that a search finds, the latest first.
    fn found_order_numbers(&self, search: &OrderSearch) -> Result<Listed<OrderNumber>, StoreError> {
        let (mut found, mut unreadable) = (Listed::default(), BTreeSet::new());
        for candidate in self.candidates(search)? {
            match candidate {
                Ok((number, order)) => {
                    let look_up = |customer| {
                        let buyer = self.searched_buyer(customer)?.transpose();
                        Ok::<_, StoreError>(buyer.unwrap_or_else(|damage| {
                            // One who ordered often is one row all the same.
                            if unreadable.insert(customer) {
                                found.take(Err(damage));
                            }
                            None
                        }))
                    };
                    if order.matches(search, look_up)? {
                        found.items.push(number);
                    }
                }
                Err(reason) => found.take(Err(Damage {
                    table: "orders",
                    column: "order_number",
                    row: format!("store {}, an order", self.store),
                    reason,
                })),
            }
        }
        found.items.sort_unstable_by_key(|&number| Reverse(number));
        Ok(found)
    }

    /// The orders that a search may find: by the filter that leaves the fewest. What they must be like besides is asked of
    /// each.
    fn candidates(&self, search: &OrderSearch) -> Result<Vec<Result<Candidate, String>>, StoreError> {
        let OrderSearch { email, customer, number, .. } = search;
        let store = self.store.get();
        let read = |row: &Row<'_>| Ok(read_candidate(row));
        if let Some(number) = number {
            return self.query_rows(
                "look for an order",
                "SELECT order_number, order_key, email, email_key, customer_id, total, created
                   FROM orders
                  WHERE store_id = ?1 AND order_number = ?2",
                (store, number.get()),
                read,
            );
        }
        match (customer, email) {
            (Some(customer), _) => self.query_rows(
                "list the orders of a customer",
                "SELECT order_number, order_key, email, email_key, customer_id, total, created
                   FROM orders
                  WHERE store_id = ?1 AND customer_id = ?2",
                (store, customer.get()),
                read,
            ),
            (None, Some(email)) => self.query_rows(
                "list the orders of an e-mail address",
                "SELECT order_number, order_key, email, email_key, customer_id, total, created
                   FROM orders
                  WHERE store_id = ?1 AND email_key = ?2",
                (store, email.key()),
                read,
            ),
            (None, None) => self.query_rows(
                "list the orders",
                "SELECT order_number, order_key, email, email_key, customer_id, total, created
                   FROM orders
                  WHERE store_id = ?1",
                [store],
                read,
            ),
        }
    }

    fn searched_buyer(
        &self,
        customer: CustomerId,
    ) -> Result<Option<Result<SearchedBuyer, Damage>>, StoreError> {
        let buyer = self.query_row(
            "find who ordered",
            "SELECT name, email FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| Ok(read_buyer(row)),
        )?;
        let damage = |reason| Damage {
            table: "customers",
            column: "name",
            row: format!("store {}, customer_id {customer}", self.store),
            reason,
        };
        Ok(buyer.map(|buyer| buyer.map_err(damage)))
    }

    /// The customers who bought one of these products, by id, each once.
    pub(crate) fn list_buyers(
        &self,
        products: impl IntoIterator<Item = ProductId>,
    ) -> Result<Vec<i64>, StoreError> {
        let mut buyers = Vec::new();
        for product in products {
            buyers.extend(self.query_rows(
                "list who bought a product",
                "SELECT customer_id
                   FROM order_products
                  WHERE store_id = ?1 AND product_id = ?2 AND customer_id IS NOT NULL
                  ORDER BY customer_id",
                (self.store.get(), product.get()),
                |row| row.get::<_, i64>(0),
            )?);
        }
        buyers.sort_unstable();
        buyers.dedup();
        Ok(buyers)
    }
}
