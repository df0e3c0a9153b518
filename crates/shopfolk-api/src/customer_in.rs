//! What is read of a customer in requests.

use shopfolk_model::{
    AddressEntry, ContactEntry, CustomerChange, CustomerDetails, CustomerDetailsChange, FieldChange, GroupId,
    MAXIMUM_ADDRESSES, MAXIMUM_CONTACTS, MAXIMUM_EXTRA_FIELDS, NewContact, NewCustomer,
};
use shopfolk_operations::CustomerWithContacts;

use crate::body;
use crate::customer::{CustomerFields, LONGEST_PASSWORD};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::json::JsonValue;
use crate::person::PersonChange;
use crate::wire::{RequestShape, request_shape};

/// Reads a list: `null` says nothing of it, because clients that write every field they know write it.
fn list<T: RequestShape>(fields: &Fields<'_>, name: &str, maximum: u32) -> Result<Option<Vec<T>>, ApiError> {
    Ok(fields.objects(name, maximum as usize, T::read)?.value())
}

/// Reads what can be said of a customer, new or not, besides the contacts.
pub(crate) fn customer_change(fields: &Fields<'_>) -> Result<CustomerChange, ApiError> {
    let extra_fields = list(fields, CustomerFields::EXTRA_FIELDS.name, MAXIMUM_EXTRA_FIELDS)?;
    let group = CustomerFields::GROUP.given(fields)?.value_or_of_null(GroupId::GENERAL);
    let primary_phone = CustomerFields::PRIMARY_PHONE.change(fields)?.apply(None);
    let extra_fields = extra_fields.unwrap_or_default();
    Ok(CustomerChange { primary_phone, group, extra_fields, ..own_change(fields)? })
}

/// The same besides the group and the extra fields, which are the store's.
pub(crate) fn own_change(fields: &Fields<'_>) -> Result<CustomerChange, ApiError> {
    let billing_person = fields.object(CustomerFields::BILLING_PERSON.name, PersonChange::read)?;
    let PersonChange { name: billing_name, whereabouts: billing } =
        billing_person.value_or_of_null(PersonChange::nobody()).unwrap_or_default();
    let addresses = list(fields, CustomerFields::ADDRESSES.name, MAXIMUM_ADDRESSES)?;
    // Whoever sends back what was read of a customer without an address says nothing of it.
    let email = CustomerFields::EMAIL.change(fields)?.apply(None);
    let name = match (billing_name, CustomerFields::NAME.change(fields)?) {
        (FieldChange::Set(name), _) => FieldChange::Set(name),
        (billing_name, FieldChange::Keep) => billing_name,
        (_, name) => name,
    };
    check_password(fields)?;
    Ok(CustomerChange {
        email,
        name,
        details: CustomerDetailsChange {
            billing,
            tax_id: CustomerFields::TAX_ID.change(fields)?,
            tax_id_valid: CustomerFields::TAX_ID_VALID.value(fields)?,
            tax_exempt: CustomerFields::TAX_EXEMPT.value(fields)?,
            kind: CustomerFields::KIND.value(fields)?,
            fiscal_code: CustomerFields::FISCAL_CODE.change(fields)?,
            invoice_email: CustomerFields::INVOICE_EMAIL.change(fields)?,
            invoice_code: CustomerFields::INVOICE_CODE.change(fields)?,
            admin_notes: CustomerFields::ADMIN_NOTES.change(fields)?,
            accept_marketing: CustomerFields::ACCEPT_MARKETING.change(fields)?,
            language: CustomerFields::LANGUAGE.change(fields)?,
            external_reference: CustomerFields::EXTERNAL_REFERENCE.change(fields)?,
        },
        addresses,
        ..CustomerChange::default()
    })
}

/// Checks a password that was sent: nothing is kept of it.
fn check_password(fields: &Fields<'_>) -> Result<(), ApiError> {
    let name = CustomerFields::PASSWORD.name;
    let fits = match fields.object_itself().get(name) {
        None | Some(JsonValue::Null) => true,
        Some(JsonValue::Text(text)) => text.chars().count() <= LONGEST_PASSWORD,
        Some(_) => false,
    };
    // The message does not repeat the value.
    let wrong = || {
        ApiError::wrong_parameter(format!(
            "Parameter '{}' must be a string of at most {LONGEST_PASSWORD} characters",
            fields.path(name)
        ))
    };
    fields.given(name, || fits.then_some(()).ok_or_else(wrong)).map(|_| ())
}

