//! Customers that are created, changed and deleted together.
//!
//! What their rules need is read at once, the rules are asked in memory, and what they answer is written at once. A portion of
//! five hundred costs about as many round trips as a single customer. Every operation that creates, changes, imports or
//! deletes customers goes through this file.

mod import;
mod load;
mod needs;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    Addition, AddressBook, AddressId, BookChange, Contact, ContactBook, ContactEntry, ContactId, Customer,
    CustomerChange, CustomerId, EmailAddress, Event, ExternalReferenceId, ExtraFieldBook, ExtraFieldEntry,
    ExtraFieldValues, FieldChange, GroupBook, GroupId, Happening, NewCustomer, Timestamp, time_of_change,
};
use shopfolk_store::{
    Damage, StateBefore, StoreError, StoredCustomer, WriteTx, delete_customers, insert_customers,
    update_customers,
};

use crate::OperationError;

pub(crate) use import::ImportedChange;
use needs::own_contact;
pub(crate) use needs::{Needs, NewRows};

/// The ids that a new customer gets.
struct NewIds {
    customer: CustomerId,
    contacts: Vec<ContactId>,
    addresses: Vec<AddressId>,
}

/// A customer that is there, and what becomes of it.
struct Known {
    before: Customer,
    contacts: Option<ContactBook>,
    after: Option<Customer>,
    contacts_after: ContactBook,
    contact_changes: Vec<BookChange>,
    deleted: bool,
}

impl Known {
    /// The customer as it is by now.
    const fn now_is(&self) -> &Customer {
        match &self.after {
            Some(after) => after,
            None => &self.before,
        }
    }

    fn of(before: Customer, contacts: Option<ContactBook>) -> Self {
        Self {
            contacts_after: contacts.clone().unwrap_or_default(),
            contacts,
            after: None,
            contact_changes: Vec::new(),
            deleted: false,
            before,
        }
    }
}

/// A portion of customers.
#[derive(Default)]
pub(crate) struct CustomerPortion {
    known: BTreeMap<CustomerId, Known>,
    /// Those that are there and cannot be read.
    damaged: BTreeMap<CustomerId, Damage>,
    /// Who has an address or will have it, by its key.
    emails: HashMap<String, CustomerId>,
    references: HashMap<ExternalReferenceId, CustomerId>,
    groups: HashSet<GroupId>,
    /// The groups; all of them only where they were asked for.
    group_book: GroupBook,
    extra_fields: ExtraFieldBook,
    created: Vec<StoredCustomer>,
    customer_ids: Vec<CustomerId>,
    contact_ids: Vec<ContactId>,
    address_ids: Vec<AddressId>,
}

impl CustomerPortion {
    /// Takes the ids of what may be created.
    pub(crate) async fn take_ids<T: WriteTx>(&mut self, tx: &mut T, new: &NewRows) -> Result<(), StoreError> {
        let customers = tx.take_ids(new.customers).await?;
        let contacts = tx.take_ids(new.contacts).await?;
        let addresses = tx.take_ids(new.addresses).await?;
        self.give_ids(customers, contacts, addresses);
        Ok(())
    }

    /// Why a customer that was asked for is not among those that are known.
    pub(crate) fn missing(&self, id: CustomerId) -> OperationError {
        match self.damaged.get(&id) {
            Some(damage) => StoreError::from(damage.clone()).into(),
            None => OperationError::CustomerNotFound { id },
        }
    }

    /// Whether the customer is there and cannot be read.
    pub(crate) fn is_damaged(&self, id: CustomerId) -> bool {
        self.damaged.contains_key(&id)
    }

    /// The customer with this id, as it was.
    pub(crate) fn customer(&self, id: CustomerId) -> Option<&Customer> {
        self.known.get(&id).map(|known| &known.before)
    }

    /// The contacts of a customer, as they were.
    pub(crate) fn contacts(&self, id: CustomerId) -> Option<&ContactBook> {
        self.known.get(&id)?.contacts.as_ref()
    }

    /// Brings ids for what may be created.
    pub(crate) fn give_ids(
        &mut self,
        customers: Vec<CustomerId>,
        contacts: Vec<ContactId>,
        addresses: Vec<AddressId>,
    ) {
        self.customer_ids = taken(customers);
        self.contact_ids = taken(contacts);
        self.address_ids = taken(addresses);
    }

    /// Who has this e-mail address.
    pub(crate) fn find_by_email(&self, email: &EmailAddress) -> Option<CustomerId> {
        self.emails.get(&email.key()).copied()
    }

