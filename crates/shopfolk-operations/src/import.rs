//! Bringing customers from elsewhere into a store.

mod customer;
mod outcome;
mod rules;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    Actor, AddressEntry, AddressId, ContactAddress, ContactBook, ContactEntry, Customer, CustomerChange,
    CustomerDetails, CustomerId, ExtraFieldEntry, ExtraFieldKey, FieldChange, GroupId, MAXIMUM_EXTRA_FIELDS,
    NewContact, NewCustomer, StoreId, Timestamp,
};
use shopfolk_store::{Engine, IdKind, Pace, StoreError, WriteOperation, WriteTx};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs, NewRows};

pub use customer::{ImportedCustomer, ImportedExtraField, ImportedGroup};
pub use outcome::{
    ImportConflict, ImportOutcome, Imported, ImportedPart, LeftOut, LeftOutReason, MatchedKey,
};
pub use rules::{ImportRules, Lists, MatchBy, Missing, Only, Unfit, WithoutEmail};

/// An import of customers into a store, portion by portion.
#[derive(Debug)]
pub struct CustomerImport {
    store: StoreId,
    rules: Arc<ImportRules>,
    /// Keys of extra fields that are made.
    field_keys: Arc<[ExtraFieldKey]>,
    pace: Pace,
}

impl CustomerImport {
    /// How many keys an import needs for the extra fields that it makes: as many as there can be, and some that are taken.
    pub const FIELD_KEYS: usize = 2 * MAXIMUM_EXTRA_FIELDS as usize;

    /// An import into this store. Of the keys that were drawn at random, [`Self::FIELD_KEYS`] are enough.
    pub fn new(
        store: StoreId,
        rules: ImportRules,
        field_keys: impl IntoIterator<Item = ExtraFieldKey>,
    ) -> Self {
        let field_keys = field_keys.into_iter().collect();
        Self { store, rules: Arc::new(rules), field_keys, pace: Pace::default() }
    }

    /// Imports the next of these customers, from the one at the place `first` on, and answers what became of each. These are
    /// fewer than there are where a portion does not hold them all: the rest is for the next time. Where others write the
    /// same customers so fast that it always comes too late, portions are made smaller, down to one customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn portion<E: Engine>(
        &mut self,
        engine: &E,
        customers: &Arc<[ImportedCustomer]>,
        first: usize,
        now: Timestamp,
    ) -> Result<Vec<Imported>, OperationError> {
        loop {
            let import = ImportCustomers {
                rules: Arc::clone(&self.rules),
                field_keys: Arc::clone(&self.field_keys),
                customers: Arc::clone(customers),
                first,
                most: self.pace.rows(),
                now,
            };
            match engine.write_portion(self.store, Actor::Import, import, &mut self.pace).await {
                Err(OperationError::Store(StoreError::Conflict { .. })) if self.pace.shrink() => {}
                outcome => return outcome,
            }
        }
    }
}

/// Creates customers that the store does not have, and changes those that it has. One that breaks a rule is passed over.
///
/// It takes one portion, stops before a customer that it has met already, and answers for fewer than there are then: the rest
/// is for the next time.
#[derive(Debug, Clone)]
pub struct ImportCustomers {
    /// What is asked for.
    pub rules: Arc<ImportRules>,
    /// Keys that were drawn at random for the extra fields that are made.
    pub field_keys: Arc<[ExtraFieldKey]>,
    /// The customers, in their order.
    pub customers: Arc<[ImportedCustomer]>,
    /// The first of them that is still to be imported.
    pub first: usize,
    /// How many of them a portion has at the most; what hangs on one counts too.
    pub most: usize,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ImportCustomers {
    type Output = Vec<Imported>;
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
            let outcome = match import.take(imported, found) {
                Ok(outcome) => outcome,
                Err(OperationError::Store(error)) if !matches!(error, StoreError::Damaged(_)) => {
                    return Err(error.into());
                }
                Err(refused) => ImportOutcome::Refused(refused),
            };
            outcomes.push(Imported { outcome, left_out: Vec::new() });
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

impl Needs {
    /// Adds what importing a customer needs, who may be there or not.
    fn import(&mut self, imported: &ImportedCustomer) {
        self.customers.extend(imported.id);
        self.emails.extend(imported.email.clone());
        self.references.extend(imported.reference().cloned());
        self.groups.extend(group(imported));
        self.extra_fields |= !imported.extra_fields.is_empty();
    }
}

/// The group that a customer is to be in.
fn group(imported: &ImportedCustomer) -> Option<GroupId> {
    match &imported.group {
        FieldChange::Keep => None,
        FieldChange::Clear => Some(GroupId::GENERAL),
        FieldChange::Set(group) => group.id,
    }
}

/// The change of a customer who is there, but for the contacts.
fn change(imported: &ImportedCustomer) -> CustomerChange {
    let ImportedCustomer { id: _, registered: _, email, name, details, addresses, contacts: _, .. } =
        imported.clone();
    let entry = |ImportedExtraField { key, title, field_type: _, value }: ImportedExtraField| {
        ExtraFieldEntry { key, title, value }
    };
    CustomerChange {
        email,
        name,
        details,
        addresses,
        contacts: None,
        group: group(imported),
        extra_fields: imported.extra_fields.iter().cloned().map(entry).collect(),
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
            .or_else(|| self.portion.find_by_reference(imported.reference()?))
            .or_else(|| self.portion.find_by_email(imported.email.as_ref()?))
    }

    /// The id that a customer is to keep, if it is new.
    fn own_id(&self, imported: &ImportedCustomer) -> Option<CustomerId> {
        // Without an e-mail address it is refused.
        imported.id.filter(|_| imported.email.is_some() && self.find(imported).is_none())
    }

    /// Counts what importing a customer creates.
    fn count_new(&mut self, imported: &ImportedCustomer, new: &mut NewRows) {
        let contacts = imported.contacts.as_deref().unwrap_or_default();
        let addresses = imported.addresses.as_deref().unwrap_or_default();
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
            change(imported);
        let email = email.ok_or(OperationError::EmailMissing)?;
        let new = |address: AddressEntry| AddressEntry { id: None, ..address };
        let new = NewCustomer {
            email,
            name: name.apply(None),
            details: CustomerDetails::default().changed(details),
            addresses: addresses.unwrap_or_default().into_iter().map(new).collect(),
            contacts: imported.contacts.clone().unwrap_or_default(),
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
        let mut change = change(imported);
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
    match (imported.reference(), &customer.details.external_reference) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => imported.email.as_ref().is_none_or(|email| email.key() == customer.email.key()),
    }
}

fn has_address(customer: &Customer, id: AddressId) -> bool {
    customer.addresses.addresses().iter().any(|address| address.id == id)
}

/// The list that takes the place of the contacts.
fn entries_for(book: &ContactBook, contacts: &[NewContact]) -> Vec<ContactEntry> {
    let key = |address: &ContactAddress| (address.contact_type(), address.key().clone());
    let mut found: HashMap<_, _> =
        book.contacts().iter().map(|contact| (key(&contact.address), contact.id)).collect();
    let entry = |contact: &NewContact| match found.remove(&key(&contact.address)) {
        Some(id) => ContactEntry::Known(id, contact.as_change()),
        None => ContactEntry::New(contact.clone()),
    };
    contacts.iter().map(entry).collect()
}
