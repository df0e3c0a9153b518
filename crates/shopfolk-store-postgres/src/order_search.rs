//! Searching the orders of a store, and what is known of customers from what they ordered.
//!
//! One statement asks everything, as for customers (`search.rs`). The index `orders_by_text` finds parts of key, number and
//! e-mail address.

use shopfolk_model::{
    CustomerId, EmailAddress, Order, OrderSearch, OrderedProduct, OrderingCustomers, ProductId, SearchText,
    fold,
};
use shopfolk_store::{Page, PageRequest, ReadOrderSearch, StoreError};

use crate::parameter::{Parameter, parameters_of};
use crate::row::Place;
use crate::search::{PLAN_ANEW, pattern};
use crate::session::Step;
use crate::stores::offset;
use crate::tx::{Access, PostgresTx};

impl<A: Access> ReadOrderSearch for PostgresTx<'_, A> {
    async fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        let plan = Step::Plain(PLAN_ANEW.to_owned());
        let find = Step::Run {
            what: "search the orders",
            sql: "WITH found AS MATERIALIZED (
                      SELECT order_number
                        FROM orders
                       WHERE orders.store_id = $1
                         AND ($2::text IS NULL OR email_key = $2)
                         AND ($3::bigint IS NULL OR orders.customer_id = $3)
                         AND ($4::text IS NULL
                              OR coalesce(folded, email_key) LIKE $4
                              OR orders.customer_id IN
                                 (SELECT search.customer_id
                                    FROM customer_search AS search
                                   WHERE search.store_id = $1 AND (search.name LIKE $4 OR search.email LIKE $4)))
                         AND ($5::text IS NULL
                              OR (lower(order_key) || chr(1) || order_number::text || chr(1)
                                  || coalesce(folded, email_key)) LIKE $5)),
                      page AS (SELECT order_number FROM found ORDER BY order_number DESC LIMIT $6 OFFSET $7)
                  SELECT counted.found_orders, orders.order_number, order_key, customer_id, email, total, created, document
                    FROM (SELECT count(*) AS found_orders FROM found) AS counted
                    LEFT JOIN (page JOIN orders ON orders.store_id = $1 AND orders.order_number = page.order_number)
                           ON true
                   ORDER BY page.order_number DESC",
            parameters: parameters(self.store.get(), search, page),
            touches: None,
        };
        let [_, found] = self.run([Some(plan), Some(find)]).await?;
        let mut rows = found.rows;
        let Some(row) = rows.first() else { return Ok(Page { total: 0, items: Vec::new() }) };
        let place = Place { row, table: "orders", key: format!("store {}", self.store) };
        let total: i64 = place.get("found_orders")?;
        // Of a page behind the end there is one row, which has the total and no order.
        if place.get::<Option<i64>>("order_number")?.is_none() {
            rows.clear();
        }
        Ok(Page { total: total.unsigned_abs(), items: self.with_products(&rows).await? })
    }

    async fn list_products(&mut self, name: Option<&SearchText>) -> Result<Vec<OrderedProduct>, StoreError> {
        let rows = self
            .list(
                "list the products that were bought",
                "SELECT product_id, max(name COLLATE ucs_basic) AS name
                   FROM order_products
                  WHERE store_id = $1 AND customer_id IS NOT NULL
                  GROUP BY product_id",
                parameters_of![self.store.get()],
            )
            .await?;
        let product = |row| {
            let place = Place { row, table: "order_products", key: format!("store {}", self.store) };
            Ok(OrderedProduct { id: place.read("product_id", ProductId::new)?, name: place.get("name")? })
        };
        let bought = rows.iter().map(product).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(OrderedProduct::listed(bought, name))
    }

    async fn count_ordering_customers(&mut self) -> Result<OrderingCustomers, StoreError> {
        let row = self
            .find(
                "count the customers who ordered",
                "SELECT count(*) FILTER (WHERE order_count > 1) AS repeated,
                        count(*) FILTER (WHERE order_count = 1) AS one_time
                   FROM order_statistics
                  WHERE store_id = $1",
                parameters_of![self.store.get()],
            )
            .await?;
        let Some(row) = &row else { return Ok(OrderingCustomers::default()) };
        let place = Place { row, table: "order_statistics", key: format!("store {}", self.store) };
        let (repeated, one_time): (i64, i64) = (place.get("repeated")?, place.get("one_time")?);
        Ok(OrderingCustomers { repeated: repeated.unsigned_abs(), one_time: one_time.unsigned_abs() })
    }
}

fn parameters(store: i64, search: &OrderSearch, page: PageRequest) -> Vec<Parameter> {
    let OrderSearch { email, customer, buyer, keywords } = search;
    let part = |text: &Option<SearchText>| text.as_ref().map(|text| pattern(text.folded()));
    parameters_of![
        store,
        email.as_ref().map(EmailAddress::key),
        customer.map(CustomerId::get),
        part(buyer),
        part(keywords),
        i64::from(page.limit),
        offset(page),
    ]
}

/// What the column `folded` is to hold for the e-mail address of an order. Every address that is not all ASCII has a text
/// there, so that those that are still to be folded can be told (`migrations.rs`).
pub(crate) fn folded_email(email: &str) -> Option<String> {
    (!email.is_ascii()).then(|| fold(email))
}
