//! Orders, and what they amount to for each customer.

use rusqlite::{Row, params};
use shopfolk_model::{
    CustomerId, EmailAddress, Money, Order, OrderKey, OrderNumber, OrderStatistics, OrderedProduct,
    ProductId, StoreId, Timestamp,
};
use shopfolk_store::{ReadOrders, StoreError, WriteOrders};

use crate::row::Place;
use crate::settle::settle_customer;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `order_number, order_key, customer_id, email, total, created, document`, in this order.
struct OrderRow {
    number: i64,
    key: String,
    customer: Option<i64>,
    email: String,
    total: i64,
    created: i64,
    document: String,
}

impl OrderRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            key: row.get(1)?,
            customer: row.get(2)?,
            email: row.get(3)?,
            total: row.get(4)?,
            created: row.get(5)?,
            document: row.get(6)?,
        })
    }

    fn order(self, store: StoreId, products: Vec<OrderedProduct>) -> Result<Order, StoreError> {
        let place = Place { table: "orders", row: format!("store {store}, order {}", self.number) };
        Ok(Order {
            number: place.value("order_number", OrderNumber::new(self.number))?,
            key: place.value("order_key", OrderKey::new(&self.key))?,
            customer: place.value("customer_id", self.customer.map(CustomerId::new).transpose())?,
            email: place.value("email", EmailAddress::new(&self.email))?,
            total: Money::from_units(self.total),
            created: place.value("created", Timestamp::from_unix_seconds(self.created))?,
            products,
            document: self.document,
        })
    }
}

impl<A: Access> SqliteTx<'_, A> {
    fn order(&self, row: OrderRow) -> Result<Order, StoreError> {
        let products: Vec<(i64, String)> = self.list(
            "list the products of an order",
            "SELECT product_id, name
               FROM order_products
              WHERE store_id = ?1 AND order_number = ?2
              ORDER BY product_id",
            (self.store.get(), row.number),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let products = products.into_iter().map(|row| self.product(row)).collect::<Result<_, _>>()?;
        row.order(self.store, products)
    }

    fn product(&self, (id, name): (i64, String)) -> Result<OrderedProduct, StoreError> {
        let place = Place { table: "order_products", row: format!("store {}, product {id}", self.store) };
        Ok(OrderedProduct { id: place.value("product_id", ProductId::new(id))?, name })
    }
}

impl<A: Access> ReadOrders for SqliteTx<'_, A> {
    async fn lookup_order(&mut self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
        self.find(
            "find an order",
            "SELECT order_number, order_key, customer_id, email, total, created, document
               FROM orders
              WHERE store_id = ?1 AND order_number = ?2",
            (self.store.get(), number.get()),
            OrderRow::read,
        )?
        .map(|row| self.order(row))
        .transpose()
    }

    async fn find_order(&mut self, key: OrderKey) -> Result<Option<OrderNumber>, StoreError> {
        let found: Option<i64> = self.find(
            "find an order by its key",
            "SELECT order_number FROM orders WHERE store_id = ?1 AND order_key = ?2",
            (self.store.get(), key.as_str()),
            |row| row.get(0),
        )?;
        let place = Place { table: "orders", row: format!("store {}, by key", self.store) };
        found.map(|number| place.value("order_number", OrderNumber::new(number))).transpose()
    }

    async fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row: Option<(Option<i64>, Option<i64>)> = self.find(
            "find the first and the last order of a customer",
            "SELECT min(created), max(created) FROM orders WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let place = Place { table: "orders", row: format!("store {}, customer {customer}", self.store) };
        let time = |seconds| place.value("created", Timestamp::from_unix_seconds(seconds));
        match row {
            Some((Some(first), Some(last))) => Ok(Some((time(first)?, time(last)?))),
            _ => Ok(None),
        }
    }

    async fn list_stored_orders(
        &mut self,
        after: Option<OrderNumber>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let rows = self.list(
            "list the orders for a copy",
            "SELECT order_number, order_key, customer_id, email, total, created, document
               FROM orders
              WHERE store_id = ?1 AND order_number > ?2
              ORDER BY order_number
              LIMIT ?3",
            (self.store.get(), after.map_or(-1, OrderNumber::get), limit),
            OrderRow::read,
        )?;
        rows.into_iter().map(|row| self.order(row)).collect()
    }
}