    /// Who has this external reference.
    pub(crate) fn find_by_reference(&self, reference: &ExternalReferenceId) -> Option<CustomerId> {
        self.references.get(reference).copied()
    }

    /// The values of extra fields after these are set.
    pub(crate) fn set_extra_fields(
        &self,
        values: ExtraFieldValues,
        entries: &[ExtraFieldEntry],
    ) -> Result<ExtraFieldValues, OperationError> {
        if entries.is_empty() { Ok(values) } else { Ok(self.extra_fields.set(values, entries)?) }
    }

    /// Creates a customer with the next id.
    ///
    /// # Errors
    /// When a rule says no; then nothing of it is kept.
    pub(crate) fn create(
        &mut self,
        new: &NewCustomer,
        registered: Timestamp,
        now: Timestamp,
    ) -> Result<CustomerId, OperationError> {
        self.ensure_allowed(new)?;
        let mut rows = NewRows::default();
        rows.create(new);
        let ids = NewIds {
            customer: next(&mut self.customer_ids, "customer")?,
            contacts: last(&mut self.contact_ids, rows.contacts),
            addresses: last(&mut self.address_ids, rows.addresses),
        };
        let stored = self.build(new, ids, registered, now)?;
        let id = stored.customer.id;
        self.take_names(&stored.customer);
        self.created.push(stored);
        Ok(id)
    }

    /// Creates a customer with the next id, which is taken when no rule says no.
    ///
    /// # Errors
    /// When a rule does, or the database fails.
    pub(crate) async fn create_next<T: WriteTx>(
        &mut self,
        tx: &mut T,
        new: &NewCustomer,
        now: Timestamp,
    ) -> Result<CustomerId, OperationError> {
        self.ensure_creatable(new, now)?;
        let mut rows = NewRows::default();
        rows.create(new);
        self.take_ids(tx, &rows).await?;
        self.create(new, now, now)
    }

    /// Asks every rule for a new customer, before it has ids.
    ///
    /// # Errors
    /// When one says no.
    pub(crate) fn ensure_creatable(&self, new: &NewCustomer, now: Timestamp) -> Result<(), OperationError> {
        self.ensure_allowed(new)?;
        let mut rows = NewRows::default();
        rows.create(new);
        // Any ids will do.
        let ids = NewIds {
            customer: CustomerId::MAXIMUM,
            contacts: vec![ContactId::MAXIMUM; rows.contacts],
            addresses: vec![AddressId::MAXIMUM; rows.addresses],
        };
        self.build(new, ids, now, now).map(drop)
    }

    /// Asks the rules that depend on what else is in the store.
    fn ensure_allowed(&self, new: &NewCustomer) -> Result<(), OperationError> {
        self.ensure_free(new.email.as_ref(), new.details.external_reference.as_ref(), None)?;
        self.ensure_group(new.group)
    }

    fn build(
        &self,
        new: &NewCustomer,
        ids: NewIds,
        registered: Timestamp,
        now: Timestamp,
    ) -> Result<StoredCustomer, OperationError> {
        let extra_fields = self.set_extra_fields(ExtraFieldValues::new(), &new.extra_fields)?;
        let mut book = ContactBook::default();
        let mut contact_ids = ids.contacts.into_iter();
        // Its own e-mail comes last, so that it is the default.
        for contact in new.contacts.iter().cloned().chain(own_contact(new)) {
            let id = contact_ids.next().ok_or(StoreError::OutOfIds { kind: "contact" })?;
            book.add(contact, id, now)?;
        }
        let mut addresses = AddressBook::default();
        addresses.replace(&new.addresses, ids.addresses, now)?;
        let customer = Customer {
            name: new.name.clone(),
            details: new.details.clone(),
            addresses,
            group: new.group,
            extra_fields,
            registered,
            ..Customer::new(ids.customer, new.email.clone(), time_of_change(registered, now))
        };
        let mut contacts: Vec<Arc<Contact>> = book.contacts().to_vec();
        contacts.sort_unstable_by_key(|contact| contact.id);
        Ok(StoredCustomer { customer, contacts })
    }

