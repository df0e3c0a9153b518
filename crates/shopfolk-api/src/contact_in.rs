//! What a request says of a contact.

use shopfolk_model::{
    ContactAddress, ContactChange, ContactHandle, ContactNote, ContactRuleError, ContactText, ContactType,
    FieldChange, NewContact, OrderBy, Timestamp,
};
use utoipa::ToSchema;

use crate::error::{ApiError, not_an_email_address};
use crate::fields::Fields;
use crate::json;
use crate::schemas::{ContactTypeName, DateIn, OrderByIn};

/// A contact that shall be created.
#[derive(ToSchema)]
#[schema(as = NewContact, rename_all = "camelCase")]
#[schema(example = json!({"contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0}))]
pub(crate) struct NewContactIn {
    /// The e-mail address, phone number or link. White space around it is dropped.
    #[schema(value_type = String, min_length = 1, max_length = 1024)]
    contact: ContactText,
    #[schema(value_type = ContactTypeName)]
    r#type: ContactType,
    /// The name on that network, e.g. the page slug. Left out and `contact` a link to the network: taken from it.
    #[schema(value_type = Option<String>, max_length = 255)]
    handle: Option<ContactHandle>,
    /// The store owner's note.
    #[schema(value_type = Option<String>, max_length = 5000)]
    note: Option<ContactNote>,
    /// Whether it takes over as the default contact of its type.
    #[schema(value_type = Option<bool>, default = false)]
    default: bool,
    /// Left out: one more than the highest of the customer's contacts.
    #[schema(value_type = Option<OrderByIn>)]
    order_by: Option<OrderBy>,
    /// When the contact was created. Left out: now.
    #[schema(value_type = Option<DateIn>)]
    timestamp: Option<Timestamp>,
}

impl NewContactIn {
    /// Reads it from an object.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<NewContact, ApiError> {
        let Self { contact, r#type, handle, note, default, order_by, timestamp } = Self {
            contact: fields
                .text("contact", ContactText::new)?
                .value()
                .ok_or_else(|| fields.missing("contact", "must be a text of 1 to 1024 characters"))?,
            r#type: fields
                .text("type", str::parse)?
                .value()
                .ok_or_else(|| fields.missing("type", shopfolk_model::UnknownContactType))?,
            handle: fields.text("handle", ContactHandle::optional)?.value().flatten(),
            note: fields.text("note", ContactNote::optional)?.value().flatten(),
            default: fields.boolean("default")?.value().unwrap_or(false),
            order_by: fields.integer_or_boolean("orderBy", OrderBy::new)?.value(),
            timestamp: fields.timestamp("timestamp")?.value(),
        };
        let address = ContactAddress::new(r#type, contact).map_err(|error| match error {
            ContactRuleError::NotAnEmailAddress { contact } => {
                not_an_email_address(fields.path("contact"), contact.as_str())
            }
            other => other.into(),
        })?;
        Ok(NewContact { note, default, order_by, timestamp, ..NewContact::of(address).with_handle(handle) })
    }
}

/// What shall become of a contact. What is left out stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[schema(example = json!({"contact": "ec.apps@lightspeedhq.com", "default": true}))]
pub(crate) struct ContactPatch {
    /// The e-mail address, phone number or link. White space around it is dropped.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1024)]
    contact: Option<ContactText>,
    #[schema(value_type = Option<ContactTypeName>)]
    r#type: Option<ContactType>,
    /// The name on that network; `null` or empty clears it.
    #[schema(value_type = Option<String>, max_length = 255)]
    handle: FieldChange<ContactHandle>,
    /// The store owner's note; `null` or empty clears it.
    #[schema(value_type = Option<String>, max_length = 5000)]
    note: FieldChange<ContactNote>,
    /// Whether it becomes or ceases to be the default contact of its type.
    default: Option<bool>,
    #[schema(value_type = Option<OrderByIn>)]
    order_by: Option<OrderBy>,
    /// When the contact was created.
    #[schema(value_type = Option<DateIn>)]
    timestamp: Option<Timestamp>,
}

