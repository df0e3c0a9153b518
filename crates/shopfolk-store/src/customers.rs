//! The customers of a store.

use std::future::Future;

use shopfolk_model::{
    AddressId, Customer, CustomerId, DeletedCustomer, EmailAddress, ExternalReferenceId, Timestamp,
};

use crate::{Page, PageRequest, StoreError};

/// Reading customers.
pub trait ReadCustomers {
    /// The customer with this id.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_customer(
        &mut self,
        id: CustomerId,
    ) -> impl Future<Output = Result<Option<Customer>, StoreError>> + Send;

    /// The customer with this e-mail address, without regard to case.
    ///
    /// # Errors
    /// When the database fails.
    fn find_customer_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> impl Future<Output = Result<Option<CustomerId>, StoreError>> + Send;

    /// The customer with this name in somebody else's system.
    ///
    /// # Errors
    /// When the database fails.
    fn find_customer_by_external_reference(
        &mut self,
        reference: &ExternalReferenceId,
    ) -> impl Future<Output = Result<Option<CustomerId>, StoreError>> + Send;

    /// The customers that were deleted in this time, by time and id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<DeletedCustomer>, StoreError>> + Send;

    /// Those of these customers that are there, in the order of the ids.
    ///
    /// # Errors
    /// When the database fails.
    fn find_customers(
        &mut self,
        ids: &[CustomerId],
    ) -> impl Future<Output = Result<Vec<Customer>, StoreError>> + Send;

    /// The customers of the store, by id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_customers(
        &mut self,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<Customer>, StoreError>> + Send;
}

/// Writing customers.
pub trait WriteCustomers {
    /// An id for a new customer.
    ///
    /// # Errors
    /// When the database fails or has no id left.
    fn next_customer_id(&mut self) -> impl Future<Output = Result<CustomerId, StoreError>> + Send;

    /// An id for a new shipping address.
    ///
    /// # Errors
    /// When the database fails or has no id left.
    fn next_address_id(&mut self) -> impl Future<Output = Result<AddressId, StoreError>> + Send;

    /// Keeps a new customer, without contacts.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has the id, the e-mail or the external reference; otherwise when the
    /// database fails.
    fn add_customer(&mut self, customer: &Customer) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes what a customer that is there becomes; of the contacts nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another customer of the store has the e-mail or the external reference; otherwise
    /// when the database fails.
    fn change_customer(&mut self, customer: &Customer)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a customer and all its contacts; `false` when there is none with that id.
    ///
    /// # Errors
    /// When the database fails.
    fn remove_customer(&mut self, id: CustomerId) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
