//! Customers that are created, changed and deleted together.
//!
//! What their rules need is read at once, the rules are asked in memory, and what they answer is written at once. A portion of
//! five hundred costs about as many round trips as a single customer. Every operation that creates, changes, imports or
//! deletes customers goes through this file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    AddressBook, AddressId, BookChange, Contact, ContactBook, ContactEntry, ContactId, Customer,
    CustomerChange, CustomerGroup, CustomerId, EmailAddress, Event, ExternalReferenceId, ExtraField,
    ExtraFieldBook, ExtraFieldEntry, ExtraFieldValues, FieldChange, GroupId, Happening, MAXIMUM_EXTRA_FIELDS,
    NewCustomer, Timestamp,
};
use shopfolk_store::{
    CUSTOMERS_BY_EMAIL, CUSTOMERS_BY_EXTERNAL_REFERENCE, CustomerRow, Damage, Query, Record, StateBefore,
    StoreError, Stored, StoredCustomer, StoredDetails, Which, WriteTx, delete_customers, insert_customers,
    look_up_customers, update_customers,
};

use crate::OperationError;

/// What a portion has to know before any rule is asked.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Customers that are changed or deleted.
    pub customers: Vec<CustomerId>,
    /// E-mail addresses that customers are to have, or that are looked for.
    pub emails: Vec<EmailAddress>,
    /// External references that customers are to have, or that are looked for.
    pub references: Vec<ExternalReferenceId>,
    /// Groups that customers are to be in.
    pub groups: Vec<GroupId>,
    /// Whether values of extra fields are set.
    pub extra_fields: bool,
    /// Whether contacts of known customers are looked at.
    pub contacts: bool,
    /// What may be created.
    pub new: NewRows,
}

/// How much may be created, each with an id of its own.
#[derive(Debug, Default)]
pub(crate) struct NewRows {
    /// Customers.
    pub customers: usize,
    /// Contacts.
    pub contacts: usize,
    /// Shipping addresses.
    pub addresses: usize,
}

impl Needs {
    /// Adds what creating a customer needs.
    pub(crate) fn create(&mut self, new: &NewCustomer) {
        let own = ContactBook::contact_for_email(&new.email);
        let own_is_given = new.contacts.iter().any(|contact| contact.address.equals(&own.address));
        self.emails.push(new.email.clone());
        self.references.extend(new.details.external_reference.clone());
        self.groups.push(new.group);
        self.extra_fields |= !new.extra_fields.is_empty();
        self.new.customers += 1;
        self.new.contacts += new.contacts.len() + usize::from(!own_is_given);
        self.new.addresses += new.addresses.len();
    }

    /// Adds what changing a customer needs.
    pub(crate) fn change(&mut self, customer: CustomerId, change: &CustomerChange) {
        self.customers.push(customer);
        self.emails.extend(change.email.clone());
        if let FieldChange::Set(reference) = &change.details.external_reference {
            self.references.push(reference.clone());
        }
        self.groups.extend(change.group);
        self.extra_fields |= !change.extra_fields.is_empty();
        self.contacts |= change.contacts.is_some() || change.email.is_some();
        let is_new = |entry: &&ContactEntry| matches!(entry, ContactEntry::New(_));
        self.new.contacts += change.contacts.iter().flatten().filter(is_new).count();
        self.new.addresses += change.new_addresses();
    }
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
    extra_fields: ExtraFieldBook,
    created: Vec<StoredCustomer>,
    customer_ids: Vec<CustomerId>,
    contact_ids: Vec<ContactId>,
    address_ids: Vec<AddressId>,
}

impl CustomerPortion {
    /// Reads what is needed. The customers that are named, or have one of the references or addresses, are locked.
    pub(crate) async fn load<T: WriteTx>(tx: &mut T, needs: &Needs) -> Result<Self, StoreError> {
        let mut portion = Self::default();
        portion.look_up(tx, needs).await?;
        let mut ids: Vec<CustomerId> = needs.customers.clone();
        ids.extend(portion.emails.values().chain(portion.references.values()));
        ids.sort_unstable();
        ids.dedup();
        portion.load_customers(tx, &ids, needs.contacts).await?;
        portion.forget_former_owners();
        portion.take_ids(tx, &needs.new).await?;
        Ok(portion)
    }

    /// Whoever had an address or a reference before it was locked may be gone or have another one by now. That somebody
    /// else has it by now is what the database says when it is written.
    fn forget_former_owners(&mut self) {
        let Self { known, damaged, emails, references, .. } = self;
        let has = |id: &CustomerId, is_its: &dyn Fn(&Customer) -> bool| {
            damaged.contains_key(id) || known.get(id).is_some_and(|known| is_its(&known.before))
        };
        emails.retain(|key, id| has(id, &|customer| customer.email.key() == *key));
        references
            .retain(|reference, id| has(id, &|it| it.details.external_reference.as_ref() == Some(reference)));
    }

