//! Orders, and what they amount to for each customer.

use std::collections::HashMap;

use shopfolk_model::{
    CustomerId, EmailAddress, Money, Order, OrderKey, OrderNumber, OrderStatistics, OrderedProduct,
    ProductId, Timestamp,
};
use shopfolk_store::{ReadOrders, StoreError, WriteOrders};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::order_search::folded_email;
use crate::parameter::parameters_of;
use crate::row::Place;
use crate::session::Step;
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Reads `order_number, order_key, customer_id, email, total, created, document`; the products are read on their own.
fn read_order(row: &Row) -> Result<Order, StoreError> {
    let number: i64 = row.try_get("order_number").unwrap_or_default();
    let place = Place { row, table: "orders", key: format!("order {number}") };
    Ok(Order {
        number: place.read("order_number", OrderNumber::new)?,
        key: place.read("order_key", |text: &str| OrderKey::new(text))?,
        customer: place.read("customer_id", |id: Option<i64>| id.map(CustomerId::new).transpose())?,
        email: place.read("email", |text: &str| EmailAddress::new(text))?,
        total: Money::from_units(place.get("total")?),
        created: place.read("created", Timestamp::from_unix_seconds)?,
        products: Vec::new(),
        document: place.get("document")?,
    })
}

impl<A: Access> PostgresTx<'_, A> {
    pub(crate) async fn with_products(&mut self, rows: &[Row]) -> Result<Vec<Order>, StoreError> {
        let mut orders = rows.iter().map(read_order).collect::<Result<Vec<_>, _>>()?;
        let numbers: Vec<i64> = orders.iter().map(|order| order.number.get()).collect();
        if numbers.is_empty() {
            return Ok(orders);
        }
        let rows = self
            .list(
                "list the products of orders",
                "SELECT order_number, product_id, name
                   FROM order_products
                  WHERE store_id = $1 AND order_number = ANY ($2)
                  ORDER BY order_number, product_id",
                parameters_of![self.store.get(), numbers],
            )
            .await?;
        let mut products: HashMap<i64, Vec<OrderedProduct>> = HashMap::new();
        for row in &rows {
            let place = Place { row, table: "order_products", key: format!("store {}", self.store) };
            let product =
                OrderedProduct { id: place.read("product_id", ProductId::new)?, name: place.get("name")? };
            products.entry(place.get("order_number")?).or_default().push(product);
        }
        for order in &mut orders {
            order.products = products.remove(&order.number.get()).unwrap_or_default();
        }
        Ok(orders)
    }
}

impl<A: Access> ReadOrders for PostgresTx<'_, A> {
    async fn lookup_order(&mut self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
        let rows = self
            .list(
                "find an order",
                "SELECT order_number, order_key, customer_id, email, total, created, document
                   FROM orders
                  WHERE store_id = $1 AND order_number = $2",
                parameters_of![self.store.get(), number.get()],
            )
            .await?;
        Ok(self.with_products(&rows).await?.pop())
    }

    async fn find_order(&mut self, key: OrderKey) -> Result<Option<OrderNumber>, StoreError> {
        let row = self
            .find(
                "find an order by its key",
                "SELECT order_number FROM orders WHERE store_id = $1 AND order_key = $2",
                parameters_of![self.store.get(), key.as_str()],
            )
            .await?;
        let Some(row) = &row else { return Ok(None) };
        let key = format!("store {}, by key", self.store);
        Place { row, table: "orders", key }.read("order_number", OrderNumber::new).map(Some)
    }

    async fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row = self
            .find(
                "find the first and the last order of a customer",
                "SELECT min(created) AS first, max(created) AS last
                   FROM orders
                  WHERE store_id = $1 AND customer_id = $2",
                parameters_of![self.store.get(), customer.get()],
            )
            .await?;
        let Some(row) = &row else { return Ok(None) };
        let place = Place { row, table: "orders", key: format!("store {}, customer {customer}", self.store) };
        let time = |column| {
            place.read(column, |seconds: Option<i64>| seconds.map(Timestamp::from_unix_seconds).transpose())
        };
        Ok(time("first")?.zip(time("last")?))
    }

    async fn list_stored_orders(
        &mut self,
        after: Option<OrderNumber>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let rows = self
            .list(
                "list the orders for a copy",
                "SELECT order_number, order_key, customer_id, email, total, created, document
                   FROM orders
                  WHERE store_id = $1 AND order_number > $2
                  ORDER BY order_number
                  LIMIT $3",
                parameters_of![self.store.get(), after.map_or(-1, OrderNumber::get), i64::from(limit)],
            )
            .await?;
        self.with_products(&rows).await
    }
}

