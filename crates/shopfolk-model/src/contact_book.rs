//! The contacts of one customer, and every rule about them.

mod list;
mod order;

use std::sync::Arc;

use crate::{
    Contact, ContactAddress, ContactChange, ContactId, ContactText, ContactType, EmailAddress,
    MAXIMUM_CONTACTS, NewContact, OrderBy, Timestamp,
};

/// Why a contact cannot be added or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactRuleError {
    /// The type is EMAIL and the text is no e-mail address.
    #[error("the contact of type EMAIL must be a valid e-mail address, '{contact}' is not")]
    NotAnEmailAddress {
        /// The text that was given.
        contact: ContactText,
    },
    /// The customer has as many contacts as a customer can have.
    #[error("a customer can have at most {MAXIMUM_CONTACTS} contacts, this one has that many")]
    Full,
    /// An entry of a list names a contact that the customer does not have.
    #[error("the customer has no contact #{id}")]
    Unknown {
        /// The id it names.
        id: ContactId,
    },
    /// Two entries of a list name the same contact.
    #[error("the contact #{id} is in the list twice")]
    Twice {
        /// The id they name.
        id: ContactId,
    },
    /// A list that names all contacts leaves one out.
    #[error("the contact #{id} is not in the list")]
    LeftOut {
        /// The id that it does not name.
        id: ContactId,
    },
    /// A list that names all contacts names one more than once, or one that the customer does not have.
    #[error("the contact #{id} is in the list twice, or the customer does not have it")]
    InExcess {
        /// The id that is too much.
        id: ContactId,
    },
    /// The changed contact would equal another one of the customer.
    #[error("the customer already has this contact: {} '{}' is contact #{id}", .address.contact_type(), .address.contact())]
    AlreadyThere {
        /// The contact that is there.
        id: ContactId,
        /// Its type and text.
        address: ContactAddress,
    },
}

/// What is known of a customer's contacts as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BookSummary {
    /// How many contacts there are.
    pub size: u32,
    /// The highest place among them; `None` when there are none.
    pub highest_order_by: Option<OrderBy>,
}

impl BookSummary {
    fn of(contacts: &[Arc<Contact>]) -> Self {
        Self {
            // A book holds at most 500 contacts.
            size: u32::try_from(contacts.len()).unwrap_or(u32::MAX),
            highest_order_by: contacts.iter().map(|contact| contact.order_by).max(),
        }
    }

    /// What the contacts amount to with one more.
    #[must_use]
    pub fn with(self, contact: &Contact) -> Self {
        Self {
            size: self.size.saturating_add(1),
            highest_order_by: self.highest_order_by.max(Some(contact.order_by)),
        }
    }

    fn next_order_by(self) -> OrderBy {
        self.highest_order_by.map_or(OrderBy::FIRST, OrderBy::following)
    }
}

/// A row of the customer's contacts that has to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactWrite {
    /// A contact that was not there.
    Add(Arc<Contact>),
    /// A contact that was there, and what it becomes. Its id stays, everything else may differ.
    Replace {
        /// As it was.
        before: Arc<Contact>,
        /// As it becomes.
        after: Arc<Contact>,
    },
    /// A contact that goes.
    Remove(Arc<Contact>),
}

/// What has to be written so that a change of the contacts is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookChange {
    /// The rows, in an order in which every step keeps the rules.
    pub writes: Vec<ContactWrite>,
    /// The summary after the change.
    pub summary: BookSummary,
}

/// The outcome of adding a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// The contact is new.
    Added {
        /// The contact.
        contact: Arc<Contact>,
        /// What has to be written.
        change: BookChange,
    },
    /// An equal contact is there already: nothing changes.
    AlreadyThere(Arc<Contact>),
}

/// The list of one customer's contacts: the aggregate that keeps their rules.
///
/// `add`, `change` and `remove` change the list and answer with the rows to write, or say why not and change nothing.
///
/// A book need not be whole to add to it. [`ContactBook::relevant`] makes one from the summary and just those contacts
/// that a rule looks at when a certain contact is added, so that adding costs the same however many contacts there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactBook {
    summary: BookSummary,
    contacts: Vec<Arc<Contact>>,
}

