//! The orders of a store, what they amount to for each customer, and who bought what.

use std::future::Future;

use shopfolk_model::{
    CustomerId, EmailAddress, Order, OrderKey, OrderNumber, OrderStatistics, OrderedProduct, SearchText,
    Timestamp,
};

use crate::{Page, PageRequest, StoreError};

/// Which orders are looked for. All that is said has to hold; nothing said is all orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// The e-mail address, without regard to case.
    pub email: Option<EmailAddress>,
    /// Who ordered.
    pub customer: Option<CustomerId>,
    /// Part of the name or e-mail address of the one who ordered.
    pub of: Option<SearchText>,
    /// Part of the order's key, number or e-mail address.
    pub keywords: Option<SearchText>,
}

/// How many customers made how many orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderingCustomers {
    /// More than one.
    pub repeated: u64,
    /// Exactly one.
    pub one_time: u64,
}

/// The most products that are listed.
pub const MOST_PRODUCTS: u32 = 1_000;

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

    /// The orders that are looked for, the latest number first.
    ///
    /// # Errors
    /// When the database fails.
    fn list_orders(
        &mut self,
        filter: &OrderFilter,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<Order>, StoreError>> + Send;

    /// When the first and the last order of a customer were made.
    ///
    /// # Errors
    /// When the database fails.
    fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<(Timestamp, Timestamp)>, StoreError>> + Send;

    /// Products that were bought by customers, by name, then by id, each once: those with this in their name, up to
    /// [`MOST_PRODUCTS`].
    ///
    /// # Errors
    /// When the database fails.
    fn list_products(
        &mut self,
        name: Option<&SearchText>,
    ) -> impl Future<Output = Result<Vec<OrderedProduct>, StoreError>> + Send;

    /// How many customers made one order or more.
    ///
    /// # Errors
    /// When the database fails.
    fn count_ordering_customers(
        &mut self,
    ) -> impl Future<Output = Result<OrderingCustomers, StoreError>> + Send;

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