impl WriteOrders for PostgresWriteTx<'_> {
    async fn next_order_number(&mut self) -> Result<OrderNumber, StoreError> {
        let taken = self.take_id(Kind::Order).await?;
        OrderNumber::new(taken).map_err(|_| StoreError::OutOfIds { kind: "order" })
    }

    async fn add_order(&mut self, order: &Order) -> Result<(), StoreError> {
        self.raise_order(order.number);
        let customer = order.customer.map(CustomerId::get);
        self.write(
            "add an order",
            "INSERT INTO orders (store_id, order_number, order_key, customer_id, email, email_key, total, created,
                                 document, folded)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            parameters_of![
                self.store.get(),
                order.number.get(),
                order.key.as_str(),
                customer,
                order.email.as_str(),
                order.email.key(),
                order.total.units(),
                order.created.unix_seconds(),
                order.document.as_str(),
                folded_email(order.email.as_str()),
            ],
        );
        if !order.products.is_empty() {
            let ids: Vec<i64> = order.products.iter().map(|product| product.id.get()).collect();
            let names: Vec<String> = order.products.iter().map(|product| product.name.clone()).collect();
            self.write(
                "add the products of an order",
                "INSERT INTO order_products (store_id, order_number, customer_id, product_id, name)
                 SELECT $1, $2, $3, * FROM unnest($4, $5)",
                parameters_of![self.store.get(), order.number.get(), customer, ids, names],
            );
        }
        Ok(())
    }

    async fn remove_order(&mut self, number: OrderNumber) -> Result<bool, StoreError> {
        let products = Step::Run {
            what: "remove the products of an order",
            sql: "DELETE FROM order_products WHERE store_id = $1 AND order_number = $2",
            parameters: parameters_of![self.store.get(), number.get()],
            touches: None,
        };
        let order = Step::Run {
            what: "remove an order",
            sql: "DELETE FROM orders WHERE store_id = $1 AND order_number = $2",
            parameters: parameters_of![self.store.get(), number.get()],
            touches: None,
        };
        let [_, removed] = self.run([Some(products), Some(order)]).await?;
        Ok(removed.touched == 1)
    }

    async fn write_statistics(
        &mut self,
        customer: CustomerId,
        statistics: &OrderStatistics,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_statistics(customer, statistics);
        self.write(
            "note when a customer was updated by an order",
            "UPDATE customers SET updated = $3 WHERE store_id = $1 AND customer_id = $2",
            parameters_of![self.store.get(), customer.get(), now.unix_seconds()],
        );
        Ok(())
    }

    async fn replace_stored_orders(
        &mut self,
        remove: &[OrderNumber],
        add: &[Order],
    ) -> Result<(), StoreError> {
        self.lock_store().await?;
        let gone: Vec<i64> = remove
            .iter()
            .copied()
            .chain(add.iter().map(|order| order.number))
            .map(OrderNumber::get)
            .collect();
        let keys: Vec<String> = add.iter().map(|order| order.key.to_string()).collect();
        let rows = self
            .list(
                "find orders in the way of a copy",
                "SELECT order_number
                   FROM orders
                  WHERE store_id = $1 AND (order_number = ANY ($2) OR order_key = ANY ($3))",
                parameters_of![self.store.get(), gone, keys],
            )
            .await?;
        let gone: Vec<i64> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        self.write(
            "remove the products of orders in the way of a copy",
            "DELETE FROM order_products WHERE store_id = $1 AND order_number = ANY ($2)",
            parameters_of![self.store.get(), gone.clone()],
        );
        self.write(
            "remove orders in the way of a copy",
            "DELETE FROM orders WHERE store_id = $1 AND order_number = ANY ($2)",
            parameters_of![self.store.get(), gone],
        );
        for order in add {
            self.add_order(order).await?;
        }
        Ok(())
    }
}

impl PostgresWriteTx<'_> {
    /// Writes what a customer's orders amount to.
    pub(crate) fn put_statistics(&mut self, customer: CustomerId, statistics: &OrderStatistics) {
        let (Some(first), Some(last)) = (statistics.first, statistics.last) else {
            self.write(
                "remove the statistics of a customer",
                "DELETE FROM order_statistics WHERE store_id = $1 AND customer_id = $2",
                parameters_of![self.store.get(), customer.get()],
            );
            return;
        };
        self.write(
            "write the statistics of a customer",
            "INSERT INTO order_statistics (store_id, customer_id, order_count, sales_value, first_order, last_order)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (store_id, customer_id) DO UPDATE
                SET order_count = $3, sales_value = $4, first_order = $5, last_order = $6",
            parameters_of![
                self.store.get(),
                customer.get(),
                i64::try_from(statistics.orders).unwrap_or(i64::MAX),
                statistics.sales.units(),
                first.unix_seconds(),
                last.unix_seconds(),
            ],
        );
    }

    /// Takes customers, who are deleted, from their orders, which stay.
    pub(crate) fn leave_orders(&mut self, customers: Vec<i64>) {
        self.write(
            "take customers from the products that were bought",
            "UPDATE order_products SET customer_id = NULL
              WHERE store_id = $1
                AND order_number IN (SELECT order_number FROM orders
                                      WHERE orders.store_id = $1 AND orders.customer_id = ANY ($2))",
            parameters_of![self.store.get(), customers.clone()],
        );
        self.write(
            "take customers from their orders",
            "UPDATE orders SET customer_id = NULL WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), customers.clone()],
        );
        self.write(
            "remove the statistics of customers",
            "DELETE FROM order_statistics WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), customers],
        );
    }
}
