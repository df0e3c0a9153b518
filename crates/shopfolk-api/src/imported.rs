//! A customer in a file, as the API shows it.

use std::io::{self, Write};

use shopfolk_model::{ContactId, CustomerId, MAXIMUM_CONTACTS, NewContact};
use shopfolk_operations::{CustomerWithContacts, ImportedCustomer};

use crate::contact_in::NewContactIn;
use crate::customer_in::CustomerFieldsIn;
use crate::customer_out::CustomerOut;
use crate::error::ApiError;
use crate::fields::{Fields, Given};
use crate::json;

/// Reads a customer as `GET /customers/{id}` shows it; what can only be in answers is passed over.
///
/// # Errors
/// When the text is no JSON object, or a field is wrong.
pub fn parse_imported_customer(text: &[u8]) -> Result<ImportedCustomer, ApiError> {
    read_imported_customer(&Fields::of_body(&json::parse(text)?)?)
}

/// Reads a customer from an object.
pub(crate) fn read_imported_customer(fields: &Fields<'_>) -> Result<ImportedCustomer, ApiError> {
    let contacts = match fields.objects("contacts", MAXIMUM_CONTACTS as usize, contact)? {
        Given::Absent => None,
        Given::Null => Some(Vec::new()),
        Given::Value(contacts) => Some(contacts),
    };
    Ok(ImportedCustomer {
        id: fields.integer("id", CustomerId::new)?.value(),
        registered: fields.timestamp("registered")?.value(),
        change: CustomerFieldsIn::read(fields)?.change(),
        contacts,
    })
}

fn contact(fields: &Fields<'_>) -> Result<(Option<ContactId>, NewContact), ApiError> {
    Ok((fields.integer("id", ContactId::new)?.value(), NewContactIn::read(fields)?))
}

/// Writes a customer as `GET /customers/{id}` shows it.
///
/// # Errors
/// When it cannot be written.
pub fn write_customer(customer: &CustomerWithContacts, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &CustomerOut::from(customer)).map_err(io::Error::from)
}
