//! What an import does with a portion besides.

use std::collections::HashSet;

use shopfolk_model::{
    BookChange, ContactBook, Customer, CustomerChange, CustomerId, EmailAddress, ExtraFieldBook,
    ExtraFieldId, GroupBook, GroupId, Timestamp,
};
use shopfolk_store::StoredCustomer;

use super::{CustomerPortion, Known, replace_contacts};
use crate::OperationError;
use crate::import::RehearsedKey;

/// What a file says of a customer who is there.
#[derive(Debug)]
pub(crate) struct ImportedChange {
    pub(crate) customer: CustomerId,
    /// When the customer came to be.
    pub(crate) registered: Option<Timestamp>,
    /// Everything else.
    pub(crate) change: CustomerChange,
}

impl CustomerPortion {
    /// Changes a customer as a file says.
    ///
    /// # Errors
    /// When there is no such customer, or a rule says no; then nothing of it changes.
    pub(crate) fn import(&mut self, imported: &ImportedChange, now: Timestamp) -> Result<(), OperationError> {
        let ImportedChange { customer: id, registered, change } = imported;
        let mut after = self.changed(*id, change, now)?;
        after.registered = registered.unwrap_or(after.registered);
        after.updated = after.time_of_change(now);
        let Some(known) = self.known.get(id) else { return Err(self.missing(*id)) };
        let (mut book, follows) = known.contacts_following(change.email.as_ref());
        let mut changes: Vec<_> = follows.into_iter().collect();
        changes.extend(replace_contacts(&mut book, change, &mut self.contact_ids, now)?);
        self.keep(after, book, changes);
        Ok(())
    }

    /// The contacts of a customer when the one for the own address has followed it. In an import it goes before the list, so
    /// that the file has the last word, and says the same when it comes again.
    pub(crate) fn contacts_following(
        &self,
        id: CustomerId,
        email: Option<&EmailAddress>,
    ) -> Result<(ContactBook, Option<BookChange>), OperationError> {
        let known = self.known.get(&id).ok_or_else(|| self.missing(id))?;
        Ok(known.contacts_following(email))
    }

    /// The groups, if all of them were asked for.
    pub(crate) fn take_group_book(&mut self) -> GroupBook {
        std::mem::take(&mut self.group_book)
    }

    /// The extra fields, if they were asked for.
    pub(crate) fn take_extra_fields(&mut self) -> ExtraFieldBook {
        std::mem::take(&mut self.extra_fields)
    }

    /// Knows groups and extra fields, some of which are not written yet.
    pub(crate) fn know(&mut self, groups: impl IntoIterator<Item = GroupId>, extra_fields: ExtraFieldBook) {
        self.groups.extend(groups);
        self.extra_fields = extra_fields;
    }

    /// The customers who are new or changed, as they will be.
    pub(crate) fn into_written(self) -> Vec<(Customer, ContactBook)> {
        let created = self
            .created
            .into_iter()
            .map(|StoredCustomer { customer, contacts }| (customer, ContactBook::whole(contacts)));
        let changed = self.known.into_values().filter_map(|known| Some((known.after?, known.contacts_after)));
        created.chain(changed).collect()
    }

    /// The groups and extra fields that customers will have who are new or changed.
    pub(crate) fn named(&self) -> (HashSet<GroupId>, HashSet<ExtraFieldId>) {
        let created = self.created.iter().map(|stored| &stored.customer);
        let written = created.chain(self.known.values().filter_map(|known| known.after.as_ref()));
        let (mut groups, mut fields) = (HashSet::new(), HashSet::new());
        for customer in written {
            groups.insert(customer.group);
            fields.extend(customer.extra_fields.keys().copied());
        }
        (groups, fields)
    }

    /// Has a customer be one who is not written.
    pub(crate) fn pretend(&mut self, customer: &Customer, contacts: &ContactBook) {
        self.take_names(customer);
        self.known.insert(customer.id, Known::of(customer.clone(), Some(contacts.clone())));
        self.forget_former_owners();
    }

    /// Has somebody of whom nothing else is known have this e-mail address or external reference.
    pub(crate) fn pretend_owner(&mut self, id: CustomerId, key: RehearsedKey<'_>) {
        match key {
            RehearsedKey::Email(email) => drop(self.emails.insert(email.key(), id)),
            RehearsedKey::Reference(reference) => drop(self.references.insert(reference.clone(), id)),
        }
    }

    /// The customers who are there.
    pub(crate) fn ids(&self) -> impl Iterator<Item = CustomerId> {
        self.known.keys().copied()
    }
}

impl Known {
    fn contacts_following(&self, email: Option<&EmailAddress>) -> (ContactBook, Option<BookChange>) {
        let mut book = self.contacts_after.clone();
        let before = self.now_is().email.as_ref();
        let changed = email.filter(|email| before.is_some_and(|before| *email != before));
        let follows = before.zip(changed).and_then(|(before, after)| book.follow_email(before, after));
        (book, follows)
    }
}