    /// Takes the ids of what may be created.
    pub(crate) async fn take_ids<T: WriteTx>(&mut self, tx: &mut T, new: &NewRows) -> Result<(), StoreError> {
        self.customer_ids = taken(tx.take_ids(new.customers).await?);
        self.contact_ids = taken(tx.take_ids(new.contacts).await?);
        self.address_ids = taken(tx.take_ids(new.addresses).await?);
        Ok(())
    }

    /// Reads who has the addresses and references, and what groups and extra fields there are.
    async fn look_up<T: WriteTx>(&mut self, tx: &mut T, needs: &Needs) -> Result<(), StoreError> {
        let emails: Vec<_> = needs.emails.iter().map(|email| vec![email.key().into()]).collect();
        let references: Vec<_> =
            needs.references.iter().map(|reference| vec![reference.as_str().into()]).collect();
        let mut groups: Vec<_> = needs.groups.iter().copied().filter(|&id| id != GroupId::GENERAL).collect();
        groups.sort_unstable();
        groups.dedup();
        let groups: Vec<_> = groups.into_iter().map(|id| (id,)).collect();
        let mut queries = Vec::new();
        if !emails.is_empty() {
            let which = Which::Unique(&CUSTOMERS_BY_EMAIL, emails);
            queries.push(Query { table: CustomerRow::TABLE, which });
        }
        if !references.is_empty() {
            let which = Which::Unique(&CUSTOMERS_BY_EXTERNAL_REFERENCE, references);
            queries.push(Query { table: StoredDetails::TABLE, which });
        }
        if !groups.is_empty() {
            queries.push(Query::keys::<CustomerGroup>(&groups));
        }
        if needs.extra_fields {
            let which = Which::After(None, MAXIMUM_EXTRA_FIELDS);
            queries.push(Query { table: ExtraField::TABLE, which });
        }
        if queries.is_empty() {
            return Ok(());
        }
        let mut damaged: Option<Damage> = None;
        let mut owner_is_damaged = false;
        let mut fields = Vec::new();
        tx.read(&queries, &mut |_, row| {
            let read = match row.table.name {
                name if name == CustomerRow::TABLE.name => {
                    match row.decode::<CustomerRow>() {
                        Ok(customer) => self.emails.extend([(customer.email.key(), customer.id)]),
                        Err(_) => owner_is_damaged = true,
                    }
                    Ok(())
                }
                name if name == StoredDetails::TABLE.name => {
                    match row.decode::<StoredDetails>() {
                        Ok(StoredDetails { customer, details, .. }) => self
                            .references
                            .extend(details.external_reference.map(|reference| (reference, customer))),
                        Err(_) => owner_is_damaged = true,
                    }
                    Ok(())
                }
                name if name == CustomerGroup::TABLE.name => {
                    row.decode::<CustomerGroup>().map(|group| self.groups.extend([group.id]))
                }
                _ => row.decode::<ExtraField>().map(|field| fields.push(field)),
            };
            damaged = damaged.take().or(read.err());
        })
        .await?;
        self.extra_fields = ExtraFieldBook::whole(fields);
        if let Some(damage) = damaged {
            return Err(damage.into());
        }
        if owner_is_damaged { self.look_up_owners(tx, needs).await } else { Ok(()) }
    }

    /// Reads who has each of the addresses and references, one by one, because a row that cannot be read may not say which
    /// of them it was found by.
    async fn look_up_owners<T: WriteTx>(&mut self, tx: &mut T, needs: &Needs) -> Result<(), StoreError> {
        let emails: Vec<String> = needs.emails.iter().map(EmailAddress::key).collect();
        let by_email = emails.iter().map(|key| Query {
            table: CustomerRow::TABLE,
            which: Which::Unique(&CUSTOMERS_BY_EMAIL, vec![vec![key.as_str().into()]]),
        });
        let by_reference = needs.references.iter().map(|reference| Query {
            table: StoredDetails::TABLE,
            which: Which::Unique(&CUSTOMERS_BY_EXTERNAL_REFERENCE, vec![vec![reference.as_str().into()]]),
        });
        let queries: Vec<_> = by_email.chain(by_reference).collect();
        let mut lost: Option<Damage> = None;
        tx.read(&queries, &mut |number, row| {
            // Every row begins with the customer's id.
            let id = match row.columns.value(0).and_then(CustomerId::load) {
                Ok(id) => id,
                Err(reason) => {
                    lost.get_or_insert_with(|| row.damage(row.table.columns[0].name, reason));
                    return;
                }
            };
            match number.checked_sub(emails.len()) {
                None => self.emails.insert(emails[number].clone(), id),
                Some(number) => self.references.insert(needs.references[number].clone(), id),
            };
        })
        .await?;
        lost.map_or(Ok(()), |damage| Err(damage.into()))
    }

