//! What a request says of a customer.

use shopfolk_model::{
    AddressEntry, AddressId, AdminNotes, ContactEntry, ContactId, CustomerChange, CustomerDetails,
    CustomerDetailsChange, CustomerKind, CustomerName, EmailAddress, ExternalReferenceId, ExtraFieldEntry,
    ExtraFieldKey, ExtraFieldTitle, ExtraFieldValue, FieldChange, GroupId, InvalidEmailAddress, LanguageCode,
    MAXIMUM_ADDRESSES, MAXIMUM_CONTACTS, MAXIMUM_EXTRA_FIELDS, NewContact, NewCustomer, TaxText,
    WhereaboutsChange,
};
use utoipa::ToSchema;

use crate::contact_in::{ContactPatch, NewContactIn};
use crate::error::ApiError;
use crate::fields::{Fields, Given};
use crate::json;
use crate::person_in::{AddressIn, PersonIn, optional};

const LONGEST_PASSWORD: usize = 128;

/// What can be said of a customer, new or not, besides the contacts. What is left out of a customer that is there stays;
/// `null` or empty clears what can be empty.
#[derive(ToSchema)]
#[schema(as = CustomerFields, rename_all = "camelCase")]
pub(crate) struct CustomerFieldsIn {
    /// The customer's own address, unique in the store without regard to case.
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Option<EmailAddress>,
    /// The same thing as `billingPerson.name`, which wins if both are sent.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: FieldChange<CustomerName>,
    #[schema(value_type = Option<PersonIn>)]
    billing_person: Option<PersonIn>,
    /// The list that takes the place of the one that is there.
    #[schema(value_type = Option<Vec<AddressIn>>, max_items = 100)]
    shipping_addresses: Option<Vec<AddressEntry>>,
    /// Checked for its length and dropped: customers do not sign in here.
    #[schema(value_type = Option<String>, max_length = 128)]
    password: DroppedPassword,
    #[schema(value_type = Option<String>, max_length = 255)]
    tax_id: FieldChange<TaxText>,
    #[schema(value_type = Option<bool>, default = true)]
    tax_id_valid: Option<bool>,
    #[schema(value_type = Option<bool>, default = false)]
    tax_exempt: Option<bool>,
    /// `b2c` or `b2b`.
    #[schema(rename = "b2b_b2c", value_type = Option<String>, default = "b2c")]
    kind: Option<CustomerKind>,
    #[schema(value_type = Option<String>, max_length = 255)]
    fiscal_code: FieldChange<TaxText>,
    #[schema(value_type = Option<String>, max_length = 255)]
    electronic_invoice_pec_email: FieldChange<TaxText>,
    #[schema(value_type = Option<String>, max_length = 255)]
    electronic_invoice_sdi_code: FieldChange<TaxText>,
    /// What the store's people note for themselves.
    #[schema(value_type = Option<String>, max_length = 5000)]
    private_admin_notes: FieldChange<AdminNotes>,
    #[schema(value_type = Option<bool>)]
    accept_marketing: FieldChange<bool>,
    /// 2 to 10 letters, `-` or `_`.
    #[schema(value_type = Option<String>, example = "en")]
    lang: FieldChange<LanguageCode>,
    /// The customer's name in another system, unique in the store.
    #[schema(value_type = Option<String>, max_length = 255)]
    external_reference_id: FieldChange<ExternalReferenceId>,
    /// The group; 0 is the built-in one.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647)]
    customer_group_id: Option<GroupId>,
    /// Values of extra fields. Those that are not named stay.
    #[schema(rename = "extrafields", value_type = Option<Vec<ExtraFieldValueIn>>, max_items = 100)]
    extra_fields: Vec<ExtraFieldEntry>,
}

/// A customer's value of an extra field.
#[derive(ToSchema)]
#[schema(as = ExtraFieldValueEntry, rename_all = "camelCase")]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct ExtraFieldValueIn {
    /// The key of the field.
    #[schema(example = "6r0fUGw")]
    key: Option<String>,
    /// The title of the field, which counts where no key is given.
    title: Option<String>,
    /// The value; `null` or empty takes it away.
    #[schema(max_length = 5000)]
    value: Option<String>,
}

