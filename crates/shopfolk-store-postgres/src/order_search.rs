//! Searching the orders of a store, and what is known of customers from what they ordered.
//!
//! One statement asks everything, as for customers (`search.rs`). The index `orders_by_text` finds parts of key, number and
//! e-mail address.

use shopfolk_model::{
    CustomerId, EmailAddress, Money, OrderNumber, OrderSearch, OrderedProduct, OrderingCustomers, SearchText,
    Timestamp,
};
use shopfolk_store::{
    BoughtProducts, Columns, Listed, Page, PageRequest, ReadOrderSearch, StoreError, Stored,
};

use crate::parameter::{Parameter, parameters_of};
use crate::rows::{SqlColumns, count};
use crate::search::{PLAN_ANEW, pattern};
use crate::session::Step;
use crate::stores::{offset, reads};
use crate::tx::{PostgresTx, TxMode};

impl<M: TxMode> ReadOrderSearch for PostgresTx<'_, M> {
    async fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest<OrderNumber>,
    ) -> Result<Page<OrderNumber, OrderNumber>, StoreError> {
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
                                  || coalesce(folded, email_key)) LIKE $5)
                         AND ($9::bigint IS NULL OR order_number = $9)
                         AND ($10::text[] IS NULL OR order_number::text = ANY ($10) OR lower(order_key) = ANY ($10))
                         AND created BETWEEN $11 AND $12
                         AND total BETWEEN $13 AND $14),
                      page AS (SELECT order_number FROM found WHERE order_number < $8 ORDER BY order_number DESC LIMIT $6 OFFSET $7)
                  SELECT counted.found_orders, page.order_number
                    FROM (SELECT count(*) AS found_orders FROM found) AS counted
                    LEFT JOIN page ON true
                   ORDER BY page.order_number DESC",
            parameters: parameters(self.store.get(), search, page),
            touches: None,
        };
        let [_, found] = self.run([Some(plan), Some(find)]).await?;
        // Of a page behind the end there is one row, which has the total and no order.
        let number = |row| SqlColumns(row).value(1).and_then(Option::<OrderNumber>::load).ok()?;
        let total = count(found.rows.first());
        let mut rows = found.rows;
        let more = page.cut(&mut rows);
        let items: Vec<OrderNumber> = rows.iter().filter_map(number).collect();
        let next = items.last().copied().filter(|_| more);
        Ok(Page { total, items, damaged: 0, next })
    }

    async fn list_products(
        &mut self,
        name: Option<&SearchText>,
    ) -> Result<Listed<OrderedProduct>, StoreError> {
        let rows = self
            .query_rows(
                "list the products that were bought",
                "SELECT product_id, max(name COLLATE ucs_basic) AS name
                   FROM order_products
                  WHERE store_id = $1 AND customer_id IS NOT NULL
                  GROUP BY product_id",
                parameters_of![self.store.get()],
            )
            .await?;
        let mut bought = BoughtProducts::default();
        for row in &rows {
            bought.take(self.store, &SqlColumns(row));
        }
        Ok(bought.named(name))
    }

    async fn count_ordering_customers(&mut self) -> Result<OrderingCustomers, StoreError> {
        let row = self
            .query_row(
                "count the customers who ordered",
                "SELECT count(*) FILTER (WHERE order_count > 1) AS repeated,
                        count(*) FILTER (WHERE order_count = 1) AS one_time
                   FROM order_statistics
                  WHERE store_id = $1",
                parameters_of![self.store.get()],
            )
            .await?;
        let number = |place| {
            let number = SqlColumns(row.as_ref()?).value(place).ok()?.as_integer()?;
            Some(number.unsigned_abs())
        };
        let (repeated, one_time) = (number(0).unwrap_or_default(), number(1).unwrap_or_default());
        Ok(OrderingCustomers { repeated, one_time })
    }
}

fn parameters(store: i64, search: &OrderSearch, page: PageRequest<OrderNumber>) -> Vec<Parameter> {
    let OrderSearch { email, customer, buyer, keywords, number, names, created, total } = search;
    let part = |text: &Option<SearchText>| text.as_ref().map(|text| pattern(text.key()));
    parameters_of![
        store,
        email.as_ref().map(EmailAddress::key),
        customer.map(CustomerId::get),
        part(buyer),
        part(keywords),
        reads(&page),
        offset(&page),
        page.position().map_or(i64::MAX, |position| position.get()),
        number.map(OrderNumber::get),
        names.as_ref().map(|names| names.iter().cloned().collect::<Vec<String>>()),
        created.from.map_or(i64::MIN, Timestamp::unix_seconds),
        created.to.map_or(i64::MAX, Timestamp::unix_seconds),
        total.from.map_or(i64::MIN, Money::units),
        total.to.map_or(i64::MAX, Money::units),
    ]
}