    /// Changes a customer.
    ///
    /// # Errors
    /// When there is no such customer, or a rule says no; then nothing of it changes.
    pub(crate) fn change(
        &mut self,
        id: CustomerId,
        change: &CustomerChange,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        let after = self.changed(id, change, now)?;
        let Some(known) = self.known.get(&id) else { return Err(self.missing(id)) };
        let mut book = known.contacts_after.clone();
        let mut changes = replace_contacts(&mut book, change, &mut self.contact_ids, now)?;
        // The contact for the customer's own address goes with it.
        if let Some(email) = &change.email {
            let before = known.now_is().email.as_ref();
            changes.extend(if book.lacks_email(before, email) {
                book.add_email(email, next(&mut self.contact_ids, "contact")?, now)?
            } else {
                before.and_then(|before| book.follow_email(before, email))
            });
        }
        if let Some(phone) = &change.primary_phone {
            changes.extend(if book.has(phone.address()) {
                book.make_default(phone.address())
            } else {
                match book.add(phone.contact(), next(&mut self.contact_ids, "contact")?, now)? {
                    Addition::Added { change, .. } => Some(change),
                    Addition::AlreadyThere(_) => None,
                }
            });
        }
        self.keep(after, book, changes);
        Ok(())
    }

    /// A customer after a change of everything but the contacts.
    fn changed(
        &mut self,
        id: CustomerId,
        change: &CustomerChange,
        now: Timestamp,
    ) -> Result<Customer, OperationError> {
        let Some(known) = self.known.get(&id) else { return Err(self.missing(id)) };
        let now_is = known.now_is();
        let new_email = change.email.as_ref().filter(|email| !is_its(email, now_is));
        let reference = match &change.details.external_reference {
            FieldChange::Set(reference) => Some(reference),
            FieldChange::Keep | FieldChange::Clear => None,
        };
        self.ensure_free(new_email, reference, Some(id))?;
        if let Some(group) = change.group {
            self.ensure_group(group)?;
        }
        let address_ids = last(&mut self.address_ids, change.new_addresses());
        let mut after = now_is.changed(change, address_ids, now)?;
        after.extra_fields = self.set_extra_fields(after.extra_fields, &change.extra_fields)?;
        Ok(after)
    }

    fn keep(&mut self, after: Customer, contacts: ContactBook, changes: Vec<BookChange>) {
        self.take_names(&after);
        if let Some(known) = self.known.get_mut(&after.id) {
            known.after = Some(after);
            known.contacts_after = contacts;
            known.contact_changes.extend(changes);
        }
    }

    /// How many contacts a customer may get besides those of a list: one for an e-mail address that changes, where neither the
    /// former one nor the new one is surely there, and one for the primary telephone number, where that is not.
    pub(crate) fn contacts_besides_the_list(&self, id: CustomerId, change: &CustomerChange) -> usize {
        let Some(known) = self.known.get(&id) else { return 0 };
        let (before, book) = (known.now_is().email.as_ref(), &known.contacts_after);
        // Nobody knows before which contacts a list leaves.
        let is_list = change.contacts.is_some();
        let email = change.email.as_ref().filter(|email| before != Some(*email));
        let email = email.is_some_and(|email| is_list || book.lacks_email(before, email));
        let phone = change.primary_phone.as_ref();
        let phone = phone.is_some_and(|phone| is_list || !book.has(phone.address()));
        usize::from(email) + usize::from(phone)
    }

    /// Takes so many more ids of contacts.
    pub(crate) async fn take_contact_ids<T: WriteTx>(
        &mut self,
        tx: &mut T,
        count: usize,
    ) -> Result<(), StoreError> {
        if count > 0 {
            self.contact_ids.splice(0..0, taken(tx.take_ids(count).await?));
        }
        Ok(())
    }

    /// Writes down what a customer's orders amount to.
    pub(crate) fn set_orders(
        &mut self,
        id: CustomerId,
        orders: shopfolk_model::OrderStatistics,
        now: Timestamp,
    ) {
        if let Some(created) = self.created.iter_mut().find(|stored| stored.customer.id == id) {
            created.customer.orders = orders;
        } else if let Some(known) = self.known.get_mut(&id) {
            let now_is = known.after.take().unwrap_or_else(|| known.before.clone());
            known.after = Some(Customer { orders, updated: now_is.time_of_change(now), ..now_is });
        }
    }

    /// A customer as it will be.
    pub(crate) fn customer_after(&self, id: CustomerId) -> Option<&Customer> {
        let created = self.created.iter().map(|stored| &stored.customer).find(|customer| customer.id == id);
        created.or_else(|| self.known.get(&id).map(Known::now_is))
    }