fn extra_field_entry(fields: &Fields<'_>) -> Result<ExtraFieldEntry, ApiError> {
    let key = fields.text("key", |text| match text {
        "" => Ok(None),
        text => ExtraFieldKey::new(text).map(Some),
    })?;
    Ok(ExtraFieldEntry {
        key: key.value().flatten(),
        title: fields.text("title", ExtraFieldTitle::optional)?.value().flatten(),
        value: fields.text("value", ExtraFieldValue::optional)?.value().flatten(),
    })
}

impl CustomerFieldsIn {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        let billing_person = match fields.object("billingPerson", PersonIn::read)? {
            Given::Absent => None,
            Given::Null => Some(PersonIn::nobody()),
            Given::Value(person) => Some(person),
        };
        let addresses =
            match fields.objects("shippingAddresses", MAXIMUM_ADDRESSES as usize, AddressIn::read)? {
                Given::Absent => None,
                Given::Null => Some(Vec::new()),
                Given::Value(addresses) => Some(addresses),
            };
        Ok(Self {
            email: fields.text("email", EmailAddress::new)?.value(),
            name: fields.text("name", CustomerName::optional)?.change(),
            billing_person,
            shipping_addresses: addresses,
            password: DroppedPassword::read(fields)?,
            tax_id: fields.text("taxId", TaxText::optional)?.change(),
            tax_id_valid: fields.boolean("taxIdValid")?.value(),
            tax_exempt: fields.boolean("taxExempt")?.value(),
            kind: fields.text("b2b_b2c", CustomerKind::parse)?.value(),
            fiscal_code: fields.text("fiscalCode", TaxText::optional)?.change(),
            electronic_invoice_pec_email: fields
                .text("electronicInvoicePecEmail", TaxText::optional)?
                .change(),
            electronic_invoice_sdi_code: fields.text("electronicInvoiceSdiCode", TaxText::optional)?.change(),
            private_admin_notes: fields.text("privateAdminNotes", AdminNotes::optional)?.change(),
            accept_marketing: fields.boolean("acceptMarketing")?.map(Some).change(),
            lang: fields.text("lang", optional)?.change(),
            external_reference_id: fields
                .text("externalReferenceId", ExternalReferenceId::optional)?
                .change(),
            customer_group_id: match fields.integer("customerGroupId", GroupId::new)? {
                Given::Absent => None,
                Given::Null => Some(GroupId::GENERAL),
                Given::Value(group) => Some(group),
            },
            extra_fields: fields
                .objects("extrafields", MAXIMUM_EXTRA_FIELDS as usize, extra_field_entry)?
                .value()
                .unwrap_or_default(),
        })
    }

    pub(crate) fn change(self) -> CustomerChange {
        let DroppedPassword = self.password;
        let (billing_name, billing) = match self.billing_person {
            None => (FieldChange::Keep, WhereaboutsChange::default()),
            Some(person) => person.parts(),
        };
        let name = match (billing_name, self.name) {
            (FieldChange::Set(name), _) => FieldChange::Set(name),
            (billing_name, FieldChange::Keep) => billing_name,
            (_, name) => name,
        };
        CustomerChange {
            email: self.email,
            name,
            details: CustomerDetailsChange {
                billing,
                tax_id: self.tax_id,
                tax_id_valid: self.tax_id_valid,
                tax_exempt: self.tax_exempt,
                kind: self.kind,
                fiscal_code: self.fiscal_code,
                invoice_email: self.electronic_invoice_pec_email,
                invoice_code: self.electronic_invoice_sdi_code,
                admin_notes: self.private_admin_notes,
                accept_marketing: self.accept_marketing,
                language: self.lang,
                external_reference: self.external_reference_id,
            },
            addresses: self.shipping_addresses,
            contacts: None,
            group: self.customer_group_id,
            extra_fields: self.extra_fields,
        }
    }
}

/// A password that was sent: nothing is kept of it.
struct DroppedPassword;

impl DroppedPassword {
    fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        let length = fields.text("password", |text| Ok::<_, &str>(text.chars().count()));
        match length.map(Given::value) {
            Ok(length) if length.is_none_or(|length| length <= LONGEST_PASSWORD) => Ok(Self),
            // The message does not repeat the value.
            _ => Err(ApiError::wrong_parameter(format!(
                "Parameter '{}' must be a string of at most {LONGEST_PASSWORD} characters",
                fields.path("password")
            ))),
        }
    }
}

