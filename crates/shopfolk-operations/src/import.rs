//! Bringing customers from elsewhere into a store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    AddressEntry, ContactBook, ContactChange, ContactEntry, ContactId, Customer, CustomerChange,
    CustomerDetails, CustomerId, Event, ExternalReferenceId, FieldChange, GroupId, Happening, NewContact,
    NewCustomer, Timestamp,
};
use shopfolk_store::{ReadTx, StoredCustomer, WriteOperation, WriteTx};

use crate::customers::{ensure_email_is_free, ensure_reference_is_free};
use crate::{AddCustomers, ChangeCustomer, OperationError};

/// What is said of a customer that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCustomer {
    /// The id, by which it is looked for first, and which it keeps if it is new and the id is free.
    pub id: Option<CustomerId>,
    /// When it came to be.
    pub registered: Option<Timestamp>,
    /// Everything else but the contacts.
    pub change: CustomerChange,
    /// The contacts; those that equal none of the customer's, and whose ids it does not have, are new.
    pub contacts: Option<Vec<(Option<ContactId>, NewContact)>>,
}

/// What became of a customer that came from elsewhere.
#[derive(Debug)]
pub enum ImportOutcome {
    /// It is new.
    Created(CustomerId),
    /// It was there and is changed.
    Updated(CustomerId),
    /// It was there as it is.
    Unchanged(CustomerId),
    /// It breaks a rule; nothing of it was written.
    Refused(OperationError),
}

/// Creates customers that the store does not have, and changes those that it has: they are matched by their id, else their
/// external reference, else their e-mail address. One that breaks a rule is passed over.
///
/// It may stop before a customer that could be one of those it creates, and answer for fewer than there are: the rest is
/// for the next time.
#[derive(Debug, Clone)]
pub struct ImportCustomers {
    /// The customers, in their order.
    pub customers: Arc<[ImportedCustomer]>,
    /// The first of them that is still to be imported.
    pub first: usize,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ImportCustomers {
    type Output = Vec<ImportOutcome>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let customers = self.customers.get(self.first..).unwrap_or_default();
        let mut outcomes = Vec::with_capacity(customers.len());
        // An id below may have been a deleted customer's, and is never given again.
        let free_from = tx.lookup_next_ids().await?.customer;
        let mut new = NewCustomers::default();
        for customer in customers {
            if new.may_have(customer) {
                break;
            }
            // Every rule is asked before anything is written, so one that is refused leaves nothing behind.
            outcomes.push(match self.import(tx, customer, free_from, &mut new).await {
                Ok(outcome) => outcome,
                Err(OperationError::Store(error)) => return Err(error.into()),
                Err(refused) => ImportOutcome::Refused(refused),
            });
        }
        // All at once, and behind everything that takes ids.
        if !new.customers.is_empty() {
            tx.replace_stored_customers(&[], &new.customers).await?;
        }
        for StoredCustomer { customer, .. } in &new.customers {
            let event = Event { happening: Happening::CustomerCreated(customer.id), created: self.now };
            tx.append_event(&event).await?;
        }
        Ok(outcomes)
    }
}

/// Customers that are to be created.
#[derive(Default)]
struct NewCustomers {
    customers: Vec<StoredCustomer>,
    ids: HashSet<CustomerId>,
    emails: HashSet<String>,
    references: HashSet<ExternalReferenceId>,
}

impl NewCustomers {
    fn add(&mut self, stored: StoredCustomer) {
        let Customer { id, email, details, .. } = &stored.customer;
        self.ids.insert(*id);
        self.emails.insert(email.key());
        self.references.extend(details.external_reference.clone());
        self.customers.push(stored);
    }

    /// Whether a customer has the id, the reference or the e-mail address of one of them.
    fn may_have(&self, imported: &ImportedCustomer) -> bool {
        let CustomerChange { email, details, .. } = &imported.change;
        let reference = match &details.external_reference {
            FieldChange::Set(reference) => Some(reference),
            FieldChange::Keep | FieldChange::Clear => None,
        };
        imported.id.is_some_and(|id| self.ids.contains(&id))
            || email.as_ref().is_some_and(|email| self.emails.contains(&email.key()))
            || reference.is_some_and(|reference| self.references.contains(reference))
    }
}

impl ImportCustomers {
    async fn import<T: WriteTx>(
        &self,
        tx: &mut T,
        imported: &ImportedCustomer,
        free_from: CustomerId,
        new: &mut NewCustomers,
    ) -> Result<ImportOutcome, OperationError> {
        match find(tx, imported).await? {
            Some(before) => self.update(tx, imported, before).await,
            None => self.create(tx, imported, free_from, new).await,
        }
    }

