//! Searching the customers of a store.

use std::collections::BTreeSet;
use std::future::Future;

use shopfolk_model::{
    CountryCode, CustomerId, CustomerPosition, CustomerSearch, CustomerSort,
    MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES, ShippingPlace,
};

use crate::{Listed, Page, PageRequest, ReadRows, StoreError, StoredDetails};

/// Finding customers by what they are like.
pub trait ReadSearch {
    /// The customers that a search finds ([`shopfolk_model::SearchedCustomer::matches`] says which), in this order
    /// ([`CustomerSort::compare`]), or by id; a place in the page is one of this order. The total is exact, whatever the page;
    /// a page of 0 asks for nothing else. Every write that was answered before is seen.
    ///
    /// # Errors
    /// When the database fails.
    fn search_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: &PageRequest<CustomerPosition>,
    ) -> impl Future<Output = Result<Page<CustomerId, CustomerPosition>, StoreError>> + Send;

    /// The languages of the store's customers, as [`shopfolk_model::LanguageCode::listed`] has them.
    ///
    /// # Errors
    /// When the database fails.
    fn list_languages(&mut self) -> impl Future<Output = Result<BTreeSet<String>, StoreError>> + Send;

    /// The countries of the addresses of the store's customers, billing addresses among them.
    ///
    /// # Errors
    /// When the database fails.
    fn list_countries(&mut self) -> impl Future<Output = Result<BTreeSet<CountryCode>, StoreError>> + Send;
}

/// The places to which goods are sent, as [`ShippingPlace::listed`] has them.
///
/// # Errors
/// When the database fails.
pub async fn list_shipping_places<T: ReadRows>(tx: &mut T) -> Result<Listed<ShippingPlace>, StoreError> {
    let limit = MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES;
    let (mut known, mut damaged, mut after): (Vec<StoredDetails>, _, _) = (Vec::new(), 0, None);
    while known.len() < limit as usize
        && let Some(portion) = tx.list_after::<StoredDetails>(after, limit).await?
    {
        after = Some(portion.through);
        damaged += portion.listed.damaged;
        known.extend(portion.listed.items);
        known.retain(|known| known.details.are_known(&known.addresses));
    }
    let items = ShippingPlace::listed(known.iter().map(|known| (&known.details, &known.addresses)));
    Ok(Listed { items, damaged })
}
