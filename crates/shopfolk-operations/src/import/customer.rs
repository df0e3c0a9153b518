//! What a file says of a customer.

use shopfolk_model::{
    AddressEntry, CustomerDetailsChange, CustomerId, CustomerName, EmailAddress, ExternalReferenceId,
    ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, ExtraFieldValue, FieldChange, GroupId, GroupName,
    NewContact, Timestamp,
};

/// What a file says of a customer, new or not; what it leaves out says nothing.
///
/// Numbers and keys in a file are another system's. They are looked at only where the rules say that they are ours:
/// [`MatchBy::Id`](crate::MatchBy::Id), [`ImportRules::same_store`](crate::ImportRules::same_store).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedCustomer {
    /// The id in the store that the file is of.
    pub id: Option<CustomerId>,
    /// When the customer came to be.
    pub registered: Option<Timestamp>,
    /// The customer's own address.
    pub email: Option<EmailAddress>,
    /// The name.
    pub name: FieldChange<CustomerName>,
    /// The details.
    pub details: CustomerDetailsChange,
    /// Shipping addresses. Their ids are those of the store that the file is of.
    pub addresses: Option<Vec<AddressEntry>>,
    /// Contacts.
    pub contacts: Option<Vec<NewContact>>,
    /// The group; cleared is the built-in one.
    pub group: FieldChange<ImportedGroup>,
    /// Values of extra fields; others stay.
    pub extra_fields: Vec<ImportedExtraField>,
}

/// What a file says of the group that a customer is in. It is found by its name, then by its external reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedGroup {
    /// The id in the store that the file is of.
    pub id: Option<GroupId>,
    /// The name.
    pub name: Option<GroupName>,
    /// What it is called in somebody else's system.
    pub external_reference: Option<ExternalReferenceId>,
}

/// What a file says of a customer's value of an extra field. The field is found by its title.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedExtraField {
    /// The key in the store that the file is of.
    pub key: Option<ExtraFieldKey>,
    /// The title.
    pub title: Option<ExtraFieldTitle>,
    /// What the values of a field are that is made; text, if the file does not say it.
    pub field_type: Option<ExtraFieldType>,
    /// The value; `None` takes it away.
    pub value: Option<ExtraFieldValue>,
}

impl ImportedCustomer {
    /// The external reference that the customer is to have.
    pub(super) fn reference(&self) -> Option<&ExternalReferenceId> {
        match &self.details.external_reference {
            FieldChange::Set(reference) => Some(reference),
            FieldChange::Keep | FieldChange::Clear => None,
        }
    }

    /// How much of a portion it takes.
    pub(super) fn weight(&self) -> usize {
        // One with a few contacts and addresses counts as one.
        const HANGING: usize = 8;
        let contacts = self.contacts.as_ref().map_or(0, Vec::len);
        let addresses = self.addresses.as_ref().map_or(0, Vec::len);
        1 + (contacts + addresses) / HANGING
    }
}
