//! Searching the orders of a store, and what is known of customers from what they ordered.

use std::future::Future;

use shopfolk_model::{
    OrderNumber, OrderSearch, OrderedProduct, OrderingCustomers, ProductId, SearchText, StoreId,
};

use crate::{Columns, Damage, Listed, Page, PageRequest, StoreError, Stored};

/// Finding orders by what they are like.
pub trait ReadOrderSearch {
    /// The numbers of the orders that a search finds ([`shopfolk_model::SearchedOrder::matches`] says which), the latest number first.
    /// The total is exact.
    ///
    /// # Errors
    /// When the database fails.
    fn search_orders(
        &mut self,
        search: &OrderSearch,
        page: PageRequest<OrderNumber>,
    ) -> impl Future<Output = Result<Page<OrderNumber, OrderNumber>, StoreError>> + Send;

    /// The products that customers bought, those of deleted customers left out, as [`OrderedProduct::listed`] has them.
    ///
    /// # Errors
    /// When the database fails.
    fn list_products(
        &mut self,
        name: Option<&SearchText>,
    ) -> impl Future<Output = Result<Listed<OrderedProduct>, StoreError>> + Send;

    /// How many customers made one order or more.
    ///
    /// # Errors
    /// When the database fails.
    fn count_ordering_customers(
        &mut self,
    ) -> impl Future<Output = Result<OrderingCustomers, StoreError>> + Send;
}

/// The products that are listed of those that customers bought ([`OrderedProduct::listed`]). Each row is the id of one and
/// its name.
#[derive(Debug, Default)]
pub struct BoughtProducts(Listed<OrderedProduct>);

impl BoughtProducts {
    /// Takes a row.
    pub fn take(&mut self, store: StoreId, columns: &dyn Columns) {
        let id = columns.value(0).and_then(ProductId::load);
        let known = id.as_ref().map_or_else(|_| "?".to_owned(), ToString::to_string);
        let damage = |column| {
            move |reason| Damage {
                table: "order_products",
                column,
                row: format!("store {store}, product_id {known}"),
                reason,
            }
        };
        let name = columns.value(1).and_then(String::load);
        self.0.take(match (id, name) {
            (Ok(id), Ok(name)) => Ok(OrderedProduct { id, name }),
            (Err(reason), _) => Err(damage("product_id")(reason)),
            (_, Err(reason)) => Err(damage("name")(reason)),
        });
    }

    /// Those with this in their name.
    pub fn named(self, name: Option<&SearchText>) -> Listed<OrderedProduct> {
        let Listed { items, damaged } = self.0;
        Listed { items: OrderedProduct::listed(items, name), damaged }
    }
}
