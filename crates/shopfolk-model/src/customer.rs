//! A customer of a store.

use crate::{CustomerId, CustomerName, EmailAddress, NewContact, Timestamp};

/// A customer, without the contacts, which are a [`crate::ContactBook`] of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The id, unique in the store.
    pub id: CustomerId,
    /// The customer's own address, unique in the store without regard to case.
    pub email: EmailAddress,
    /// The name, where one is known.
    pub name: Option<CustomerName>,
    /// When the customer came to be.
    pub registered: Timestamp,
    /// When the customer or one of its contacts last changed.
    pub updated: Timestamp,
}

/// What a caller says of a customer that shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// The customer's own address.
    pub email: EmailAddress,
    /// The name, where one is given.
    pub name: Option<CustomerName>,
    /// The contacts that come with the customer, in their order.
    pub contacts: Vec<NewContact>,
}