/// A customer that shall be created: `email` must be there.
#[derive(ToSchema)]
#[schema(as = NewCustomer)]
#[schema(example = json!({"email": "ec.apps@lightspeedhq.com", "name": "Jane Doe"}))]
pub(crate) struct NewCustomerIn {
    #[serde(flatten)]
    #[schema(inline)]
    fields: CustomerFieldsIn,
    /// The contacts that come with the customer. One for `email` is added unless it is among them.
    #[schema(value_type = Option<Vec<NewContactIn>>, max_items = 500)]
    contacts: Vec<NewContact>,
}

impl NewCustomerIn {
    /// Reads it from an object.
    fn read(fields: &Fields<'_>) -> Result<NewCustomer, ApiError> {
        let Self { fields: customer, contacts } = Self {
            fields: CustomerFieldsIn::read(fields)?,
            contacts: fields
                .objects("contacts", MAXIMUM_CONTACTS as usize, NewContactIn::read)?
                .value()
                .unwrap_or_default(),
        };
        let CustomerChange { email, name, details, addresses, contacts: _, group, extra_fields } =
            customer.change();
        let email = email.ok_or_else(|| fields.missing("email", InvalidEmailAddress))?;
        // Ids are given here: one that is sent means nothing.
        let new = |address: AddressEntry| AddressEntry { id: None::<AddressId>, ..address };
        Ok(NewCustomer {
            email,
            name: name.apply(None),
            details: CustomerDetails::default().changed(details),
            addresses: addresses.unwrap_or_default().into_iter().map(new).collect(),
            contacts,
            group: group.unwrap_or(GroupId::GENERAL),
            extra_fields,
        })
    }
}

/// What shall become of a customer. What is left out stays.
#[derive(ToSchema)]
#[schema(example = json!({"name": "Jane Doe", "taxExempt": true}))]
pub(crate) struct CustomerPatch {
    #[serde(flatten)]
    #[schema(inline)]
    fields: CustomerFieldsIn,
    /// The list that takes the place of the one that is there: an entry with an `id` changes that contact, one without is
    /// new, contacts left out are deleted.
    #[schema(value_type = Option<Vec<ContactEntryIn>>, max_items = 500)]
    contacts: Option<Vec<ContactEntry>>,
}

/// A contact in the list of a customer that is changed.
#[derive(ToSchema)]
#[schema(as = ContactEntry, rename_all = "camelCase")]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct ContactEntryIn {
    /// The contact that is meant.
    id: Option<i64>,
    #[serde(flatten)]
    #[schema(inline)]
    change: ContactPatch,
}

impl CustomerPatch {
    /// Reads it from an object.
    fn read(fields: &Fields<'_>) -> Result<CustomerChange, ApiError> {
        let contacts = fields.objects("contacts", MAXIMUM_CONTACTS as usize, contact_entry)?;
        let contacts = match contacts {
            Given::Absent => None,
            Given::Null => Some(Vec::new()),
            Given::Value(entries) => Some(entries),
        };
        let Self { fields: customer, contacts } = Self { fields: CustomerFieldsIn::read(fields)?, contacts };
        Ok(CustomerChange { contacts, ..customer.change() })
    }
}

fn contact_entry(fields: &Fields<'_>) -> Result<ContactEntry, ApiError> {
    match fields.integer("id", ContactId::new)?.value() {
        Some(id) => ContactPatch::read(fields).map(|change| ContactEntry::Known(id, change)),
        None => NewContactIn::read(fields).map(ContactEntry::New),
    }
}

/// Reads the body of a request that creates a customer.
///
/// # Errors
/// When the body is no JSON, or a field is missing or wrong.
pub fn parse_new_customer(body: &[u8]) -> Result<NewCustomer, ApiError> {
    let body = json::parse(body)?;
    NewCustomerIn::read(&Fields::of_body(&body)?)
}

/// Reads the body of a request that changes a customer.
///
/// # Errors
/// When the body is no JSON, or a field is wrong.
pub fn parse_customer_change(body: &[u8]) -> Result<CustomerChange, ApiError> {
    let body = json::parse(body)?;
    CustomerPatch::read(&Fields::of_body(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(body: &str) -> Result<NewCustomer, String> {
        parse_new_customer(body.as_bytes()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn an_email_is_all_that_is_needed() {
        let customer = new(r#"{"email": " a@example.com ", "taxId": "7", "contacts": null}"#).unwrap();
        assert_eq!(customer.email.as_str(), "a@example.com");
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
        assert_eq!(set.addresses, Some(Vec::new()));
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
