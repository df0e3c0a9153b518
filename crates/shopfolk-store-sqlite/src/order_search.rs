//! Searching the orders of a store, and what is known of customers from what they ordered.
//!
//! A search asks the rule of the model about every order of the store, or about those of the customer or the e-mail address
//! that it names.

use rusqlite::Row;
use shopfolk_model::{
    CustomerId, Order, OrderNumber, OrderSearch, OrderedProduct, OrderingCustomers, ProductId, SearchText,
    SearchedBuyer, SearchedOrder,
};
use shopfolk_store::{Page, PageRequest, ReadOrderSearch, ReadOrders, StoreError};

use crate::row::Place;
use crate::stores::offset;
use crate::tx::{Access, SqliteTx};

/// `order_number, order_key, email, email_key, customer_id` of an order that may be found.
type Candidate = (i64, String, String, String, Option<i64>);

impl<A: Access> ReadOrderSearch for SqliteTx<'_, A> {
    async fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        let (total, numbers) = if *search == OrderSearch::default() {
            self.all_order_numbers(page)?
        } else {
            let found = self.found_order_numbers(search)?;
            let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
            (found.len() as u64, found.into_iter().skip(offset).take(page.limit as usize).collect())
        };
        let mut items = Vec::with_capacity(numbers.len());
        for number in numbers {
            items.extend(self.lookup_order(number).await?);
        }
        Ok(Page { total, items })
    }

    async fn list_products(&mut self, name: Option<&SearchText>) -> Result<Vec<OrderedProduct>, StoreError> {
        let bought: Vec<(i64, String)> = self.list(
            "list the products that were bought",
            "SELECT product_id, max(name)
               FROM order_products
              WHERE store_id = ?1 AND customer_id IS NOT NULL
              GROUP BY product_id",
            [self.store.get()],
            |row| row.try_into(),
        )?;
        let product = |(id, name)| {
            let place = Place { table: "order_products", row: format!("store {}, product {id}", self.store) };
            Ok(OrderedProduct { id: place.value("product_id", ProductId::new(id))?, name })
        };
        let bought = bought.into_iter().map(product).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(OrderedProduct::listed(bought, name))
    }

    async fn count_ordering_customers(&mut self) -> Result<OrderingCustomers, StoreError> {
        let row: Option<(i64, i64)> = self.find(
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

impl<A: Access> SqliteTx<'_, A> {
    /// How many orders there are, and the numbers of a page of them, the latest first.
    fn all_order_numbers(&self, page: PageRequest) -> Result<(u64, Vec<OrderNumber>), StoreError> {
        let total: Option<i64> = self.find(
            "count the orders",
            "SELECT count(*) FROM orders WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let numbers: Vec<i64> = self.list(
            "list all orders",
            "SELECT order_number
               FROM orders
              WHERE store_id = ?1
              ORDER BY order_number DESC
              LIMIT ?2 OFFSET ?3",
            (self.store.get(), page.limit, offset(page)),
            |row| row.get(0),
        )?;
        let numbers =
            numbers.into_iter().map(|number| self.order_number(number)).collect::<Result<_, _>>()?;
        Ok((total.unwrap_or_default().unsigned_abs(), numbers))
    }

    /// The numbers of the orders that a search finds, the latest first.
    fn found_order_numbers(&self, search: &OrderSearch) -> Result<Vec<OrderNumber>, StoreError> {
        let mut numbers = Vec::new();
        for (number, key, email, email_key, customer) in self.candidates(search)? {
            let number = self.order_number(number)?;
            let place = Place { table: "orders", row: format!("store {}, order {number}", self.store) };
            let customer = place.value("customer_id", customer.map(CustomerId::new).transpose())?;
            let order = SearchedOrder::new(number, &key, &email, email_key, customer);
            if order.matches(search, |customer| self.searched_buyer(customer))? {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        numbers.reverse();
        Ok(numbers)
    }

    /// The orders that a search may find: by the filter that leaves the fewest. What they must be like besides is asked of
    /// each.
    fn candidates(&self, search: &OrderSearch) -> Result<Vec<Candidate>, StoreError> {
        let OrderSearch { email, customer, buyer: _, keywords: _ } = search;
        let store = self.store.get();
        let read = |row: &Row<'_>| -> rusqlite::Result<Candidate> { row.try_into() };
        match (customer, email) {
            (Some(customer), _) => self.list(
                "list the orders of a customer",
                "SELECT order_number, order_key, email, email_key, customer_id
                   FROM orders
                  WHERE store_id = ?1 AND customer_id = ?2",
                (store, customer.get()),
                read,
            ),
            (None, Some(email)) => self.list(
                "list the orders of an e-mail address",
                "SELECT order_number, order_key, email, email_key, customer_id
                   FROM orders
                  WHERE store_id = ?1 AND email_key = ?2",
                (store, email.key()),
                read,
            ),
            (None, None) => self.list(
                "list the orders",
                "SELECT order_number, order_key, email, email_key, customer_id FROM orders WHERE store_id = ?1",
                [store],
                read,
            ),
        }
    }

    fn searched_buyer(&self, customer: CustomerId) -> Result<Option<SearchedBuyer>, StoreError> {
        self.find(
            "find who ordered",
            "SELECT name, email FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| {
                let (name, email): (Option<String>, String) = row.try_into()?;
                Ok(SearchedBuyer::new(name.as_deref(), &email))
            },
        )
    }

    fn order_number(&self, number: i64) -> Result<OrderNumber, StoreError> {
        let place = Place { table: "orders", row: format!("store {}, order {number}", self.store) };
        place.value("order_number", OrderNumber::new(number))
    }

    /// The customers who bought one of these products, by id, each once.
    pub(crate) fn list_buyers(
        &self,
        products: impl IntoIterator<Item = ProductId>,
    ) -> Result<Vec<i64>, StoreError> {
        let mut buyers = Vec::new();
        for product in products {
            buyers.extend(self.list(
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
