//! Finding customers by what they are like.

use shopfolk_model::{CustomerId, CustomerPosition, CustomerSearch, CustomerSort};
use shopfolk_store::{Length, Page, PageRequest, ReadOperation, ReadTx};

use crate::portions::read_customers;
use crate::{CustomerPortion, OperationError};

/// How much is wanted of the customers that a search finds, so that nothing is loaded that nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// How many they are.
    Count,
    /// The customers, without contacts.
    Customers,
    /// The customers with their contacts.
    CustomersWithContacts,
}

/// Finds customers of a store.
#[derive(Debug, Clone)]
pub struct SearchCustomers {
    /// What they must be like.
    pub search: CustomerSearch,
    /// In which order; by id where none is named.
    pub sort: Option<CustomerSort>,
    /// Which part of those found.
    pub page: PageRequest<CustomerPosition>,
    /// How much of them.
    pub wanted: Wanted,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCustomers {
    /// How many the search finds in all.
    pub total: u64,
    /// How many customers the store has.
    pub all: u64,
    /// How many are on this page, whether they can be read or not.
    pub count: usize,
    /// The first of those on this page, as far as they are wanted; the others are [read](crate::ReadCustomers) after them.
    pub first: CustomerPortion,
    /// How many rows are damaged of those on this page, and not theirs.
    pub damaged: u64,
    /// Where this page ends, while there is more behind it.
    pub next: Option<CustomerPosition>,
}

impl ReadOperation for SearchCustomers {
    type Output = FoundCustomers;
    type Error = OperationError;

    fn length(&self) -> Length {
        // The customers of a page may have hundreds of contacts each.
        if self.is_list() && self.wanted == Wanted::Count { self.page.length() } else { Length::Long }
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let (all, found) = if self.is_list() {
            let Page { total, items, damaged, next } =
                tx.list_customer_ids(self.page.map(|position| position.id)).await?;
            (total, Page { total, items, damaged, next: next.map(CustomerPosition::by_id) })
        } else {
            let all = tx.list_customer_ids(PageRequest::at(0, 0)).await?.total;
            (all, tx.search_customers(&self.search, self.sort, &self.page).await?)
        };
        let Page { total, items: ids, damaged, next } = found;
        let count = ids.len();
        let wanted = if self.wanted == Wanted::Count { &[][..] } else { &ids };
        let first = read_customers(tx, wanted, self.wanted == Wanted::CustomersWithContacts).await?;
        Ok(FoundCustomers { total, all, count, first, damaged, next })
    }
}

impl SearchCustomers {
    /// Whether everybody is wanted, by id.
    fn is_list(&self) -> bool {
        self.search.is_everybody() && self.sort.is_none()
    }
}

/// Finds the ids of all customers that are like this, by id.
#[derive(Debug, Clone)]
pub struct SearchCustomerIds {
    /// What they must be like.
    pub search: CustomerSearch,
    /// In which order; by id where none is named.
    pub sort: Option<CustomerSort>,
}

impl ReadOperation for SearchCustomerIds {
    type Output = Vec<CustomerId>;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let all = PageRequest::at(0, u32::MAX);
        Ok(tx.search_customers(&self.search, self.sort, &all).await?.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length_of_first_page(wanted: Wanted) -> Length {
        let search = CustomerSearch::default();
        SearchCustomers { search, sort: None, page: PageRequest::at(0, 10), wanted }.length()
    }

    #[test]
    fn a_list_is_long_as_soon_as_it_tells_who_the_customers_are() {
        assert_eq!(length_of_first_page(Wanted::Count), Length::Short);
        assert_eq!(length_of_first_page(Wanted::Customers), Length::Long);
        assert_eq!(length_of_first_page(Wanted::CustomersWithContacts), Length::Long);
    }
}
