//! Creating, reading and deleting customers.

use shopfolk_model::{Addition, ContactBook, Customer, CustomerId, Event, Happening, NewCustomer, Timestamp};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, WriteOperation, WriteTx};

use crate::OperationError;

/// A customer together with all contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerWithContacts {
    /// The customer.
    pub customer: Customer,
    /// The contacts.
    pub contacts: ContactBook,
}

/// Creates a customer with the contacts it comes with, and one for its own e-mail address unless that is among them.
#[derive(Debug, Clone)]
pub struct CreateCustomer {
    /// What is said of the customer.
    pub customer: NewCustomer,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateCustomer {
    type Output = CustomerId;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let NewCustomer { email, name, contacts } = &self.customer;
        if tx.find_customer_by_email(email).await?.is_some() {
            return Err(OperationError::EmailInUse { email: email.clone() });
        }
        let own = ContactBook::contact_for_email(email);
        let own_is_given = contacts.iter().any(|contact| contact.address.equals(&own.address));
        let mut book = ContactBook::default();
        let mut changes = Vec::with_capacity(contacts.len() + 1);
        // Its own e-mail comes last, so that it is the default; every rule is asked before anything is written.
        for contact in contacts.iter().chain((!own_is_given).then_some(&own)) {
            let contact_id = tx.next_contact_id().await?;
            if let Addition::Added { change, .. } = book.add(contact.clone(), contact_id, self.now)? {
                changes.push(change);
            }
        }

        let id = tx.next_customer_id().await?;
        let (email, name) = (email.clone(), name.clone());
        tx.add_customer(&Customer { id, email, name, registered: self.now, updated: self.now }).await?;
        for change in &changes {
            tx.write_contacts(id, change, self.now).await?;
        }
        let event = Event { happening: Happening::CustomerCreated(id), created: self.now };
        tx.append_event(&event).await?;
        Ok(id)
    }
}

/// Finds a customer.
#[derive(Debug, Clone, Copy)]
pub struct GetCustomer {
    /// The customer.
    pub customer: CustomerId,
}

impl ReadOperation for GetCustomer {
    type Output = CustomerWithContacts;
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let not_found = OperationError::CustomerNotFound { id: self.customer };
        let Some(customer) = tx.lookup_customer(self.customer).await? else { return Err(not_found) };
        let contacts = tx.find_contact_book(self.customer).await?.ok_or(not_found)?;
        Ok(CustomerWithContacts { customer, contacts })
    }
}

/// Lists the customers of a store, by id.
#[derive(Debug, Clone, Copy)]
pub struct ListCustomers {
    /// Which part of the list.
    pub page: PageRequest,
}

impl ReadOperation for ListCustomers {
    type Output = Page<CustomerWithContacts>;
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let Page { total, items: customers } = tx.list_customers(self.page).await?;
        let ids: Vec<_> = customers.iter().map(|customer| customer.id).collect();
        let mut books = tx.find_contact_books(&ids).await?;
        let with_contacts = |customer: Customer| {
            let contacts = books.remove(&customer.id).unwrap_or_default();
            CustomerWithContacts { customer, contacts }
        };
        Ok(Page { total, items: customers.into_iter().map(with_contacts).collect() })
    }
}

/// Deletes a customer and all its contacts.
#[derive(Debug, Clone, Copy)]
pub struct DeleteCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteCustomer {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if !tx.remove_customer(self.customer).await? {
            return Err(OperationError::CustomerNotFound { id: self.customer });
        }
        let event = Event { happening: Happening::CustomerDeleted(self.customer), created: self.now };
        Ok(tx.append_event(&event).await?)
    }
}
