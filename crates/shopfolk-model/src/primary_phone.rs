//! The telephone number that a client calls a customer's primary one.

use crate::{ContactAddress, ContactText, ContactType, NewContact};

/// A telephone number that is to be the default contact of type PHONE, made where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryPhone(ContactAddress);

impl PrimaryPhone {
    /// The number with this text.
    pub fn new(text: ContactText) -> Self {
        Self(ContactAddress::from_stored(ContactType::Phone, text))
    }

    /// The address of its contact.
    pub const fn address(&self) -> &ContactAddress {
        &self.0
    }

    /// The contact that is made where there is none.
    pub fn contact(&self) -> NewContact {
        NewContact { default: true, ..NewContact::of(self.0.clone()) }
    }

    /// Makes it the default among the contacts that a customer is to have, and adds it where it is not among them.
    pub fn become_default_among(&self, contacts: &mut Vec<NewContact>) {
        for contact in
            contacts.iter_mut().filter(|contact| contact.address.contact_type() == ContactType::Phone)
        {
            contact.default = contact.address.equals(&self.0);
        }
        if !contacts.iter().any(|contact| contact.address.equals(&self.0)) {
            contacts.push(self.contact());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ContactText {
        ContactText::new(text).unwrap()
    }

    fn contact(contact_type: ContactType, contact: &str) -> NewContact {
        let address = ContactAddress::new(contact_type, text(contact)).unwrap();
        NewContact { default: true, ..NewContact::of(address) }
    }

    #[test]
    fn it_becomes_the_default_telephone_number_and_is_there_once() {
        let mut contacts = vec![
            contact(ContactType::Phone, "+1 2"),
            contact(ContactType::Phone, "+3 4"),
            contact(ContactType::Viber, "+5"),
        ];
        PrimaryPhone::new(text("+34")).become_default_among(&mut contacts);
        let defaults =
            |contacts: &[NewContact]| contacts.iter().map(|contact| contact.default).collect::<Vec<_>>();
        assert_eq!(defaults(&contacts), [false, true, true]);
        PrimaryPhone::new(text("+6")).become_default_among(&mut contacts);
        assert_eq!(defaults(&contacts), [false, false, true, true]);
        assert_eq!(contacts[3].address.contact(), &text("+6"));
    }
}