    async fn load_customers<T: WriteTx>(
        &mut self,
        tx: &mut T,
        ids: &[CustomerId],
        contacts: bool,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let (customers, mut books) = look_up_customers(tx, ids, if contacts { ids } else { &[] }).await?;
        for (id, customer) in customers {
            let read = customer.and_then(|customer| {
                let book = contacts.then(|| books.remove(&id).unwrap_or_default().whole());
                Ok((customer, book.transpose()?))
            });
            let (before, contacts) = match read {
                Ok(read) => read,
                Err(damage) => {
                    self.damaged.insert(id, damage);
                    continue;
                }
            };
            let known = Known {
                contacts_after: contacts.clone().unwrap_or_default(),
                contacts,
                after: None,
                contact_changes: Vec::new(),
                deleted: false,
                before,
            };
            self.known.insert(known.before.id, known);
        }
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

    /// Creates a customer, with this id or the next one.
    ///
    /// # Errors
    /// When a rule says no; then nothing of it is kept.
    pub(crate) fn create(
        &mut self,
        new: &NewCustomer,
        id: Option<CustomerId>,
        registered: Timestamp,
        now: Timestamp,
    ) -> Result<CustomerId, OperationError> {
        let NewCustomer { email, name, details, addresses, contacts, group, extra_fields } = new;
        self.ensure_free(Some(email), details.external_reference.as_ref(), None)?;
        self.ensure_group(*group)?;
        let extra_fields = self.set_extra_fields(ExtraFieldValues::new(), extra_fields)?;
        let own = ContactBook::contact_for_email(email);
        let own_is_given = contacts.iter().any(|contact| contact.address.equals(&own.address));
        let mut book = ContactBook::default();
        // Its own e-mail comes last, so that it is the default.
        for contact in contacts.iter().chain((!own_is_given).then_some(&own)) {
            let id = next(&mut self.contact_ids, "contact")?;
            book.add(contact.clone(), id, now)?;
        }
        let mut book_of_addresses = AddressBook::default();
        book_of_addresses.replace(addresses, last(&mut self.address_ids, addresses.len()), now)?;
        let id = match id {
            Some(id) => id,
            None => next(&mut self.customer_ids, "customer")?,
        };
        let customer = Customer {
            name: name.clone(),
            details: details.clone(),
            addresses: book_of_addresses,
            group: *group,
            extra_fields,
            registered,
            ..Customer::new(id, email.clone(), now)
        };
        let mut contacts: Vec<Arc<Contact>> = book.contacts().to_vec();
        contacts.sort_unstable_by_key(|contact| contact.id);
        self.take_names(&customer);
        self.created.push(StoredCustomer { customer, contacts });
        Ok(id)
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
        let Some(known) = self.known.get(&id) else { return Err(self.missing(id)) };
        let now_is = known.after.as_ref().unwrap_or(&known.before);
        let new_email = change.email.as_ref().filter(|email| email.key() != now_is.email.key());
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
        let (contacts, changes) =
            changed_contacts(&known.contacts_after, &now_is.email, change, &mut self.contact_ids, now)?;
        if let Some(known) = self.known.get_mut(&id) {
            known.after = Some(after.clone());
            known.contacts_after = contacts;
            known.contact_changes.extend(changes);
        }
        self.take_names(&after);
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
            known.after = Some(Customer { orders, updated: now, ..now_is });
        }
    }

    /// A customer as it will be.
    pub(crate) fn customer_after(&self, id: CustomerId) -> Option<&Customer> {
        let created = self.created.iter().map(|stored| &stored.customer).find(|customer| customer.id == id);
        created.or_else(|| self.known.get(&id).map(|known| known.after.as_ref().unwrap_or(&known.before)))
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
        self.emails.insert(customer.email.key(), customer.id);
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

/// What becomes of contacts: first the list that takes their place, then the contact for the customer's own address, which
/// goes with it.
fn changed_contacts(
    contacts: &ContactBook,
    old_email: &EmailAddress,
    change: &CustomerChange,
    ids: &mut Vec<ContactId>,
    now: Timestamp,
) -> Result<(ContactBook, Vec<BookChange>), OperationError> {
    let mut book = contacts.clone();
    let mut changes = Vec::new();
    if let Some(entries) = &change.contacts {
        let new = entries.iter().filter(|entry| matches!(entry, ContactEntry::New(_))).count();
        changes.extend(book.replace_all(entries, last(ids, new), now)?);
    }
    if let Some(email) = &change.email {
        changes.extend(book.follow_email(old_email, email));
    }
    Ok((book, changes))
}
