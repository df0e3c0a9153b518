//! One contact of a customer, what a caller may say of a new one, and of a change.

use crate::contact_handle::handle_from_link;
use crate::email::is_email_address;
use crate::{
    ContactHandle, ContactId, ContactKey, ContactNote, ContactRuleError, ContactText, ContactType, Timestamp,
    is_namesake_key,
};

/// A contact's place on the customer's page, from 0 to 2^31 - 1; ties are resolved by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderBy(i32);

/// The number is no place on a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an integer from 0 to {}", OrderBy::MAXIMUM.get())]
pub struct OrderByError;

impl OrderBy {
    /// The first place.
    pub const FIRST: Self = Self(0);
    /// The last place there is.
    pub const MAXIMUM: Self = Self(i32::MAX);

    /// The place with this number.
    ///
    /// # Errors
    /// When the number is negative or above 2^31 - 1.
    pub fn new(number: i64) -> Result<Self, OrderByError> {
        match i32::try_from(number) {
            Ok(number) if number >= 0 => Ok(Self(number)),
            _ => Err(OrderByError),
        }
    }

    /// The number of this place.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The place after this one; the last place follows itself.
    #[must_use]
    pub const fn following(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A contact's type with its text: a pair that fits together, and the key by which it is compared.
///
/// The text of an EMAIL contact is a syntactically valid address; other types take any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactAddress {
    contact_type: ContactType,
    contact: ContactText,
    key: ContactKey,
}

impl ContactAddress {
    /// The address of this type with this text.
    ///
    /// # Errors
    /// [`ContactRuleError::NotAnEmailAddress`] when the type is EMAIL and the text is no e-mail address.
    pub fn new(contact_type: ContactType, contact: ContactText) -> Result<Self, ContactRuleError> {
        if contact_type == ContactType::Email && !is_email_address(contact.as_str()) {
            return Err(ContactRuleError::NotAnEmailAddress { contact });
        }
        Ok(Self::from_stored(contact_type, contact))
    }

    /// The address as a database holds it, its rules checked when it was written.
    pub fn from_stored(contact_type: ContactType, contact: ContactText) -> Self {
        let key = ContactKey::of(contact_type, &contact);
        Self { contact_type, contact, key }
    }

    /// The address of a contact whose own key another contact of the customer has: one that a release before took for
    /// another one.
    #[must_use]
    pub fn of_namesake(self, id: ContactId) -> Self {
        let key = ContactKey::of(self.contact_type, &self.contact).of_namesake(id);
        Self { key, ..self }
    }

    /// Whether its own key is another contact's.
    pub fn is_namesake(&self) -> bool {
        is_namesake_key(self.key.as_str())
    }

    /// The kind of contact.
    pub const fn contact_type(&self) -> ContactType {
        self.contact_type
    }

    /// The text, as it was sent.
    pub const fn contact(&self) -> &ContactText {
        &self.contact
    }

    /// The normalised text: two contacts of a customer with equal type and key are equal.
    pub const fn key(&self) -> &ContactKey {
        &self.key
    }

    /// Whether both are the same contact after normalising.
    pub fn equals(&self, other: &Self) -> bool {
        self.contact_type == other.contact_type && self.key == other.key
    }

    /// The handle in the text, where that is a link to the network of the type.
    pub fn handle_in_link(&self) -> Option<ContactHandle> {
        handle_from_link(self.contact_type, &self.contact)
    }
}

/// A way to reach a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The id, unique in the store.
    pub id: ContactId,
    /// Type and text.
    pub address: ContactAddress,
    /// The name on that network.
    pub handle: Option<ContactHandle>,
    /// The store owner's note.
    pub note: Option<ContactNote>,
    /// Whether this is the default contact of its type; at most one of a type per customer is.
    pub default: bool,
    /// The place on the customer's page.
    pub order_by: OrderBy,
    /// When the contact was created.
    pub timestamp: Timestamp,
}

impl Contact {
    /// The contact's kind.
    pub const fn contact_type(&self) -> ContactType {
        self.address.contact_type
    }
}

/// What a caller says of a contact that shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    /// Type and text.
    pub address: ContactAddress,
    /// The name on that network: given, or taken from the link.
    pub handle: Option<ContactHandle>,
    /// The store owner's note.
    pub note: Option<ContactNote>,
    /// Whether it takes over as the default of its type.
    pub default: bool,
    /// The place on the page; `None` puts it behind all others.
    pub order_by: Option<OrderBy>,
    /// When it was created; `None` is now.
    pub timestamp: Option<Timestamp>,
}

impl NewContact {
    /// A contact of which nothing but type and text is given; its handle comes from the link, if it is one.
    pub fn of(address: ContactAddress) -> Self {
        let handle = address.handle_in_link();
        Self { address, handle, note: None, default: false, order_by: None, timestamp: None }
    }

    /// The same with the handle that the caller gave, which wins over the one in a link.
    #[must_use]
    pub fn with_handle(mut self, handle: Option<ContactHandle>) -> Self {
        self.handle = handle.or(self.handle);
        self
    }