request_shape! {
    /// A customer to create, with its contacts. An EMAIL contact for `email` is added unless it is among them.
    "NewCustomer": NewCustomer = New of CustomerWithContacts, example {
        "email": "ec.apps@lightspeedhq.com", "name": "Jane Doe"
    } => |fields| {
        let change = customer_change(fields)?;
        let contacts = list::<NewContact>(fields, CustomerFields::CONTACTS.name, MAXIMUM_CONTACTS)?;
        let mut contacts = contacts.unwrap_or_default();
        let CustomerChange { email, name, details, addresses, contacts: _, primary_phone, group, extra_fields } =
            change;
        if let Some(phone) = primary_phone {
            phone.become_default_among(&mut contacts);
        }
        let email = email.map_or_else(|| CustomerFields::EMAIL.required(fields), Ok)?;
        // Ids are given here: one that is sent means nothing.
        let new = |address: AddressEntry| AddressEntry { id: None, ..address };
        Ok(Self {
            email: Some(email),
            name: name.apply(None),
            details: CustomerDetails::default().changed(details),
            addresses: addresses.unwrap_or_default().into_iter().map(new).collect(),
            contacts,
            group: group.unwrap_or(GroupId::GENERAL),
            extra_fields,
        })
    }
}

request_shape! {
    /// The change of a customer. Fields that are left out stay; `null` or empty clears those that can be empty. Lists of
    /// contacts and addresses replace those of the customer: an entry with an `id` changes that one, an entry without is
    /// new, and others are deleted.
    "CustomerPatch": CustomerChange = Change of CustomerWithContacts, example {
        "name": "Jane Doe", "taxExempt": true
    } => |fields| {
        let contacts = list::<ContactEntry>(fields, CustomerFields::CONTACTS.name, MAXIMUM_CONTACTS)?;
        Ok(Self { contacts, ..customer_change(fields)? })
    }
}

/// Reads the body of a request that creates a customer.
///
/// # Errors
/// When the body is no JSON, or a field is missing or wrong.
pub fn parse_new_customer(body: &[u8]) -> Result<NewCustomer, ApiError> {
    body::parse(body)
}

/// Reads the body of a request that changes a customer.
///
/// # Errors
/// When the body is no JSON, or a field is wrong.
pub fn parse_customer_change(body: &[u8]) -> Result<CustomerChange, ApiError> {
    body::parse(body)
}

#[cfg(test)]
mod tests {
    use shopfolk_model::CustomerKind;

    use super::*;