impl ContactPatch {
    /// Reads it from an object.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<ContactChange, ApiError> {
        let Self { contact, r#type, handle, note, default, order_by, timestamp } = Self {
            contact: fields.text("contact", ContactText::new)?.value(),
            r#type: fields.text("type", str::parse)?.value(),
            handle: fields.text("handle", ContactHandle::optional)?.change(),
            note: fields.text("note", ContactNote::optional)?.change(),
            default: fields.boolean("default")?.value(),
            order_by: fields.integer_or_boolean("orderBy", OrderBy::new)?.value(),
            timestamp: fields.timestamp("timestamp")?.value(),
        };
        Ok(ContactChange { contact, contact_type: r#type, handle, note, default, order_by, timestamp })
    }
}

/// Reads the body of a request that creates a contact.
///
/// # Errors
/// When the body is no JSON, or a field is missing or wrong.
pub fn parse_new_contact(body: &[u8]) -> Result<NewContact, ApiError> {
    let body = json::parse(body)?;
    NewContactIn::read(&Fields::of_body(&body)?)
}

/// Reads the body of a request that changes a contact.
///
/// # Errors
/// When the body is no JSON, or a field is wrong.
pub fn parse_contact_change(body: &[u8]) -> Result<ContactChange, ApiError> {
    let body = json::parse(body)?;
    ContactPatch::read(&Fields::of_body(&body)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new(body: &str) -> Result<NewContact, String> {
        parse_new_contact(body.as_bytes()).map_err(|error| error.message().to_owned())
    }

    fn change(body: &str) -> ContactChange {
        parse_contact_change(body.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_left_out_takes_its_default() {
        let expected = new(r#"{"contact": "+1 2", "type": "PHONE"}"#).unwrap();
        assert_eq!(expected.address.contact().as_str(), "+1 2");
        assert!(!expected.default && expected.order_by.is_none() && expected.timestamp.is_none());
        let with_null = new(
            r#"{"id": 5, "contact": " +1 2 ", "type": "PHONE", "handle": null, "note": "", "default": null,
                "orderBy": null, "timestamp": null, "unknown": {"a": [1]}}"#,
        );
        assert_eq!(with_null, Ok(expected));
    }

    #[test]
    fn every_field_is_read() {
        let contact =
            new(r#"{"contact": "https://t.me/anna", "type": "TELEGRAM", "handle": " mine ", "note": " n ",
                "default": true, "orderBy": true, "timestamp": "2025-03-26 11:07:12 +0000"}"#)
            .unwrap();
        assert_eq!(contact.handle.unwrap().as_str(), "mine");
        assert_eq!(contact.note.unwrap().as_str(), " n ");
        assert!(contact.default);
        assert_eq!(contact.order_by, OrderBy::new(1).ok());
        assert_eq!(contact.timestamp.unwrap().unix_seconds(), 1_742_987_232);
    }

    #[test]
    fn an_empty_handle_is_taken_from_the_link() {
        for handle in [r#""""#, r#"" ""#, "null"] {
            let body =
                format!(r#"{{"contact": "https://t.me/anna", "type": "TELEGRAM", "handle": {handle}}}"#);
            assert_eq!(new(&body).unwrap().handle.unwrap().as_str(), "anna", "{handle}");
        }
    }

    #[test]
    fn a_missing_field_is_named() {
        for body in [r#"{"type": "PHONE"}"#, r#"{"type": "PHONE", "contact": null}"#] {
            assert_eq!(
                new(body).unwrap_err(),
                "Parameter 'contact' is missing: it must be a text of 1 to 1024 characters"
            );
        }
        assert!(
            new(r#"{"contact": "1"}"#)
                .unwrap_err()
                .starts_with("Parameter 'type' is missing: it must be one of EMAIL, PHONE")
        );
    }

    #[test]
    fn a_wrong_field_is_named_with_its_value_and_what_it_must_be() {
        for (field, message) in [
            (r#""contact": """#, "Wrong value '' of parameter 'contact': it must not be empty"),
            (r#""contact": 5"#, "Wrong value '5' of parameter 'contact': it must be a string"),
            (
                r#""type": "email""#,
                "Wrong value 'email' of parameter 'type': it must be one of EMAIL, PHONE, FACE",
            ),
            (r#""handle": ["a"]"#, "Wrong value '[\"a\"]' of parameter 'handle': it must be a string"),
            (
                r#""note": "\u0000""#,
                "Wrong value '\0' of parameter 'note': it must not contain control characters",
            ),
            (r#""default": 1"#, "Wrong value '1' of parameter 'default': it must be true or false"),
            (r#""default": "true""#, "Wrong value 'true' of parameter 'default': it must be true or false"),
            (r#""orderBy": 3.5"#, "Wrong value '3.5' of parameter 'orderBy': it must be an integer"),
            (
                r#""timestamp": "x""#,
                "Wrong value 'x' of parameter 'timestamp': it must be UNIX seconds or a date",
            ),
        ] {
            let name = field.split('"').nth(1).unwrap();
            let others: Vec<_> = [("contact", r#""contact":"1""#), ("type", r#""type":"PHONE""#)]
                .into_iter()
                .filter_map(|(other, text)| (other != name).then_some(text))
                .chain([field])
                .collect();
            let error = new(&format!("{{{}}}", others.join(","))).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn an_email_contact_is_an_email_address() {
        assert_eq!(
            new(r#"{"contact": "anna", "type": "EMAIL"}"#).unwrap_err(),
            "Wrong value 'anna' of parameter 'contact': it must be a valid e-mail address, because the contact is of \
             type EMAIL"
        );
    }

    #[test]
    fn a_change_tells_absent_null_and_value_apart() {
        assert!(change("{}").is_empty());
        assert!(change(r#"{"id": 7, "contact": null, "type": null, "default": null, "x": 1}"#).is_empty());
        for clear in ["null", r#""""#] {
            let change = change(&format!(r#"{{"handle": {clear}, "note": {clear}}}"#));
            assert_eq!((change.handle, change.note), (FieldChange::Clear, FieldChange::Clear));
        }
        assert!(matches!(change(r#"{"note": "n"}"#).note, FieldChange::Set(_)));
        assert!(parse_contact_change(br#"{"contact": ""}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_a_panic(value in ".{0,30}", field in "(contact|type|handle|note|default|orderBy|timestamp)") {
            let text = serde_json::to_string(&value).unwrap();
            for value in [&text, &value] {
                let body = format!(r#"{{"contact": "a@b.c", "type": "EMAIL", "{field}": {value}}}"#);
                let _ = parse_new_contact(body.as_bytes());
                let _ = parse_contact_change(format!(r#"{{"{field}": {value}}}"#).as_bytes());
            }
        }
    }
}
