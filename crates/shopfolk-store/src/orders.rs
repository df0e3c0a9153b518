//! The orders of a store, and what they amount to for each customer.

use std::future::Future;

use shopfolk_model::{CustomerId, Order, OrderKey, OrderNumber, OrderStatistics, Timestamp};

use crate::StoreError;

/// Reading orders.
pub trait ReadOrders {
    /// The order with this number.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_order(
        &mut self,
        number: OrderNumber,
    ) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// The number of the order with this key.
    ///
    /// # Errors
    /// When the database fails.
    fn find_order(
        &mut self,
        key: OrderKey,
    ) -> impl Future<Output = Result<Option<OrderNumber>, StoreError>> + Send;

    /// When the first and the last order of a customer were made.
    ///
    /// # Errors
    /// When the database fails.
    fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<(Timestamp, Timestamp)>, StoreError>> + Send;

    /// The orders behind this one by number, for a copy.
    ///
    /// # Errors
    /// When the database fails.
    fn list_stored_orders(
        &mut self,
        after: Option<OrderNumber>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Order>, StoreError>> + Send;
}

/// Writing orders.
pub trait WriteOrders {
    /// A number for a new order.
    ///
    /// # Errors
    /// When the database fails or has no number left.
    fn next_order_number(&mut self) -> impl Future<Output = Result<OrderNumber, StoreError>> + Send;

    /// Keeps a new order with its products. Statistics are written on their own.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has the number or the key; otherwise when the database fails.
    fn add_order(&mut self, order: &Order) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes an order with its products; `false` when there is none with that number.
    ///
    /// # Errors
    /// When the database fails.
    fn remove_order(&mut self, number: OrderNumber) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Writes what a customer's orders amount to, and when the customer was updated by that.
    ///
    /// # Errors
    /// When the database fails.
    fn write_statistics(
        &mut self,
        customer: CustomerId,
        statistics: &OrderStatistics,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes orders and adds others as they are, for a copy; what is in the way of those goes too. Statistics come with
    /// the customers.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_orders(
        &mut self,
        remove: &[OrderNumber],
        add: &[Order],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
