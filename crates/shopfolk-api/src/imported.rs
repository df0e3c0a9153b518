//! A customer in a file, as the API shows it.

use std::io::{self, Write};

use shopfolk_model::{
    CustomerChange, ExtraFieldEntry, FieldChange, MAXIMUM_CONTACTS, MAXIMUM_EXTRA_FIELDS, NewContact,
};
use shopfolk_operations::{CustomerWithContacts, ImportedCustomer, ImportedExtraField, ImportedGroup};

use crate::customer::CustomerFields;
use crate::customer_in::own_change;
use crate::error::ApiError;
use crate::extra_field::ExtraFieldValueFields;
use crate::fields::Fields;
use crate::given::Given;
use crate::json::{self, JsonObject, JsonValue};
use crate::known_fields::{FieldUse, walk};
use crate::lenient::{Empty, Lenient, WrongField};
use crate::wire::{Answer, RequestShape};

/// A customer as a file has it, as far as it can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledCustomer {
    /// What can be taken.
    pub customer: ImportedCustomer,
    /// The fields that cannot, in their order.
    pub wrong: Vec<WrongField>,
    /// The fields that a customer does not have, in their order.
    pub unknown: Vec<String>,
}

/// Reads a customer as `GET /customers/{id}` shows it; what can only be in answers is passed over.
///
/// # Errors
/// When the text is no JSON object.
pub fn parse_imported_customer(text: &[u8], empty: Empty) -> Result<FiledCustomer, ApiError> {
    let body = json::parse(text)?;
    // The error of a body that is no object.
    let JsonValue::Object(object) = &body else { return Err(not_an_object(&body)) };
    let mut unknown = Vec::new();
    walk(object, &mut |field, known| {
        if known == FieldUse::Unknown {
            unknown.push(field.to_string());
        }
    });
    Ok(FiledCustomer { unknown, ..filed_customer(object, empty) })
}

/// The fields of a customer in a file, each with what becomes of it; those of objects and lists by their paths, such as
/// `contacts[].type`.
///
/// # Errors
/// When the text is no JSON object.
pub fn fields_of_imported_customer(text: &[u8]) -> Result<Vec<(String, FieldUse)>, ApiError> {
    let body = json::parse(text)?;
    let JsonValue::Object(object) = &body else { return Err(not_an_object(&body)) };
    let mut fields = Vec::new();
    walk(object, &mut |field, known| fields.push((field.to_string(), known)));
    Ok(fields)
}

fn not_an_object(body: &JsonValue<'_>) -> ApiError {
    Fields::of_body(body).err().unwrap_or_else(|| ApiError::wrong_parameter("The body must be a JSON object"))
}

/// What an object says of a customer.
pub(crate) fn filed_customer(object: &JsonObject<'_>, empty: Empty) -> FiledCustomer {
    let lenient = Lenient::new(empty);
    // What cannot be taken is noted field by field, so what is left is no error.
    let customer = read(&Fields::of_row(object, &lenient)).unwrap_or_default();
    FiledCustomer { customer, wrong: lenient.into_wrong(), unknown: Vec::new() }
}

fn read(fields: &Fields<'_>) -> Result<ImportedCustomer, ApiError> {
    let contacts =
        fields.objects(CustomerFields::CONTACTS.name, MAXIMUM_CONTACTS as usize, NewContact::read)?;
    let extra_fields =
        fields.objects(CustomerFields::EXTRA_FIELDS.name, MAXIMUM_EXTRA_FIELDS as usize, extra_field)?;
    let mut contacts = contacts.value_or_of_null(Vec::new());
    if let Some(phone) = CustomerFields::PRIMARY_PHONE.change(fields)?.apply(None) {
        phone.become_default_among(contacts.get_or_insert_default());
    }
    let CustomerChange { email, name, details, addresses, .. } = own_change(fields)?;
    Ok(ImportedCustomer {
        id: CustomerFields::ID.value(fields)?,
        registered: CustomerFields::REGISTERED.value(fields)?,
        email,
        name,
        details,
        addresses,
        contacts,
        group: group(fields)?,
        extra_fields: extra_fields.value().unwrap_or_default(),
    })
}