impl ContactBook {
    /// The book of these contacts, all that the customer has.
    pub fn whole(mut contacts: Vec<Arc<Contact>>) -> Self {
        contacts.sort_unstable_by_key(|contact| (contact.order_by, contact.id));
        Self { summary: BookSummary::of(&contacts), contacts }
    }

    /// The part of a book that matters when `address` is added: the contact that equals it, if there is one, and, if
    /// the new one shall be the default, the present default of its type. Other contacts may be among `contacts`.
    ///
    /// Good for [`ContactBook::add`] of that address, once; not for other calls.
    pub fn relevant(summary: BookSummary, contacts: Vec<Arc<Contact>>) -> Self {
        Self { summary, contacts }
    }

    /// The contacts, ordered by `order_by`, then by id.
    pub fn contacts(&self) -> &[Arc<Contact>] {
        &self.contacts
    }

    /// How many there are, and the highest place.
    pub const fn summary(&self) -> BookSummary {
        self.summary
    }

    /// The contact with this id.
    pub fn find(&self, id: ContactId) -> Option<&Arc<Contact>> {
        self.contacts.iter().find(|contact| contact.id == id)
    }

    fn equal_to(&self, address: &ContactAddress) -> Option<&Arc<Contact>> {
        self.contacts.iter().find(|contact| contact.address.equals(address))
    }

    fn default_of(&self, contact_type: ContactType) -> Option<&Arc<Contact>> {
        self.contacts.iter().find(|contact| contact.default && contact.contact_type() == contact_type)
    }

    /// Adds a contact, which takes `id` if it is new and `now` if it names no time of its own.
    ///
    /// # Errors
    /// [`ContactRuleError::Full`] when the customer has 500 contacts and this one is not among them.
    pub fn add(
        &mut self,
        new: NewContact,
        id: ContactId,
        now: Timestamp,
    ) -> Result<Addition, ContactRuleError> {
        if let Some(contact) = self.equal_to(&new.address) {
            return Ok(Addition::AlreadyThere(Arc::clone(contact)));
        }
        if self.summary.size >= MAXIMUM_CONTACTS {
            return Err(ContactRuleError::Full);
        }
        let contact = Arc::new(new.created(id, self.summary.next_order_by(), now));
        let mut writes = Vec::with_capacity(1);
        if contact.default {
            writes.extend(self.demote_default_of(&contact));
        }
        writes.push(ContactWrite::Add(Arc::clone(&contact)));
        let summary = BookSummary {
            size: self.summary.size + 1,
            highest_order_by: self.summary.highest_order_by.max(Some(contact.order_by)),
        };
        self.summary = summary;
        self.insert(Arc::clone(&contact));
        Ok(Addition::Added { contact, change: BookChange { writes, summary } })
    }

    /// Changes the contact with this id; `None` when the customer has no such contact.
    ///
    /// # Errors
    /// When the result is of type EMAIL and no address, or equals another contact of the customer.
    pub fn change(
        &mut self,
        id: ContactId,
        change: ContactChange,
    ) -> Result<Option<BookChange>, ContactRuleError> {
        let Some(before) = self.find(id).cloned() else { return Ok(None) };
        let said_default = change.default.is_some();
        let mut after = change.apply(&before)?;
        if let Some(other) = self.equal_to(&after.address).filter(|other| other.id != id) {
            return Err(ContactRuleError::AlreadyThere { id: other.id, address: other.address.clone() });
        }
        let type_changes = after.contact_type() != before.contact_type();
        if type_changes && !said_default {
            after.default &= self.default_of(after.contact_type()).is_none_or(|other| other.id == id);
        }
        let after = Arc::new(after);
        let mut writes = Vec::with_capacity(1);
        if after.default {
            writes.extend(self.demote_default_of(&after));
        }
        writes.push(self.replace(before, after));
        self.summary = BookSummary::of(&self.contacts);
        Ok(Some(BookChange { writes, summary: self.summary }))
    }

    /// Removes the contact with this id; `None` when the customer has no such contact. No other contact becomes
    /// default by itself.
    pub fn remove(&mut self, id: ContactId) -> Option<BookChange> {
        let position = self.contacts.iter().position(|contact| contact.id == id)?;
        let removed = self.contacts.remove(position);
        self.summary = BookSummary::of(&self.contacts);
        Some(BookChange { writes: vec![ContactWrite::Remove(removed)], summary: self.summary })
    }

