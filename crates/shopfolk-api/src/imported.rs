//! A customer in a file, as the API shows it.

use std::io::{self, Write};

use shopfolk_model::{CustomerChange, ExtraFieldEntry, FieldChange, GroupId, MAXIMUM_CONTACTS, NewContact};
use shopfolk_operations::{CustomerWithContacts, ImportedCustomer, ImportedExtraField, ImportedGroup};

use crate::customer::CustomerFields;
use crate::customer_in::customer_change;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::json;
use crate::wire::{Answer, RequestShape};

/// Reads a customer as `GET /customers/{id}` shows it; what can only be in answers is passed over.
///
/// # Errors
/// When the text is no JSON object, or a field is wrong.
pub fn parse_imported_customer(text: &[u8]) -> Result<ImportedCustomer, ApiError> {
    read_imported_customer(&Fields::of_body(&json::parse(text)?)?)
}

/// Reads a customer from an object.
pub(crate) fn read_imported_customer(fields: &Fields<'_>) -> Result<ImportedCustomer, ApiError> {
    let contacts =
        fields.objects(CustomerFields::CONTACTS.name, MAXIMUM_CONTACTS as usize, NewContact::read)?;
    let CustomerChange { email, name, details, addresses, contacts: _, group, extra_fields } =
        customer_change(fields)?;
    let value = |ExtraFieldEntry { key, title, value }: ExtraFieldEntry| ImportedExtraField {
        key,
        title,
        field_type: None,
        value,
    };
    Ok(ImportedCustomer {
        id: CustomerFields::ID.value(fields)?,
        registered: CustomerFields::REGISTERED.value(fields)?,
        email,
        name,
        details,
        addresses,
        contacts: contacts.value_or_of_null(Vec::new()),
        group: group.map_or(FieldChange::Keep, imported_group),
        extra_fields: extra_fields.into_iter().map(value).collect(),
    })
}

fn imported_group(id: GroupId) -> FieldChange<ImportedGroup> {
    FieldChange::Set(ImportedGroup { id: Some(id), ..ImportedGroup::default() })
}

/// Writes a customer as `GET /customers/{id}` shows it.
///
/// # Errors
/// When it cannot be written.
pub fn write_customer(customer: &CustomerWithContacts, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &Answer(customer)).map_err(io::Error::from)
}
