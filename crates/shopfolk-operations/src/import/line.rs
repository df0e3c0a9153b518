//! A line with what follows from it alone.

use std::borrow::Cow;

use shopfolk_model::{ContactAddress, ContactText, ContactType, FieldChange, NewContact, PhoneNumber};

use super::{ImportedCustomer, Lists};

/// A line of an import.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) said: &'a ImportedCustomer,
    /// The contacts, if it says any.
    pub(super) contacts: Option<Cow<'a, [NewContact]>>,
}

impl<'a> Line<'a> {
    /// A line that says this. Who has neither e-mail address nor external reference nor contact, is known again by the
    /// telephone numbers of the addresses: these are contacts too.
    pub(super) fn of(said: &'a ImportedCustomer) -> Self {
        let contacts = said.contacts.as_deref().map(Cow::Borrowed);
        let line = Self { said, contacts };
        if line.has_key() || line.contacts.as_ref().is_some_and(|contacts| !contacts.is_empty()) {
            return line;
        }
        let phones: Vec<_> = line.phones().filter_map(phone_contact).collect();
        if phones.is_empty() { line } else { Self { contacts: Some(Cow::Owned(phones)), ..line } }
    }

    /// Whether it says an e-mail address or an external reference.
    pub(super) fn has_key(&self) -> bool {
        self.said.email.is_some() || self.said.reference().is_some()
    }

    /// What becomes of contacts that it does not name.
    pub(super) fn lists(&self, lists: Lists) -> Lists {
        // Contacts that follow from addresses are no list in a file.
        if matches!(self.contacts, Some(Cow::Owned(_))) { Lists::Add } else { lists }
    }

    pub(super) fn contacts(&self) -> &[NewContact] {
        self.contacts.as_deref().unwrap_or_default()
    }

    fn phones(&self) -> impl Iterator<Item = &'a PhoneNumber> {
        let addresses = self.said.addresses.iter().flatten().map(|address| &address.whereabouts);
        std::iter::once(&self.said.details.billing).chain(addresses).filter_map(|place| match &place.phone {
            FieldChange::Set(phone) => Some(phone),
            FieldChange::Keep | FieldChange::Clear => None,
        })
    }
}

fn phone_contact(phone: &PhoneNumber) -> Option<NewContact> {
    let text = ContactText::new(phone.as_str()).ok()?;
    ContactAddress::new(ContactType::Phone, text).ok().map(NewContact::of)
}