impl WriteOrders for SqliteWriteTx<'_> {
    async fn next_order_number(&mut self) -> Result<OrderNumber, StoreError> {
        self.counters()?.next_order()
    }

    async fn add_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let customer = order.customer.map(CustomerId::get);
        self.change(
            "add an order",
            "INSERT INTO orders (store_id, order_number, order_key, customer_id, email, email_key, total, created,
                                 document)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.store.get(),
                order.number.get(),
                order.key.as_str(),
                customer,
                order.email.as_str(),
                order.email.key(),
                order.total.units(),
                order.created.unix_seconds(),
                order.document,
            ],
        )?;
        for product in &order.products {
            self.change(
                "add a product of an order",
                "INSERT INTO order_products (store_id, order_number, product_id, customer_id, name)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![self.store.get(), order.number.get(), product.id.get(), customer, product.name],
            )?;
        }
        self.counters()?.raise_order(order.number)
    }

    async fn remove_order(&mut self, number: OrderNumber) -> Result<bool, StoreError> {
        self.change(
            "remove the products of an order",
            "DELETE FROM order_products WHERE store_id = ?1 AND order_number = ?2",
            (self.store.get(), number.get()),
        )?;
        let removed = self.change(
            "remove an order",
            "DELETE FROM orders WHERE store_id = ?1 AND order_number = ?2",
            (self.store.get(), number.get()),
        )?;
        Ok(removed == 1)
    }

    async fn write_statistics(
        &mut self,
        customer: CustomerId,
        statistics: &OrderStatistics,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Settled first, because the recent contacts have a say in when the customer was updated.
        settle_customer(self.connection, self.access.recent, self.key(customer), self.access.batch)?;
        self.put_statistics(customer, statistics)?;
        self.change(
            "note when a customer was updated by an order",
            "UPDATE customers SET updated = ?3 WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get(), now.unix_seconds()),
        )?;
        self.note_changed(customer)
    }

    async fn replace_stored_orders(
        &mut self,
        remove: &[OrderNumber],
        add: &[Order],
    ) -> Result<(), StoreError> {
        for &number in remove {
            self.remove_order(number).await?;
        }
        for order in add {
            self.remove_order(order.number).await?;
            if let Some(in_the_way) = self.find_order(order.key).await? {
                self.remove_order(in_the_way).await?;
            }
        }
        for order in add {
            self.add_order(order).await?;
        }
        Ok(())
    }
}

impl SqliteWriteTx<'_> {
    /// Writes what a customer's orders amount to.
    pub(crate) fn put_statistics(
        &mut self,
        customer: CustomerId,
        statistics: &OrderStatistics,
    ) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (statistics.first, statistics.last) else {
            self.change(
                "remove the statistics of a customer",
                "DELETE FROM order_statistics WHERE store_id = ?1 AND customer_id = ?2",
                (self.store.get(), customer.get()),
            )?;
            return Ok(());
        };
        self.change(
            "write the statistics of a customer",
            "INSERT INTO order_statistics (store_id, customer_id, order_count, sales_value, first_order, last_order)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (store_id, customer_id) DO UPDATE
                SET order_count = ?3, sales_value = ?4, first_order = ?5, last_order = ?6",
            params![
                self.store.get(),
                customer.get(),
                i64::try_from(statistics.orders).unwrap_or(i64::MAX),
                statistics.sales.units(),
                first.unix_seconds(),
                last.unix_seconds(),
            ],
        )?;
        Ok(())
    }

    /// Takes a customer, who is deleted, from its orders, which stay.
    pub(crate) fn leave_orders(&mut self, customer: CustomerId) -> Result<(), StoreError> {
        self.change(
            "take a customer from the products that were bought",
            "UPDATE order_products SET customer_id = NULL
              WHERE store_id = ?1
                AND order_number IN (SELECT order_number FROM orders WHERE store_id = ?1 AND customer_id = ?2)",
            (self.store.get(), customer.get()),
        )?;
        self.change(
            "take a customer from its orders",
            "UPDATE orders SET customer_id = NULL WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
        )?;
        self.change(
            "remove the statistics of a customer",
            "DELETE FROM order_statistics WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
        )?;
        Ok(())
    }
}
