//! What a portion has to know, and what it takes ids for.

use shopfolk_model::{
    ContactBook, ContactEntry, CustomerChange, CustomerId, EmailAddress, ExternalReferenceId, FieldChange,
    GroupId, NewContact, NewCustomer,
};

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
    /// Whether all groups are looked at.
    pub all_groups: bool,
    /// Whether values of extra fields are set.
    pub extra_fields: bool,
    /// Whether contacts of known customers are looked at.
    pub contacts: bool,
    /// What changes of customers may create.
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

impl NewRows {
    /// Adds what creating a customer creates.
    pub(crate) fn create(&mut self, new: &NewCustomer) {
        self.customers += 1;
        self.contacts += new.contacts.len() + usize::from(own_contact(new).is_some());
        self.addresses += new.addresses.len();
    }
}

/// The contact for a new customer's own e-mail address, unless that is among its contacts.
pub(super) fn own_contact(new: &NewCustomer) -> Option<NewContact> {
    let own = ContactBook::contact_for_email(new.email.as_ref()?);
    let is_given = new.contacts.iter().any(|contact| contact.address.equals(&own.address));
    (!is_given).then_some(own)
}

impl Needs {
    /// Adds what creating a customer needs, but for its ids: those are taken when no rule says no.
    pub(crate) fn create(&mut self, new: &NewCustomer) {
        self.emails.extend(new.email.clone());
        self.references.extend(new.details.external_reference.clone());
        self.groups.push(new.group);
        self.extra_fields |= !new.extra_fields.is_empty();
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
        self.contacts |=
            change.contacts.is_some() || change.email.is_some() || change.primary_phone.is_some();
        let is_new = |entry: &&ContactEntry| matches!(entry, ContactEntry::New(_));
        self.new.contacts += change.contacts.iter().flatten().filter(is_new).count();
        self.new.addresses += change.new_addresses();
    }
}