    /// The contact that it becomes: at this place and of this time, unless it names its own.
    pub(crate) fn created(self, id: ContactId, behind_all: OrderBy, now: Timestamp) -> Contact {
        let Self { address, handle, note, default, order_by, timestamp } = self;
        let (order_by, timestamp) = (order_by.unwrap_or(behind_all), timestamp.unwrap_or(now));
        Contact { id, address, handle, note, default, order_by, timestamp }
    }

    /// The change that brings a contact that is there to what this one says. Its handle, its place and its time stay where
    /// this one says nothing of them.
    pub fn as_change(&self) -> ContactChange {
        let Self { address, handle, note, default, order_by, timestamp } = self;
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
}

impl From<&Contact> for NewContact {
    /// A new contact that becomes one like this one, but for its id.
    fn from(contact: &Contact) -> Self {
        let Contact { id: _, address, handle, note, default, order_by, timestamp } = contact.clone();
        Self { address, handle, note, default, order_by: Some(order_by), timestamp: Some(timestamp) }
    }
}

/// What a change says of a field that can be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FieldChange<T> {
    /// Nothing: the field stays as it is.
    #[default]
    Keep,
    /// The field becomes empty.
    Clear,
    /// The field takes this value.
    Set(T),
}

impl<T> FieldChange<T> {
    /// Whether the field stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value after the change, given the one before it.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// What a caller says of a contact that shall be changed; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactChange {
    /// The new text.
    pub contact: Option<ContactText>,
    /// The new type.
    pub contact_type: Option<ContactType>,
    /// The new handle.
    pub handle: FieldChange<ContactHandle>,
    /// The new note.
    pub note: FieldChange<ContactNote>,
    /// Whether it becomes or ceases to be the default of its type.
    pub default: Option<bool>,
    /// The new place.
    pub order_by: Option<OrderBy>,
    /// The new time of creation.
    pub timestamp: Option<Timestamp>,
}

impl ContactChange {
    /// Whether the change says nothing at all.
    pub fn is_empty(&self) -> bool {
        let Self { contact, contact_type, handle, note, default, order_by, timestamp } = self;
        contact.is_none()
            && contact_type.is_none()
            && handle.is_keep()
            && note.is_keep()
            && default.is_none()
            && order_by.is_none()
            && timestamp.is_none()
    }

    /// The contact after this change of it, as if it were alone. A handle that came from a link follows the link, unless
    /// the change says something of the handle.
    ///
    /// # Errors
    /// When it becomes a contact of type EMAIL and is no address.
    pub(crate) fn apply(self, before: &Contact) -> Result<Contact, ContactRuleError> {
        let Self { contact, contact_type, handle, note, default, order_by, timestamp } = self;
        let contact_type = contact_type.unwrap_or(before.contact_type());
        let contact = contact.unwrap_or_else(|| before.address.contact().clone());
        let stays = contact_type == before.contact_type() && contact == *before.address.contact();
        // What a release before took stays as it is.
        let address =
            if stays { before.address.clone() } else { ContactAddress::new(contact_type, contact)? };
        let came_from_link = before.handle.is_none() || before.handle == before.address.handle_in_link();
        let kept_handle = if handle.is_keep() && came_from_link && address != before.address {
            address.handle_in_link()
        } else {
            before.handle.clone()
        };
        Ok(Contact {
            id: before.id,
            handle: handle.apply(kept_handle),
            note: note.apply(before.note.clone()),
            default: default.unwrap_or(before.default),
            order_by: order_by.unwrap_or(before.order_by),
            timestamp: timestamp.unwrap_or(before.timestamp),
            address,
        })
    }
}

/// What a caller says of one contact in a list that takes the place of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactEntry {
    /// A contact that is there, and what becomes of it.
    Known(ContactId, ContactChange),
    /// A new one.
    New(NewContact),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ContactText {
        ContactText::new(text).unwrap()
    }

    #[test]
    fn an_email_contact_is_an_email_address() {
        assert!(ContactAddress::new(ContactType::Email, text("anna@example.com")).is_ok());
        assert_eq!(
            ContactAddress::new(ContactType::Email, text("anna")),
            Err(ContactRuleError::NotAnEmailAddress { contact: text("anna") })
        );
    }

    #[test]
    fn other_types_take_any_text() {
        for &contact_type in ContactType::ALL.iter().filter(|&&other| other != ContactType::Email) {
            assert!(ContactAddress::new(contact_type, text("00000000000")).is_ok(), "{contact_type}");
        }
    }

    #[test]
    fn a_given_handle_wins_over_the_one_in_the_link() {
        let address =
            ContactAddress::new(ContactType::Facebook, text("https://www.facebook.com/myshop_page")).unwrap();
        let taken = NewContact::of(address.clone()).with_handle(None);
        assert_eq!(taken.handle.unwrap().as_str(), "myshop_page");
        let given = NewContact::of(address).with_handle(ContactHandle::optional("mine").unwrap());
        assert_eq!(given.handle.unwrap().as_str(), "mine");
    }

    #[test]
    fn a_place_is_from_0_to_2_to_the_31_less_1() {
        assert_eq!(OrderBy::new(2_147_483_647), Ok(OrderBy::MAXIMUM));
        for number in [-1, 2_147_483_648] {
            assert_eq!(OrderBy::new(number), Err(OrderByError));
        }
        assert_eq!(OrderBy::MAXIMUM.following(), OrderBy::MAXIMUM);
    }
}
