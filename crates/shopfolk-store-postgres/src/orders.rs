//! Orders, besides their rows: when they were made, and whose they are.

use shopfolk_model::{CustomerId, Timestamp};
use shopfolk_store::{Columns, Damage, ReadOrders, StoreError, Stored, WriteOrders};

use crate::parameter::parameters_of;
use crate::rows::SqlColumns;
use crate::tx::{PostgresTx, PostgresWriteTx, TxMode};

impl<M: TxMode> ReadOrders for PostgresTx<'_, M> {
    async fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row = self
            .query_row(
                "find the first and the last order of a customer",
                "SELECT min(created) AS first, max(created) AS last
                   FROM orders
                  WHERE store_id = $1 AND customer_id = $2",
                parameters_of![self.store.get(), customer.get()],
            )
            .await?;
        let Some(row) = &row else { return Ok(None) };
        let time = |place| {
            let read = SqlColumns(row).value(place).and_then(Option::<Timestamp>::load);
            let row = || format!("store {}, customer_id {customer}", self.store);
            read.map_err(|reason| Damage { table: "orders", column: "created", row: row(), reason })
        };
        Ok(time(0)?.zip(time(1)?))
    }
}

impl WriteOrders for PostgresWriteTx<'_> {
    async fn leave_orders(&mut self, customers: &[CustomerId]) -> Result<(), StoreError> {
        let ids: Vec<i64> = customers.iter().map(|customer| customer.get()).collect();
        self.queue(
            "take customers from the products that were bought",
            "UPDATE order_products SET customer_id = NULL
              WHERE store_id = $1
                AND order_number IN (SELECT order_number FROM orders
                                      WHERE orders.store_id = $1 AND orders.customer_id = ANY ($2))",
            parameters_of![self.store.get(), ids.clone()],
        );
        self.queue(
            "take customers from their orders",
            "UPDATE orders SET customer_id = NULL WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), ids],
        );
        Ok(())
    }
}
