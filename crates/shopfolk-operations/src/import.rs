//! Bringing customers from elsewhere into a store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    Actor, AddressEntry, AddressId, ContactBook, ContactEntry, ContactId, Customer, CustomerChange,
    CustomerDetails, CustomerId, ExternalReferenceId, FieldChange, GroupId, NewContact, NewCustomer, StoreId,
    Timestamp,
};
use shopfolk_store::{Engine, IdKind, Pace, StoreError, WriteOperation, WriteTx};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs, NewRows};

/// What is said of a customer that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCustomer {
    /// The id, by which it is looked for first, and which it keeps if it is new and the id was never given.
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

/// Creates customers that the store does not have, and changes those that it has: they are matched by their id where neither
/// external reference nor e-mail address speaks against it, else by their external reference, else by their e-mail address.
/// One that breaks a rule is passed over.
///
/// It takes one portion, stops before a customer that it has met already, and answers for fewer than there are then: the rest
/// is for the next time.
#[derive(Debug, Clone)]
pub struct ImportCustomers {
    /// The customers, in their order.
    pub customers: Arc<[ImportedCustomer]>,
    /// The first of them that is still to be imported.
    pub first: usize,
    /// How many of them a portion has at the most; what hangs on one counts too.
    pub most: usize,
    /// Now.
    pub now: Timestamp,
}

/// Imports the next portion of customers. Where others write the same customers so fast that it always comes too late, it
/// is made smaller, down to one customer.
///
/// # Errors
/// When the database fails.
pub async fn import_portion<E: Engine>(
    engine: &E,
    store: StoreId,
    customers: &Arc<[ImportedCustomer]>,
    first: usize,
    pace: &mut Pace,
    now: Timestamp,
) -> Result<Vec<ImportOutcome>, OperationError> {
    loop {
        let import = ImportCustomers { customers: Arc::clone(customers), first, most: pace.rows(), now };
        match engine.write_portion(store, Actor::Import, import, pace).await {
            Err(OperationError::Store(StoreError::Conflict { .. })) if pace.shrink() => {}
            outcome => return outcome,
        }
    }
}

impl WriteOperation for ImportCustomers {
    type Output = Vec<ImportOutcome>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let customers = self.customers.get(self.first..).unwrap_or_default();
        let customers = &customers[..self.fitting(customers)];
        let mut needs = Needs { contacts: true, ..Needs::default() };
        for imported in customers {
            needs.import(imported);
        }
        let mut import = Import {
            portion: CustomerPortion::load(tx, &needs).await?,
            touched: HashSet::new(),
            free_from: i64::MAX,
            kept: HashSet::new(),
            now: self.now,
        };
        if let Some(highest) = customers.iter().filter_map(|imported| import.own_id(imported)).max() {
            // An id below may have been a deleted customer's, and is never given again.
            import.free_from = tx.reserve_up_to(IdKind::Customer, highest.get()).await?;
        }
        // Only now it is known who is new: what is imported again takes no ids.
        let mut new = NewRows::default();
        for imported in customers {
            import.count_new(imported, &mut new);
        }
        import.portion.take_ids(tx, &new).await?;
        let mut outcomes = Vec::with_capacity(customers.len());
        for imported in customers {
            let found = import.find(imported);
            // One that this portion created or changed is looked at again when that is written.
            if found.is_some_and(|id| !import.touched.insert(id)) {
                break;
            }
            // Every rule is asked before anything is written, so one that is refused leaves nothing behind.
            outcomes.push(match import.take(imported, found) {
                Ok(outcome) => outcome,
                Err(OperationError::Store(error)) if !matches!(error, StoreError::Damaged(_)) => {
                    return Err(error.into());
                }
                Err(refused) => ImportOutcome::Refused(refused),
            });
        }
        import.portion.write(tx, self.now).await?;
        Ok(outcomes)
    }
}

impl ImportCustomers {
    /// How many of these customers are no more than the portion may have, with what hangs on them; one at least.
    fn fitting(&self, customers: &[ImportedCustomer]) -> usize {
        let mut rows = 0;
        let fits = |imported: &&ImportedCustomer| {
            rows += imported.weight();
            rows <= self.most
        };
        customers.iter().take_while(fits).count().max(1).min(customers.len())
    }
}

impl ImportedCustomer {
    /// How much of a portion it takes.
    fn weight(&self) -> usize {
        // One with a few contacts and addresses counts as one.
        const HANGING: usize = 8;
        let contacts = self.contacts.as_ref().map_or(0, Vec::len);
        let addresses = self.change.addresses.as_ref().map_or(0, Vec::len);
        1 + (contacts + addresses) / HANGING
    }
}

impl Needs {
    /// Adds what importing a customer needs, who may be there or not.
    fn import(&mut self, imported: &ImportedCustomer) {
        let change = &imported.change;
        self.customers.extend(imported.id);
        self.emails.extend(change.email.clone());
        self.references.extend(reference(imported).cloned());
        self.groups.extend(change.group);
        self.extra_fields |= !change.extra_fields.is_empty();
    }
}

