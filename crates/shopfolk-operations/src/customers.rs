//! Creating, reading, changing and deleting customers.

use std::collections::HashMap;
use std::time::Duration;

use shopfolk_model::{
    Addition, AddressBook, AddressId, BookChange, ContactBook, ContactEntry, Customer, CustomerChange,
    CustomerId, DeletedCustomer, EmailAddress, Event, ExternalReferenceId, ExtraField, ExtraFieldBook,
    ExtraFieldEntry, ExtraFieldValue, ExtraFieldValues, FieldChange, GroupId, GroupName, Happening,
    NewCustomer, Timestamp,
};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, WriteOperation, WriteTx};

use crate::OperationError;

/// A customer together with all contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerWithContacts {
    /// The customer.
    pub customer: Customer,
    /// The contacts.
    pub contacts: ContactBook,
    /// The name of the group.
    pub group_name: GroupName,
    /// The extra fields of which the customer has a value, in the order of their creation.
    pub extra_fields: Vec<(ExtraField, ExtraFieldValue)>,
}

/// Adds to customers what is known of their groups and extra fields; the contacts are given by customer.
pub(crate) async fn complete<T: ReadTx>(
    tx: &mut T,
    customers: Vec<Customer>,
    mut contacts: HashMap<CustomerId, ContactBook>,
) -> Result<Vec<CustomerWithContacts>, OperationError> {
    let mut groups: Vec<_> = customers.iter().map(|customer| customer.group).collect();
    groups.retain(|&group| group != GroupId::GENERAL);
    groups.sort_unstable();
    groups.dedup();
    let names = if groups.is_empty() { HashMap::new() } else { tx.find_group_names(&groups).await? };
    let any_values = customers.iter().any(|customer| !customer.extra_fields.is_empty());
    let fields = if any_values { tx.list_extra_fields().await? } else { Vec::new() };
    let complete = |customer: Customer| {
        let value = |field: &ExtraField| Some((field.clone(), customer.extra_fields.get(&field.id)?.clone()));
        let extra_fields = fields.iter().filter_map(value).collect();
        CustomerWithContacts {
            contacts: contacts.remove(&customer.id).unwrap_or_default(),
            group_name: names.get(&customer.group).cloned().unwrap_or_else(GroupName::general),
            extra_fields,
            customer,
        }
    };
    Ok(customers.into_iter().map(complete).collect())
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
        let NewCustomer { email, name, details, addresses, contacts, group, extra_fields } = &self.customer;
        ensure_email_is_free(tx, email, None).await?;
        if let Some(reference) = &details.external_reference {
            ensure_reference_is_free(tx, reference, None).await?;
        }
        ensure_group_is_there(tx, *group).await?;
        let extra_fields = set_extra_fields(tx, ExtraFieldValues::new(), extra_fields).await?;
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

        let mut book_of_addresses = AddressBook::default();
        let address_ids = next_address_ids(tx, addresses.len()).await?;
        book_of_addresses.replace(addresses, address_ids, self.now)?;

        let id = tx.next_customer_id().await?;
        let customer = Customer {
            name: name.clone(),
            details: details.clone(),
            addresses: book_of_addresses,
            group: *group,
            extra_fields,
            ..Customer::new(id, email.clone(), self.now)
        };
        tx.add_customer(&customer).await?;
        for change in &changes {
            tx.write_contacts(id, change, self.now).await?;
        }
        let event = Event { happening: Happening::CustomerCreated(id), created: self.now };
        tx.append_event(&event).await?;
        Ok(id)
    }
}

/// Changes a customer; what the change leaves out stays. All of it happens, or nothing.
#[derive(Debug, Clone)]
pub struct ChangeCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// What becomes of it.
    pub change: CustomerChange,
    /// Now.
    pub now: Timestamp,
}

/// What changing a customer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerUpdate {
    /// The customer was changed.
    Updated,
    /// The change said nothing; nothing changed.
    NothingToDo,
}

impl WriteOperation for ChangeCustomer {
    type Output = CustomerUpdate;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let Self { customer: id, change, now } = self;
        let not_found = OperationError::CustomerNotFound { id: *id };
        let Some(before) = tx.lookup_customer(*id).await? else { return Err(not_found) };
        if change.is_empty() {
            return Ok(CustomerUpdate::NothingToDo);
        }
        let new_email = change.email.as_ref().filter(|email| email.key() != before.email.key());
        if let Some(email) = new_email {
            ensure_email_is_free(tx, email, Some(*id)).await?;
        }
        if let FieldChange::Set(reference) = &change.details.external_reference {
            ensure_reference_is_free(tx, reference, Some(*id)).await?;
        }
        if let Some(group) = change.group {
            ensure_group_is_there(tx, group).await?;
        }
        let address_ids = next_address_ids(tx, change.new_addresses()).await?;
        let mut after = before.changed(change, address_ids, *now)?;
        after.extra_fields = set_extra_fields(tx, after.extra_fields, &change.extra_fields).await?;
        let contacts = match (&change.contacts, &change.email) {
            (None, None) => Vec::new(),
            _ => self.contacts(tx, &before.email).await?,
        };
        tx.change_customer(&after).await?;
        for change in &contacts {
            tx.write_contacts(*id, change, *now).await?;
        }
        let event = Event { happening: Happening::CustomerUpdated(*id), created: *now };
        tx.append_event(&event).await?;
        Ok(CustomerUpdate::Updated)
    }
}

