//! Customers as a whole, from the portions in which they are read.

use shopfolk_model::{ContactBook, CustomerId, CustomerSearch, StoreId};
use shopfolk_store::{ContactPlace, Engine, PageRequest};

use crate::{
    CustomerWithContacts, OperationError, ReadContacts, ReadCustomer, ReadCustomers, SearchCustomers, Wanted,
};

/// The contacts of a customer.
///
/// # Errors
/// When the customer is not there, or the database fails.
pub async fn contact_book<E: Engine>(
    engine: &E,
    store: StoreId,
    customer: CustomerId,
) -> Result<ContactBook, OperationError> {
    let part = engine.read(store, ReadContacts { customer, after: None }).await?;
    let first = ContactBook::whole(part.contacts);
    with_more_contacts(engine, store, customer, first, part.more).await
}

/// A customer with all contacts.
///
/// # Errors
/// When the customer is not there, or the database fails.
pub async fn whole_customer<E: Engine>(
    engine: &E,
    store: StoreId,
    customer: CustomerId,
) -> Result<CustomerWithContacts, OperationError> {
    let (found, more) = engine.read(store, ReadCustomer { customer, contacts: true }).await?;
    let contacts = with_more_contacts(engine, store, customer, found.contacts, more).await?;
    Ok(CustomerWithContacts { contacts, ..found })
}

/// All customers with all contacts, by id.
///
/// # Errors
/// When the database fails.
pub async fn whole_customers<E: Engine>(
    engine: &E,
    store: StoreId,
) -> Result<Vec<CustomerWithContacts>, OperationError> {
    let everybody = SearchCustomers {
        search: CustomerSearch::default(),
        sort: None,
        page: PageRequest::at(0, u32::MAX),
        wanted: Wanted::CustomersWithContacts,
    };
    let mut portion = engine.read(store, everybody).await?.first;
    let mut customers = Vec::new();
    loop {
        customers.append(&mut portion.items);
        if let Some((id, more)) = portion.more_contacts
            && let Some(last) = customers.pop()
        {
            let contacts = with_more_contacts(engine, store, id, last.contacts, Some(more)).await?;
            customers.push(CustomerWithContacts { contacts, ..last });
        }
        if portion.rest.is_empty() {
            return Ok(customers);
        }
        portion = engine.read(store, ReadCustomers { ids: portion.rest, contacts: true }).await?;
    }
}

async fn with_more_contacts<E: Engine>(
    engine: &E,
    store: StoreId,
    customer: CustomerId,
    first: ContactBook,
    mut more: Option<ContactPlace>,
) -> Result<ContactBook, OperationError> {
    let mut contacts = first.contacts().to_vec();
    while more.is_some() {
        let part = engine.read(store, ReadContacts { customer, after: more }).await?;
        contacts.extend(part.contacts);
        more = part.more;
    }
    Ok(ContactBook::whole(contacts))
}