    /// Deletes a customer.
    ///
    /// # Errors
    /// When there is no such customer.
    pub(crate) fn delete(&mut self, id: CustomerId) -> Result<(), OperationError> {
        let missing = self.missing(id);
        let known = self.known.get_mut(&id).ok_or(missing)?;
        known.deleted = true;
        Ok(())
    }

    fn ensure_free(
        &self,
        email: Option<&EmailAddress>,
        reference: Option<&ExternalReferenceId>,
        except: Option<CustomerId>,
    ) -> Result<(), OperationError> {
        if let Some(email) = email
            && self.find_by_email(email).is_some_and(|other| Some(other) != except)
        {
            return Err(OperationError::EmailInUse { email: email.clone() });
        }
        if let Some(reference) = reference
            && self.find_by_reference(reference).is_some_and(|other| Some(other) != except)
        {
            return Err(OperationError::ExternalReferenceInUse { reference: reference.clone() });
        }
        Ok(())
    }

    fn ensure_group(&self, group: GroupId) -> Result<(), OperationError> {
        if group == GroupId::GENERAL || self.groups.contains(&group) {
            Ok(())
        } else {
            Err(OperationError::UnknownGroup { id: group })
        }
    }

    fn take_names(&mut self, customer: &Customer) {
        self.emails.extend(customer.email.as_ref().map(|email| (email.key(), customer.id)));
        let reference = customer.details.external_reference.clone();
        self.references.extend(reference.map(|reference| (reference, customer.id)));
    }

    /// Writes what became of them, each with its event.
    pub(crate) async fn write<T: WriteTx>(self, tx: &mut T, now: Timestamp) -> Result<(), StoreError> {
        let Self { known, created, .. } = self;
        let gone: Vec<CustomerId> =
            known.values().filter(|known| known.deleted).map(|known| known.before.id).collect();
        let mut events = Vec::new();
        let mut changed = Vec::new();
        let mut contact_changes = Vec::new();
        let by = tx.author();
        let event = |happening, before| Event { happening, contact: None, by, created: now, before };
        for known in known.into_values() {
            let Known { before, contacts, after, contact_changes: made, deleted, .. } = known;
            if deleted {
                let state = StateBefore::of_deleted(&before, contacts.as_ref());
                events.push(event(Happening::CustomerDeleted(before.id), state));
            } else if let Some(after) = after {
                let state = StateBefore::of_changed(&before, &after, &made);
                events.push(event(Happening::CustomerUpdated(before.id), state));
                contact_changes.extend(made.into_iter().map(|change| (after.id, change)));
                changed.push(after);
            }
        }
        for StoredCustomer { customer, .. } in &created {
            events.push(event(Happening::CustomerCreated(customer.id), None));
        }
        if !gone.is_empty() {
            delete_customers(tx, &gone).await?;
        }
        if !changed.is_empty() {
            update_customers(tx, &changed).await?;
        }
        for (customer, change) in &contact_changes {
            tx.write_contacts(*customer, change, now).await?;
        }
        if !created.is_empty() {
            insert_customers(tx, &created).await?;
        }
        for event in &events {
            tx.append_event(event).await?;
        }
        Ok(())
    }
}

/// Whether a customer has this e-mail address, in any case.
fn is_its(email: &EmailAddress, customer: &Customer) -> bool {
    customer.email.as_ref().is_some_and(|known| known.key() == email.key())
}

/// Ids in the order in which they are handed out, from the end.
fn taken<I>(mut ids: Vec<I>) -> Vec<I> {
    ids.reverse();
    ids
}

fn next<I>(ids: &mut Vec<I>, kind: &'static str) -> Result<I, StoreError> {
    ids.pop().ok_or(StoreError::OutOfIds { kind })
}

/// The next so many ids.
fn last<I>(ids: &mut Vec<I>, count: usize) -> Vec<I> {
    let mut taken = ids.split_off(ids.len().saturating_sub(count));
    taken.reverse();
    taken
}

/// Puts the list of a change in the place of contacts.
fn replace_contacts(
    book: &mut ContactBook,
    change: &CustomerChange,
    ids: &mut Vec<ContactId>,
    now: Timestamp,
) -> Result<Vec<BookChange>, OperationError> {
    let Some(entries) = &change.contacts else { return Ok(Vec::new()) };
    let new = entries.iter().filter(|entry| matches!(entry, ContactEntry::New(_))).count();
    Ok(book.replace_all(entries, last(ids, new), now)?.into_iter().collect())
}
