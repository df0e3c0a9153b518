//! Orders, besides their rows: when they were made, and whose they are.

use shopfolk_model::{CustomerId, Timestamp};
use shopfolk_store::{Damage, ReadOrders, StoreError, WriteOrders};

use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

impl<M: TxMode> ReadOrders for SqliteTx<'_, M> {
    async fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row: Option<(Option<i64>, Option<i64>)> = self.query_row(
            "find the first and the last order of a customer",
            "SELECT min(created), max(created) FROM orders WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), customer.get()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let time = |seconds| {
            Timestamp::from_unix_seconds(seconds).map_err(|error| Damage {
                table: "orders",
                column: "created",
                row: format!("store {}, customer_id {customer}", self.store),
                reason: error.to_string(),
            })
        };
        match row {
            Some((Some(first), Some(last))) => Ok(Some((time(first)?, time(last)?))),
            _ => Ok(None),
        }
    }
}

impl WriteOrders for SqliteWriteTx<'_> {
    async fn leave_orders(&mut self, customers: &[CustomerId]) -> Result<(), StoreError> {
        for customer in customers {
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
        }
        Ok(())
    }
}
