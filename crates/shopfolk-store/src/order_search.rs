//! Searching the orders of a store, and what is known of customers from what they ordered.

use std::future::Future;

use shopfolk_model::{Order, OrderSearch, OrderedProduct, OrderingCustomers, SearchText};

use crate::{Page, PageRequest, StoreError};

/// Finding orders by what they are like.
pub trait ReadOrderSearch {
    /// The orders that a search finds ([`shopfolk_model::SearchedOrder::matches`] says which), the latest number first.
    /// The total is exact.
    ///
    /// # Errors
    /// When the database fails.
    fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<Order>, StoreError>> + Send;

    /// The products that customers bought, those of deleted customers left out, as [`OrderedProduct::listed`] has them.
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
}
