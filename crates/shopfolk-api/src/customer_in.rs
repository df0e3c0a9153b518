//! What a request says of a customer.

use shopfolk_model::{
    CustomerName, EmailAddress, InvalidEmailAddress, MAXIMUM_CONTACTS, NewContact, NewCustomer,
};
use utoipa::ToSchema;

use crate::contact_in::NewContactIn;
use crate::error::ApiError;
use crate::fields::{Fields, Given};
use crate::json;

const LONGEST_PASSWORD: usize = 128;

/// A customer that shall be created.
#[derive(ToSchema)]
#[schema(as = NewCustomer, rename_all = "camelCase")]
#[schema(example = json!({"email": "ec.apps@lightspeedhq.com", "name": "Jane Doe"}))]
pub(crate) struct NewCustomerIn {
    /// The customer's own address, unique in the store without regard to case.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: EmailAddress,
    /// The same thing as `billingPerson.name`, which wins if both are sent.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<CustomerName>,
    #[schema(value_type = Option<PersonIn>)]
    billing_person: PersonIn,
    /// Checked for its length and dropped: customers do not sign in here.
    #[schema(value_type = Option<String>, max_length = 128)]
    password: DroppedPassword,
    /// The contacts that come with the customer. One for `email` is added unless it is among them.
    #[schema(value_type = Option<Vec<NewContactIn>>, max_items = 500)]
    contacts: Vec<NewContact>,
}

/// A person.
#[derive(ToSchema, Default)]
#[schema(as = NewPerson)]
pub(crate) struct PersonIn {
    /// First and last name.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<CustomerName>,
}

impl PersonIn {
    fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        Ok(Self { name: fields.text("name", CustomerName::optional)?.value().flatten() })
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

impl NewCustomerIn {
    /// Reads it from an object.
    fn read(fields: &Fields<'_>) -> Result<NewCustomer, ApiError> {
        let Self { email, name, billing_person, password: DroppedPassword, contacts } = Self {
            email: fields
                .text("email", EmailAddress::new)?
                .value()
                .ok_or_else(|| fields.missing("email", InvalidEmailAddress))?,
            name: fields.text("name", CustomerName::optional)?.value().flatten(),
            billing_person: fields.object("billingPerson", PersonIn::read)?.value().unwrap_or_default(),
            password: DroppedPassword::read(fields)?,
            contacts: fields
                .objects("contacts", MAXIMUM_CONTACTS as usize, NewContactIn::read)?
                .value()
                .unwrap_or_default(),
        };
        Ok(NewCustomer { email, name: billing_person.name.or(name), contacts })
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
        assert_eq!(name(r#""name": """#), None);
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