fn group(fields: &Fields<'_>) -> Result<FieldChange<ImportedGroup>, ApiError> {
    let (id, name) = (CustomerFields::GROUP.given(fields)?, CustomerFields::GROUP_NAME.given(fields)?);
    Ok(match (id, name) {
        (Given::Absent, Given::Absent) => FieldChange::Keep,
        (Given::Null, Given::Absent | Given::Null) | (Given::Absent, Given::Null) => FieldChange::Clear,
        (id, name) => {
            FieldChange::Set(ImportedGroup { id: id.value(), name: name.value(), ..ImportedGroup::default() })
        }
    })
}

fn extra_field(fields: &Fields<'_>) -> Result<ImportedExtraField, ApiError> {
    let ExtraFieldEntry { key, title, value } = ExtraFieldEntry::read(fields)?;
    let field_type = ExtraFieldValueFields::TYPE.value(fields)?;
    Ok(ImportedExtraField { key, title, field_type, value })
}

/// Writes a customer as `GET /customers/{id}` shows it.
///
/// # Errors
/// When it cannot be written.
pub fn write_customer(customer: &CustomerWithContacts, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &Answer(customer)).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> FiledCustomer {
        parse_imported_customer(text.as_bytes(), Empty::SaysNothing).unwrap()
    }

    #[test]
    fn what_cannot_be_taken_is_left_out_and_told_field_by_field() {
        let filed = parse(
            r#"{"email": "a@example.com", "taxExempt": "perhaps", "billingPerson": {"city": "Rome", "countryCode": "XX"},
                "contacts": [{"type": "PHONE", "contact": "1"}, {"type": "FAX", "contact": "2"}, {"type": "URL"}],
                "password": 5}"#,
        );
        assert_eq!(filed.customer.contacts.as_ref().map(Vec::len), Some(1));
        assert!(
            matches!(&filed.customer.details.billing.city, FieldChange::Set(city) if city.as_str() == "Rome")
        );
        let mut wrong: Vec<_> = filed.wrong.iter().map(|wrong| wrong.field.as_str()).collect();
        wrong.sort_unstable();
        assert_eq!(
            wrong,
            ["billingPerson.countryCode", "contacts[1].type", "contacts[2]", "password", "taxExempt"]
        );
        assert!(filed.wrong.iter().all(|wrong| !wrong.reason.contains('5')), "{:?}", filed.wrong);
    }

    #[test]
    fn a_primary_phone_is_a_contact() {
        let filed = parse(r#"{"email": "a@example.com", "primaryPhone": "+1 2"}"#);
        let [phone] = &filed.customer.contacts.unwrap()[..] else { panic!() };
        assert!(phone.default && phone.address.contact().as_str() == "+1 2");
    }

    #[test]
    fn empty_says_nothing_or_clears() {
        let text = r#"{"email": "a@example.com", "name": "", "taxId": null, "contacts": null, "customerGroupName": ""}"#;
        let customer = parse(text).customer;
        assert_eq!((customer.name, customer.contacts), (FieldChange::Keep, None));
        assert_eq!((customer.details.tax_id, customer.group), (FieldChange::Keep, FieldChange::Keep));
        let customer = parse_imported_customer(text.as_bytes(), Empty::Clears).unwrap().customer;
        assert_eq!((customer.name, customer.details.tax_id), (FieldChange::Clear, FieldChange::Clear));
        assert_eq!(customer.contacts, Some(Vec::new()));
    }

    #[test]
    fn unknown_fields_are_told_by_their_paths() {
        let filed = parse(
            r#"{"email": "a@example.com", "id": 5, "updated": "x", "loyalty": 5, "billingPerson": {"town": "Rome"},
                "contacts": [{"type": "PHONE", "contact": "1", "label": "x"}],
                "extrafields": [{"title": "Size", "value": "XL", "type": "TEXT"}]}"#,
        );
        assert_eq!(filed.unknown, ["loyalty", "billingPerson.town", "contacts[].label"]);
        assert_eq!(filed.customer.extra_fields.len(), 1);
        let fields = fields_of_imported_customer(br#"{"email": "a@example.com", "updated": "x", "shoe": 1}"#);
        assert_eq!(
            fields.unwrap(),
            [
                ("email".to_owned(), FieldUse::Taken),
                ("updated".to_owned(), FieldUse::LeftBehind),
                ("shoe".to_owned(), FieldUse::Unknown)
            ]
        );
    }
}
