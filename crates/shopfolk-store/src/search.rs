//! Searching the customers of a store.

use std::collections::BTreeSet;
use std::future::Future;

use shopfolk_model::{City, CountryCode, CustomerId, CustomerSearch, CustomerSort, Street};

use crate::{Page, PageRequest, StoreError};

/// The most shipping places that are listed.
pub const MOST_SHIPPING_PLACES: u32 = 1_000;

/// The shipping places of so many customers are looked at, those with the lowest ids.
pub const CUSTOMERS_WITH_SHIPPING_PLACES: u32 = 10_000;

/// Where goods are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingPlace {
    /// The street.
    pub street: Option<Street>,
    /// The city.
    pub city: Option<City>,
    /// The country.
    pub country: Option<CountryCode>,
}

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

    /// The languages of the store's customers, in lower case.
    ///
    /// # Errors
    /// When the database fails.
    fn list_languages(&mut self) -> impl Future<Output = Result<BTreeSet<String>, StoreError>> + Send;

    /// The countries of the addresses of the store's customers, billing addresses among them.
    ///
    /// # Errors
    /// When the database fails.
    fn list_countries(&mut self) -> impl Future<Output = Result<BTreeSet<CountryCode>, StoreError>> + Send;

    /// Places to which goods are sent, each once: up to [`MOST_SHIPPING_PLACES`] of those of the first
    /// [`CUSTOMERS_WITH_SHIPPING_PLACES`] customers of whom details are known.
    ///
    /// # Errors
    /// When the database fails.
    fn list_shipping_places(&mut self)
    -> impl Future<Output = Result<Vec<ShippingPlace>, StoreError>> + Send;
}