impl ChangeCustomer {
    /// What becomes of the contacts: first the list that takes their place, then the contact for the customer's own
    /// address, which goes with it.
    async fn contacts<T: WriteTx>(
        &self,
        tx: &mut T,
        old_email: &EmailAddress,
    ) -> Result<Vec<BookChange>, OperationError> {
        let not_found = OperationError::CustomerNotFound { id: self.customer };
        let mut book = tx.find_contact_book(self.customer).await?.ok_or(not_found)?;
        let mut changes = Vec::new();
        if let Some(entries) = &self.change.contacts {
            let new = entries.iter().filter(|entry| matches!(entry, ContactEntry::New(_))).count();
            let mut ids = Vec::with_capacity(new);
            for _ in 0..new {
                ids.push(tx.next_contact_id().await?);
            }
            changes.extend(book.replace_all(entries, ids, self.now)?);
        }
        if let Some(email) = &self.change.email {
            changes.extend(book.follow_email(old_email, email));
        }
        Ok(changes)
    }
}

pub(crate) async fn ensure_email_is_free<T: ReadTx>(
    tx: &mut T,
    email: &EmailAddress,
    except: Option<CustomerId>,
) -> Result<(), OperationError> {
    match tx.find_customer_by_email(email).await? {
        Some(other) if Some(other) != except => Err(OperationError::EmailInUse { email: email.clone() }),
        _ => Ok(()),
    }
}

pub(crate) async fn ensure_reference_is_free<T: ReadTx>(
    tx: &mut T,
    reference: &ExternalReferenceId,
    except: Option<CustomerId>,
) -> Result<(), OperationError> {
    match tx.find_customer_by_external_reference(reference).await? {
        Some(other) if Some(other) != except => {
            Err(OperationError::ExternalReferenceInUse { reference: reference.clone() })
        }
        _ => Ok(()),
    }
}

pub(crate) async fn ensure_group_is_there<T: ReadTx>(
    tx: &mut T,
    group: GroupId,
) -> Result<(), OperationError> {
    if group == GroupId::GENERAL || tx.lookup_group(group).await?.is_some() {
        Ok(())
    } else {
        Err(OperationError::UnknownGroup { id: group })
    }
}

pub(crate) async fn set_extra_fields<T: ReadTx>(
    tx: &mut T,
    values: ExtraFieldValues,
    entries: &[ExtraFieldEntry],
) -> Result<ExtraFieldValues, OperationError> {
    if entries.is_empty() {
        return Ok(values);
    }
    let book = ExtraFieldBook::whole(tx.list_extra_fields().await?);
    Ok(book.set(values, entries)?)
}

pub(crate) async fn next_address_ids<T: WriteTx>(
    tx: &mut T,
    count: usize,
) -> Result<Vec<AddressId>, OperationError> {
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(tx.next_address_id().await?);
    }
    Ok(ids)
}

/// How long a deleted customer is listed: about six months.
const DELETED_KEPT: Duration = Duration::from_hours(183 * 24);

/// Lists the customers that were deleted in the last six months, by the time at which they were, then by id.
#[derive(Debug, Clone, Copy)]
pub struct ListDeletedCustomers {
    /// None that were deleted before.
    pub from: Option<Timestamp>,
    /// None that were deleted after.
    pub to: Option<Timestamp>,
    /// Which part of the list.
    pub page: PageRequest,
    /// Now.
    pub now: Timestamp,
}

impl ReadOperation for ListDeletedCustomers {
    type Output = Page<DeletedCustomer>;
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let oldest = self.now.before(DELETED_KEPT);
        let from = self.from.unwrap_or(oldest).max(oldest);
        Ok(tx.list_deleted_customers(from, self.to.unwrap_or(self.now), self.page).await?)
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
        let contacts = tx
            .find_contact_book(self.customer)
            .await?
            .ok_or(OperationError::CustomerNotFound { id: self.customer })?;
        let contacts = HashMap::from([(self.customer, contacts)]);
        complete(tx, vec![customer], contacts).await?.pop().ok_or(not_found)
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
        let books = tx.find_contact_books(&ids).await?;
        Ok(Page { total, items: complete(tx, customers, books).await? })
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
