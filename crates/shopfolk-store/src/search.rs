//! Searching the customers of a store.

use std::future::Future;

use shopfolk_model::{CustomerId, CustomerSearch, CustomerSort};

use crate::{Page, PageRequest, StoreError};

/// Finding customers by what they are like.
pub trait ReadSearch {
    /// The customers that a search finds ([`shopfolk_model::SearchedCustomer::matches`] says which), in this order, or by
    /// id. The total is exact; a page of 0 asks for nothing else. Every write that was answered before is seen.
    ///
    /// # Errors
    /// When the database fails.
    fn search_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<CustomerId>, StoreError>> + Send;
}
