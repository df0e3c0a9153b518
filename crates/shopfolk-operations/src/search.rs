//! Finding customers by what they are like.

use shopfolk_model::{CustomerId, CustomerPosition, CustomerSearch, CustomerSort};
use shopfolk_store::{Length, Listed, Page, PageRequest, ReadOperation, ReadTx, find_customers};

use crate::customers::complete;
use crate::{CustomerWithContacts, OperationError};

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
    /// How many are on this page.
    pub count: usize,
    /// Those on this page, as far as they are wanted.
    pub items: Vec<CustomerWithContacts>,
    /// How many rows of theirs are damaged and left out.
    pub damaged: u64,
    /// Where this page ends, while there is more behind it.
    pub next: Option<CustomerPosition>,
}

impl ReadOperation for SearchCustomers {
    type Output = FoundCustomers;
    type Error = OperationError;

    fn length(&self) -> Length {
        if self.is_list() { self.page.length() } else { Length::Long }
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
        if self.wanted == Wanted::Count {
            return Ok(FoundCustomers { total, all, count: ids.len(), items: Vec::new(), damaged, next });
        }
        let (items, damaged_rows) = customers(tx, &ids, self.wanted).await?;
        let damaged = damaged + damaged_rows;
        Ok(FoundCustomers { total, all, count: items.len(), items, damaged, next })
    }
}

impl SearchCustomers {
    /// Whether everybody is wanted, by id.
    fn is_list(&self) -> bool {
        self.search.is_everybody() && self.sort.is_none()
    }
}

/// The customers with these ids, as far as they are wanted, and how many rows of them are damaged.
async fn customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
    wanted: Wanted,
) -> Result<(Vec<CustomerWithContacts>, u64), OperationError> {
    let contacts_of = if wanted == Wanted::CustomersWithContacts { ids } else { &[] };
    let (Listed { items, damaged }, contacts) = find_customers(tx, ids, contacts_of).await?;
    let items = complete(tx, items, contacts).await?;
    let contacts: u64 = items.iter().map(|customer| customer.damaged_contacts).sum();
    Ok((items, damaged + contacts))
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