/// The external reference that a customer is to have.
fn reference(imported: &ImportedCustomer) -> Option<&ExternalReferenceId> {
    match &imported.change.details.external_reference {
        FieldChange::Set(reference) => Some(reference),
        FieldChange::Keep | FieldChange::Clear => None,
    }
}

/// An import of one portion.
struct Import {
    portion: CustomerPortion,
    touched: HashSet<CustomerId>,
    /// The first id that customers may keep.
    free_from: i64,
    /// The ids that customers keep.
    kept: HashSet<CustomerId>,
    now: Timestamp,
}

impl Import {
    /// The customer that is meant.
    fn find(&self, imported: &ImportedCustomer) -> Option<CustomerId> {
        let is_meant = |&id: &CustomerId| match self.portion.customer_after(id) {
            Some(customer) => may_be(imported, customer),
            None => self.portion.is_damaged(id),
        };
        imported
            .id
            .filter(is_meant)
            .or_else(|| self.portion.find_by_reference(reference(imported)?))
            .or_else(|| self.portion.find_by_email(imported.change.email.as_ref()?))
    }

    /// The id that a customer is to keep, if it is new.
    fn own_id(&self, imported: &ImportedCustomer) -> Option<CustomerId> {
        // Without an e-mail address it is refused.
        imported.id.filter(|_| imported.change.email.is_some() && self.find(imported).is_none())
    }

    /// Counts what importing a customer creates.
    fn count_new(&mut self, imported: &ImportedCustomer, new: &mut NewRows) {
        let contacts = imported.contacts.as_deref().unwrap_or_default();
        let addresses = imported.change.addresses.as_deref().unwrap_or_default();
        let Some(id) = self.find(imported) else {
            // Of several with the same id the first keeps it.
            let keeps_id = imported.id.is_some_and(|id| id.get() >= self.free_from && self.kept.insert(id));
            new.customers += usize::from(!keeps_id);
            new.contacts += contacts.len() + 1;
            new.addresses += addresses.len();
            return;
        };
        if let (Some(before), Some(book)) = (self.portion.customer(id), self.portion.contacts(id)) {
            let is_new = |entry: &ContactEntry| matches!(entry, ContactEntry::New(_));
            new.contacts += entries_for(book, contacts).iter().filter(|entry| is_new(entry)).count();
            let is_known = |address: &AddressEntry| address.id.is_some_and(|id| has_address(before, id));
            new.addresses += addresses.iter().filter(|address| !is_known(address)).count();
        }
    }

    fn take(
        &mut self,
        imported: &ImportedCustomer,
        found: Option<CustomerId>,
    ) -> Result<ImportOutcome, OperationError> {
        if let Some(id) = found {
            return self.update(imported, id);
        }
        let id = self.create(imported)?;
        self.touched.insert(id);
        Ok(ImportOutcome::Created(id))
    }

    fn create(&mut self, imported: &ImportedCustomer) -> Result<CustomerId, OperationError> {
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
        let is_free =
            |id: &CustomerId| id.get() >= self.free_from && self.portion.customer_after(*id).is_none();
        let id = imported.id.filter(is_free);
        self.portion.create(&new, id, imported.registered.unwrap_or(self.now), self.now)
    }

    fn update(
        &mut self,
        imported: &ImportedCustomer,
        id: CustomerId,
    ) -> Result<ImportOutcome, OperationError> {
        let Some(before) = self.portion.customer(id).cloned() else { return Err(self.portion.missing(id)) };
        let mut change = imported.change.clone();
        for address in change.addresses.iter_mut().flatten() {
            address.id = address.id.filter(|&id| has_address(&before, id));
        }
        let mut contacts_stay = true;
        if let Some(contacts) = &imported.contacts {
            let book = self.portion.contacts(id).cloned().unwrap_or_default();
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
            after.extra_fields = self.portion.set_extra_fields(after.extra_fields, &change.extra_fields)?;
            if after == before {
                return Ok(ImportOutcome::Unchanged(id));
            }
        }
        self.portion.change(id, &change, self.now)?;
        Ok(ImportOutcome::Updated(id))
    }
}

/// Whether a customer who has the id may be the one that is meant: ids may come from another store, where they were
/// somebody else's.
fn may_be(imported: &ImportedCustomer, customer: &Customer) -> bool {
    match (reference(imported), &customer.details.external_reference) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => imported.change.email.as_ref().is_none_or(|email| email.key() == customer.email.key()),
    }
}

fn has_address(customer: &Customer, id: AddressId) -> bool {
    customer.addresses.addresses().iter().any(|address| address.id == id)
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
            Some(id) => ContactEntry::Known(id, contact.as_change()),
            None => ContactEntry::New(contact.clone()),
        }
    };
    contacts.iter().map(entry).collect()
}