    async fn create<T: WriteTx>(
        &self,
        tx: &mut T,
        imported: &ImportedCustomer,
        free_from: CustomerId,
        pending: &mut NewCustomers,
    ) -> Result<ImportOutcome, OperationError> {
        let CustomerChange { email, name, details, addresses, contacts: _, group, extra_fields } =
            imported.change.clone();
        let email = email.ok_or(OperationError::EmailMissing)?;
        let new = |address: AddressEntry| AddressEntry { id: None, ..address };
        let new = NewCustomer {
            email,
            name: name.apply(None),
            details: CustomerDetails::default().changed(details),
            addresses: addresses.unwrap_or_default().into_iter().map(new).collect(),
            contacts: imported.contacts.iter().flatten().map(|(_, contact)| contact.clone()).collect(),
            group: group.unwrap_or(GroupId::GENERAL),
            extra_fields,
        };
        ensure_email_is_free(tx, &new.email, None).await?;
        if let Some(reference) = &new.details.external_reference {
            ensure_reference_is_free(tx, reference, None).await?;
        }
        let add = AddCustomers { customers: Vec::new(), now: self.now };
        let mut stored = add.stored(tx, &new, imported.id.filter(|&id| id >= free_from)).await?;
        stored.customer.registered = imported.registered.unwrap_or(self.now);
        let id = stored.customer.id;
        pending.add(stored);
        Ok(ImportOutcome::Created(id))
    }

    async fn update<T: WriteTx>(
        &self,
        tx: &mut T,
        imported: &ImportedCustomer,
        before: Customer,
    ) -> Result<ImportOutcome, OperationError> {
        let id = before.id;
        let mut change = imported.change.clone();
        let has = |id| before.addresses.addresses().iter().any(|address| address.id == id);
        for address in change.addresses.iter_mut().flatten() {
            address.id = address.id.filter(|&id| has(id));
        }
        let mut contacts_stay = true;
        if let Some(contacts) = &imported.contacts {
            let not_found = OperationError::CustomerNotFound { id };
            let book = tx.find_contact_book(id).await?.ok_or(not_found)?;
            let entries = entries_for(&book, contacts);
            contacts_stay = entries.iter().all(|entry| matches!(entry, ContactEntry::Known(..))) && {
                let mut after = book.clone();
                after.replace_all(&entries, [], self.now)?;
                after == book
            };
            change.contacts = Some(entries);
        }
        let addresses_stay = change.new_addresses() == 0;
        if contacts_stay && addresses_stay {
            let mut after = before.changed(&change, [], before.updated)?;
            after.extra_fields =
                crate::customers::set_extra_fields(tx, after.extra_fields, &change.extra_fields).await?;
            if after == before {
                return Ok(ImportOutcome::Unchanged(id));
            }
        }
        ChangeCustomer { customer: id, change, now: self.now }.run(tx).await?;
        Ok(ImportOutcome::Updated(id))
    }
}

async fn find<T: ReadTx>(
    tx: &mut T,
    imported: &ImportedCustomer,
) -> Result<Option<Customer>, OperationError> {
    if let Some(id) = imported.id
        && let Some(customer) = tx.lookup_customer(id).await?
    {
        return Ok(Some(customer));
    }
    let mut found = None;
    if let FieldChange::Set(reference) = &imported.change.details.external_reference {
        found = tx.find_customer_by_external_reference(reference).await?;
    }
    if let (None, Some(email)) = (found, &imported.change.email) {
        found = tx.find_customer_by_email(email).await?;
    }
    match found {
        Some(id) => Ok(tx.lookup_customer(id).await?),
        None => Ok(None),
    }
}

/// The list that takes the place of the contacts. A contact is first the one that it equals: its id may come from another
/// store, where it was somebody else's. What equals none is the one that has its id, else it is new.
fn entries_for(book: &ContactBook, contacts: &[(Option<ContactId>, NewContact)]) -> Vec<ContactEntry> {
    let mut found = HashMap::with_capacity(contacts.len());
    for contact in book.contacts() {
        found.insert((contact.contact_type(), contact.address.key()), contact.id);
    }
    let equal =
        |contact: &NewContact| found.get(&(contact.address.contact_type(), contact.address.key())).copied();
    let mut taken: HashSet<ContactId> = contacts.iter().filter_map(|(_, contact)| equal(contact)).collect();
    let mut named = HashSet::with_capacity(contacts.len());
    let entry = |(id, contact): &(Option<ContactId>, NewContact)| {
        let known = match equal(contact) {
            Some(equal) => Some(equal).filter(|id| named.insert(*id)),
            None => id.filter(|id| book.find(*id).is_some() && taken.insert(*id)),
        };
        match known {
            Some(id) => ContactEntry::Known(id, as_change(contact)),
            None => ContactEntry::New(contact.clone()),
        }
    };
    contacts.iter().map(entry).collect()
}

fn as_change(contact: &NewContact) -> ContactChange {
    let NewContact { address, handle, note, default, order_by, timestamp } = contact;
    ContactChange {
        contact: Some(address.contact().clone()),
        contact_type: Some(address.contact_type()),
        handle: handle.clone().map_or(FieldChange::Keep, FieldChange::Set),
        note: note.clone().map_or(FieldChange::Clear, FieldChange::Set),
        default: Some(*default),
        order_by: *order_by,
        timestamp: *timestamp,
    }
}
