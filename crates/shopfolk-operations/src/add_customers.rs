//! Adding many customers at once, for imports.

use std::collections::HashSet;

use shopfolk_model::{
    AddressBook, Contact, ContactBook, Customer, CustomerId, Event, Happening, NewCustomer, Timestamp,
};
use shopfolk_store::{StoredCustomer, WriteOperation, WriteTx};

use crate::OperationError;
use crate::customers::{ensure_group_is_there, next_address_ids, set_extra_fields};

/// Adds customers whose e-mail addresses the store does not have yet; the others are passed over. Of those with the
/// same address the first is added.
#[derive(Debug, Clone)]
pub struct AddCustomers {
    /// What is said of them, in their order.
    pub customers: Vec<NewCustomer>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for AddCustomers {
    /// The ids of the customers, `None` for those that were passed over.
    type Output = Vec<Option<CustomerId>>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut outcomes = Vec::with_capacity(self.customers.len());
        let mut add = Vec::with_capacity(self.customers.len());
        let mut emails = HashSet::with_capacity(self.customers.len());
        for new in &self.customers {
            if !emails.insert(new.email.key()) || tx.find_customer_by_email(&new.email).await?.is_some() {
                outcomes.push(None);
                continue;
            }
            let stored = self.stored(tx, new, None).await?;
            outcomes.push(Some(stored.customer.id));
            add.push(stored);
        }
        tx.replace_stored_customers(&[], &add).await?;
        for StoredCustomer { customer, .. } in &add {
            let event = Event { happening: Happening::CustomerCreated(customer.id), created: self.now };
            tx.append_event(&event).await?;
        }
        Ok(outcomes)
    }
}

impl AddCustomers {
    /// The customer as it is to be kept, with this id or the next one.
    pub(crate) async fn stored<T: WriteTx>(
        &self,
        tx: &mut T,
        new: &NewCustomer,
        id: Option<CustomerId>,
    ) -> Result<StoredCustomer, OperationError> {
        let NewCustomer { email, name, details, addresses, contacts, group, extra_fields } = new;
        ensure_group_is_there(tx, *group).await?;
        let extra_fields =
            set_extra_fields(tx, shopfolk_model::ExtraFieldValues::new(), extra_fields).await?;
        let own = ContactBook::contact_for_email(email);
        let own_is_given = contacts.iter().any(|contact| contact.address.equals(&own.address));
        let mut book = ContactBook::default();
        for contact in contacts.iter().chain((!own_is_given).then_some(&own)) {
            let contact_id = tx.next_contact_id().await?;
            book.add(contact.clone(), contact_id, self.now)?;
        }
        let mut book_of_addresses = AddressBook::default();
        let address_ids = next_address_ids(tx, addresses.len()).await?;
        book_of_addresses.replace(addresses, address_ids, self.now)?;
        let id = match id {
            Some(id) => id,
            None => tx.next_customer_id().await?,
        };
        let customer = Customer {
            name: name.clone(),
            details: details.clone(),
            addresses: book_of_addresses,
            group: *group,
            extra_fields,
            ..Customer::new(id, email.clone(), self.now)
        };
        let mut contacts: Vec<_> = book.contacts().iter().map(|contact| Contact::clone(contact)).collect();
        contacts.sort_unstable_by_key(|contact| contact.id);
        Ok(StoredCustomer { customer, contacts })
    }
}
