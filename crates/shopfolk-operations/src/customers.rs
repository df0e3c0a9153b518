//! Creating, reading and deleting customers.

use shopfolk_model::{Addition, ContactBook, Customer, CustomerId, Event, EventType, NewCustomer, Timestamp};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};

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
        let event = Event { event_type: EventType::CustomerCreated, customer: id, created: self.now };
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
        with_contacts(tx, customer).await?.ok_or(not_found)
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
        let mut items = Vec::with_capacity(customers.len());
        for customer in customers {
            items.extend(with_contacts(tx, customer).await?);
        }
        Ok(Page { total, items })
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
        let event =
            Event { event_type: EventType::CustomerDeleted, customer: self.customer, created: self.now };
        Ok(tx.append_event(&event).await?)
    }
}

async fn with_contacts<T: ReadTx>(
    tx: &mut T,
    customer: Customer,
) -> Result<Option<CustomerWithContacts>, StoreError> {
    let contacts = tx.find_contact_book(customer.id).await?;
    Ok(contacts.map(|contacts| CustomerWithContacts { customer, contacts }))
}
