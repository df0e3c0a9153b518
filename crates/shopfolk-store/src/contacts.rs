//! The contacts of customers.

use std::collections::HashMap;
use std::future::Future;

use shopfolk_model::{BookChange, ContactBook, ContactId, CustomerId, NewContact, Timestamp};

use crate::StoreError;

/// Reading contacts.
pub trait ReadContacts {
    /// All contacts of a customer; `None` when there is no such customer.
    ///
    /// # Errors
    /// When the database fails.
    fn find_contact_book(
        &mut self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<ContactBook>, StoreError>> + Send;

    /// All contacts of each of these customers; a customer that is not there, or has none, may be left out.
    ///
    /// # Errors
    /// When the database fails.
    fn find_contact_books(
        &mut self,
        customers: &[CustomerId],
    ) -> impl Future<Output = Result<HashMap<CustomerId, ContactBook>, StoreError>> + Send;
}

/// Writing contacts. Each call locks the customer first, so that two writes to one customer come one after the other.
pub trait WriteContacts {
    /// What [`ContactBook::add`] has to know of a customer's contacts to add `new`
    /// ([`ContactBook::relevant`]): costs the same however many contacts there are. `None` when there is no such
    /// customer.
    ///
    /// # Errors
    /// When the database fails.
    fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> impl Future<Output = Result<Option<ContactBook>, StoreError>> + Send;

    /// An id for a new contact.
    ///
    /// # Errors
    /// When the database fails or has no id left.
    fn next_contact_id(&mut self) -> impl Future<Output = Result<ContactId, StoreError>> + Send;

    /// Writes what a rule answered, and moves the customer's `updated` to `now`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it would break a uniqueness rule; otherwise when the database fails.
    fn write_contacts(
        &mut self,
        customer: CustomerId,
        change: &BookChange,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
