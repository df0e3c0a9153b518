//! What there is to filter a store's customers by.

use std::collections::BTreeSet;

use shopfolk_model::{CountryCode, CustomerGroup, GroupBook, OrderingCustomers, SearchText, ShippingPlace};
use shopfolk_store::{Length, PageRequest, ReadOperation, ReadTx, list_shipping_places};

use crate::OperationError;
use crate::groups::list_groups;

/// Finds what there is to filter customers by.
#[derive(Debug, Clone, Copy)]
pub struct ListCustomerFilters;

/// What there is to filter customers by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFilters {
    /// How many customers the store has.
    pub total: u64,
    /// The groups: the built-in one first, then by id.
    pub groups: Vec<CustomerGroup>,
    /// How many customers ordered.
    pub ordering: OrderingCustomers,
    /// Places to which goods are sent.
    pub places: Vec<ShippingPlace>,
    /// The languages of customers, in lower case.
    pub languages: BTreeSet<String>,
    /// How many rows of groups and of what is known of customers cannot be read.
    pub damaged: u64,
}

impl ReadOperation for ListCustomerFilters {
    type Output = CustomerFilters;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let total = tx.list_customer_ids(PageRequest::at(0, 0)).await?.total;
        let created = list_groups(tx).await?;
        let groups = std::iter::once(GroupBook::general()).chain(created.items).collect();
        let places = list_shipping_places(tx).await?;
        let languages = tx.list_languages().await?;
        let ordering = tx.count_ordering_customers().await?;
        let damaged = created.damaged + places.damaged;
        Ok(CustomerFilters { total, groups, ordering, places: places.items, languages, damaged })
    }
}

/// Finds the countries of customers' addresses, by name.
#[derive(Debug, Clone)]
pub struct ListCustomerCountries {
    /// Part of the name, in any case.
    pub name: Option<SearchText>,
}

impl ReadOperation for ListCustomerCountries {
    type Output = Vec<CountryCode>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(CountryCode::named(tx.list_countries().await?, self.name.as_ref()))
    }
}