    fn new(body: &str) -> Result<NewCustomer, String> {
        parse_new_customer(body.as_bytes()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn an_email_is_all_that_is_needed() {
        let customer = new(r#"{"email": " a@example.com ", "taxId": "7", "contacts": null}"#).unwrap();
        assert_eq!(customer.email.unwrap().as_str(), "a@example.com");
        assert!(customer.name.is_none() && customer.contacts.is_empty());
        assert!(
            new("{}").unwrap_err().starts_with("Parameter 'email' is missing: it must be a valid e-mail")
        );
        assert!(new(r#"{"email": "a"}"#).unwrap_err().starts_with("Wrong value 'a' of parameter 'email'"));
    }

    #[test]
    fn the_name_of_the_billing_person_wins() {
        let name = |rest: &str| {
            let customer = new(&format!(r#"{{"email": "a@example.com", {rest}}}"#)).unwrap();
            customer.name.map(|name| name.as_str().to_owned())
        };
        assert_eq!(name(r#""name": "A", "billingPerson": {"name": "B"}"#).as_deref(), Some("B"));
        assert_eq!(name(r#""name": "A", "billingPerson": {"city": "X"}"#).as_deref(), Some("A"));
        assert_eq!(name(r#""name": "A", "billingPerson": null"#).as_deref(), Some("A"));
        assert_eq!(name(r#""name": "A", "billingPerson": {"name": ""}"#).as_deref(), Some("A"));
        assert_eq!(name(r#""name": """#), None);
    }

    #[test]
    fn a_change_tells_absent_null_and_value_apart() {
        let change = |body: &str| parse_customer_change(body.as_bytes()).unwrap();
        assert!(change(r#"{"id": 5, "registered": "x", "unknown": 1, "password": "p"}"#).is_empty());
        let cleared =
            change(r#"{"email": null, "name": null, "taxId": "", "lang": null, "acceptMarketing": null}"#);
        assert_eq!((cleared.email, cleared.name), (None, FieldChange::Clear));
        let details = cleared.details;
        assert_eq!((details.tax_id, details.language), (FieldChange::Clear, FieldChange::Clear));
        assert_eq!(details.accept_marketing, FieldChange::Clear);
        let set = change(
            r#"{"taxExempt": true, "b2b_b2c": "B2B", "shippingAddresses": null, "contacts": [
                {"id": 7, "note": "n"}, {"type": "PHONE", "contact": "1"}]}"#,
        );
        assert_eq!((set.details.tax_exempt, set.details.kind), (Some(true), Some(CustomerKind::Business)));
        assert_eq!(set.addresses, None, "null leaves a list as it is");
        assert!(change(r#"{"contacts": null, "shippingAddresses": null, "extrafields": null}"#).is_empty());
        assert_eq!(change(r#"{"contacts": []}"#).contacts, Some(Vec::new()));
        let [ContactEntry::Known(id, _), ContactEntry::New(_)] = &set.contacts.unwrap()[..] else { panic!() };
        assert_eq!(id.get(), 7);
    }

    #[test]
    fn a_wrong_field_is_named_with_its_value() {
        for (field, message) in [
            (r#""taxExempt": "yes""#, "Wrong value 'yes' of parameter 'taxExempt': it must be true or false"),
            (r#""b2b_b2c": "b2g""#, "Wrong value 'b2g' of parameter 'b2b_b2c': it must be b2c or b2b"),
            (r#""lang": "x""#, "Wrong value 'x' of parameter 'lang': it must be a language code"),
            (
                r#""billingPerson": {"countryCode": "XX"}"#,
                "Wrong value 'XX' of parameter 'billingPerson.countryCode': it must be a country code",
            ),
            (
                r#""shippingAddresses": [{}, {"countryCode": "YY"}]"#,
                "Wrong value 'YY' of parameter 'shippingAddresses[1].countryCode': it must be a country code",
            ),
            (
                r#""contacts": [{"id": 1.5}]"#,
                "Wrong value '1.5' of parameter 'contacts[0].id': it must be an integer",
            ),
            (r#""contacts": [{"type": "PHONE"}]"#, "Parameter 'contacts[0].contact' is missing"),
        ] {
            let error = parse_customer_change(format!("{{{field}}}").as_bytes()).unwrap_err();
            assert!(error.message().starts_with(message), "{}", error.message());
        }
    }

    #[test]
    fn a_password_is_checked_and_never_repeated() {
        let with = |password: &str| new(&format!(r#"{{"email": "a@example.com", "password": {password}}}"#));
        assert!(with(&format!("\"{}\"", "é".repeat(128))).is_ok());
        assert!(with("null").is_ok());
        for password in [format!("\"{}\"", "x".repeat(129)), "12345".to_owned()] {
            assert_eq!(
                with(&password).unwrap_err(),
                "Parameter 'password' must be a string of at most 128 characters"
            );
        }
    }

    #[test]
    fn a_wrong_contact_is_named_by_its_place() {
        let error = new(
            r#"{"email": "a@example.com", "contacts": [
                {"type": "PHONE", "contact": "1"}, {"type": "PHONE", "contact": "2"}, {"type": "FAX", "contact": "3"}]}"#,
        )
        .unwrap_err();
        assert!(
            error.starts_with("Wrong value 'FAX' of parameter 'contacts[2].type': it must be one of"),
            "{error}"
        );
        let error = new(r#"{"email": "a@example.com", "contacts": [{"type": "EMAIL", "contact": "x"}]}"#);
        assert!(error.unwrap_err().starts_with("Wrong value 'x' of parameter 'contacts[0].contact'"));
        let error = new(r#"{"email": "a@example.com", "contacts": [7]}"#).unwrap_err();
        assert_eq!(error, "Wrong value '7' of parameter 'contacts[0]': it must be a JSON object");
    }

    #[test]
    fn contacts_are_bounded() {
        let contacts = vec![r#"{"type":"PHONE","contact":"1"}"#; 501].join(",");
        let error = new(&format!(r#"{{"email": "a@example.com", "contacts": [{contacts}]}}"#)).unwrap_err();
        assert_eq!(error, "Parameter 'contacts' has 501 entries: it must have at most 500");
    }
}
