//! A customer in a file, as the API shows it.

use std::io::{self, Write};

use shopfolk_model::{ContactId, MAXIMUM_CONTACTS, NewContact};
use shopfolk_operations::{CustomerWithContacts, ImportedCustomer};

use crate::contact::ContactFields;
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
    let contacts = fields.objects(CustomerFields::CONTACTS.name, MAXIMUM_CONTACTS as usize, contact)?;
    Ok(ImportedCustomer {
        id: CustomerFields::ID.value(fields)?,
        registered: CustomerFields::REGISTERED.value(fields)?,
        change: customer_change(fields)?,
        contacts: contacts.value_or_of_null(Vec::new()),
    })
}

fn contact(fields: &Fields<'_>) -> Result<(Option<ContactId>, NewContact), ApiError> {
    Ok((ContactFields::ID.value(fields)?, NewContact::read(fields)?))
}

/// Writes a customer as `GET /customers/{id}` shows it.
///
/// # Errors
/// When it cannot be written.
pub fn write_customer(customer: &CustomerWithContacts, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &Answer(customer)).map_err(io::Error::from)
}