    /// Has the contact for a customer's own address follow the address: it becomes the new one, or, where that is there
    /// already, that one becomes the default of its type. `None` where nothing is to be done, and where neither is there: then
    /// the new one is to be added ([`ContactBook::add_email`]).
    pub fn follow_email(&mut self, before: &EmailAddress, after: &EmailAddress) -> Option<BookChange> {
        if before == after {
            return None;
        }
        let address = |email: &EmailAddress| ContactAddress::from_stored(ContactType::Email, email.into());
        let former = self.equal_to(&address(before)).map(|contact| contact.id);
        let there = self.equal_to(&address(after)).map(|contact| contact.id);
        if there.is_some() && there != former {
            return self.make_default(&address(after));
        }
        let change = ContactChange { contact: Some(after.into()), ..ContactChange::default() };
        // An address is one, and equals no other contact: the rules have nothing to refuse.
        self.change(former?, change).ok().flatten()
    }

    /// Whether a contact has to be added ([`ContactBook::add_email`]) when the customer's own address becomes this one.
    pub fn lacks_email(&self, before: Option<&EmailAddress>, after: &EmailAddress) -> bool {
        before != Some(after) && !self.has_email(after) && before.is_none_or(|before| !self.has_email(before))
    }

    /// Adds the contact for a customer's own address, with this id; `None` when an equal one is there. It is the default if
    /// EMAIL has none.
    ///
    /// # Errors
    /// When the customer has as many contacts as there can be.
    pub fn add_email(
        &mut self,
        email: &EmailAddress,
        id: ContactId,
        now: Timestamp,
    ) -> Result<Option<BookChange>, ContactRuleError> {
        let default = self.default_of(ContactType::Email).is_none();
        let new = NewContact { default, order_by: None, ..Self::contact_for_email(email) };
        match self.add(new, id, now)? {
            Addition::Added { change, .. } => Ok(Some(change)),
            Addition::AlreadyThere(_) => Ok(None),
        }
    }

    /// Whether there is a contact with this address.
    pub fn has(&self, address: &ContactAddress) -> bool {
        self.equal_to(address).is_some()
    }

    /// Makes the contact with this address the default of its type. `None` where it is that, or is not there.
    pub fn make_default(&mut self, address: &ContactAddress) -> Option<BookChange> {
        let id = self.equal_to(address).filter(|contact| !contact.default)?.id;
        let change = ContactChange { default: Some(true), ..ContactChange::default() };
        // Its type and text stay: the rules have nothing to refuse.
        self.change(id, change).ok().flatten()
    }

    /// Whether there is a contact for this e-mail address.
    pub fn has_email(&self, email: &EmailAddress) -> bool {
        self.has(&ContactAddress::from_stored(ContactType::Email, email.into()))
    }

    /// The contact that a new customer gets for its own e-mail address: the default, in the first place.
    pub fn contact_for_email(email: &EmailAddress) -> NewContact {
        let address = ContactAddress::from_stored(ContactType::Email, email.into());
        NewContact { default: true, order_by: Some(OrderBy::FIRST), ..NewContact::of(address) }
    }

    /// Takes the default away from the contact that has it and is of the type of `heir`, unless it is `heir` itself.
    fn demote_default_of(&mut self, heir: &Contact) -> Option<ContactWrite> {
        let before = self.default_of(heir.contact_type()).filter(|other| other.id != heir.id).cloned()?;
        let after = Arc::new(Contact { default: false, ..Contact::clone(&before) });
        Some(self.replace(before, after))
    }

    fn replace(&mut self, before: Arc<Contact>, after: Arc<Contact>) -> ContactWrite {
        self.contacts.retain(|contact| contact.id != before.id);
        self.insert(Arc::clone(&after));
        ContactWrite::Replace { before, after }
    }

    fn insert(&mut self, contact: Arc<Contact>) {
        let place = (contact.order_by, contact.id);
        let position = self.contacts.partition_point(|other| (other.order_by, other.id) < place);
        self.contacts.insert(position, contact);
    }
}
