//! What the wire says of a contact.

use serde::Serialize;
use shopfolk_model::{
    Contact, ContactAddress, ContactBook, ContactChange, ContactEntry, ContactHandle, ContactId, ContactNote,
    ContactRuleError, ContactText, ContactType, MAXIMUM_CONTACTS, NewContact, OrderBy, Timestamp,
};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body;
use crate::error::ApiError;
use crate::refusal::not_an_email_address;
use crate::wire::{Answer, Cell, Components, Direction, WireObject, WireValue, request_shape, wire_object};
use crate::wire_schema::{answered, list, requested};

wire_object! {
    /// A contact of a customer.
    "Contact": Contact as ContactFields
        = Contact { id, address, handle, note, default, order_by, timestamp },
        example {
            "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0,
            "timestamp": "2025-03-26 11:07:12 +0000"
        } => {
        /// The id, unique in the store.
        ID "id": Id ContactId = id;
        /// The e-mail address, phone number or link. White space around it is dropped.
        TEXT "contact": Required ContactText = address.contact();
        TYPE "type": Required ContactType = &address.contact_type();
        /// The name on that network, e.g. the page slug. A new contact whose `contact` is a link to the network has it from
        /// there. `null` or empty clears it, and it is left out when empty.
        HANDLE "handle": Clearable ContactHandle = handle;
        /// The store owner's note. `null` or empty clears it, and it is left out when empty.
        NOTE "note": Clearable ContactNote = note;
        /// Whether it is the default contact of its type. One that becomes it takes over from the one before.
        DEFAULT "default": Optional bool = default;
        /// The place on the customer's page. A new contact without one comes behind the others.
        ORDER_BY "orderBy": Optional OrderBy = order_by;
        /// When the contact was created. Now, if nothing is said of a new one.
        TIMESTAMP "timestamp": Optional Timestamp = timestamp;
    }
}

request_shape! {
    /// A contact to create.
    "NewContact": NewContact = New of Contact, example {
        "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0
    } => |fields| {
        let contact = ContactFields::TEXT.required(fields)?;
        let contact_type = ContactFields::TYPE.required(fields)?;
        let handle = ContactFields::HANDLE.change(fields)?.apply(None);
        let note = ContactFields::NOTE.change(fields)?.apply(None);
        let default = ContactFields::DEFAULT.value(fields)?.unwrap_or(false);
        let order_by = ContactFields::ORDER_BY.value(fields)?;
        let timestamp = ContactFields::TIMESTAMP.value(fields)?;
        let address = ContactAddress::new(contact_type, contact).map_err(|error| match error {
            ContactRuleError::NotAnEmailAddress { contact } => {
                not_an_email_address(fields.path(ContactFields::TEXT.name), contact.as_str())
            }
            other => other.into(),
        })?;
        Ok(Self { note, default, order_by, timestamp, ..Self::of(address).with_handle(handle) })
    }
}

request_shape! {
    /// The change of a contact. Fields that are left out stay.
    "ContactPatch": ContactChange = Change of Contact, example {
        "contact": "ec.apps@lightspeedhq.com", "default": true
    } => |fields| {
        Ok(Self {
            contact: ContactFields::TEXT.value(fields)?,
            contact_type: ContactFields::TYPE.value(fields)?,
            handle: ContactFields::HANDLE.change(fields)?,
            note: ContactFields::NOTE.change(fields)?,
            default: ContactFields::DEFAULT.value(fields)?,
            order_by: ContactFields::ORDER_BY.value(fields)?,
            timestamp: ContactFields::TIMESTAMP.value(fields)?,
        })
    }
}

request_shape! {
    /// A contact in the list of a customer that is changed: the one with its `id`, or a new one.
    "ContactEntry": ContactEntry = Entry of Contact => |fields| {
        match ContactFields::ID.value(fields)? {
            Some(id) => ContactChange::read(fields).map(|change| Self::Known(id, change)),
            None => NewContact::read(fields).map(Self::New),
        }
    }
}

/// The contacts of a customer.
impl WireValue for ContactBook {
    const CELL: Cell = Cell::List(Contact::FIELDS, MAXIMUM_CONTACTS);

    fn answer(&self) -> impl Serialize {
        self.contacts().iter().map(|contact| Answer(contact.as_ref())).collect::<Vec<_>>()
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        let maximum = Some(MAXIMUM_CONTACTS as usize);
        match direction {
            Direction::New => list(requested::<NewContact>(components), maximum),
            Direction::Change | Direction::Entry => list(requested::<ContactEntry>(components), maximum),
            Direction::Answer => list(answered::<Contact>(components), None),
        }
    }
}

/// A contact in an answer.
pub(crate) type ContactOut<'a> = Answer<'a, Contact>;

/// Reads the body of a request that creates a contact.
///
/// # Errors
/// When the body is no JSON, or a field is missing or wrong.
pub fn parse_new_contact(body: &[u8]) -> Result<NewContact, ApiError> {
    body::parse(body)
}

/// Reads the body of a request that changes a contact.
///
/// # Errors
/// When the body is no JSON, or a field is wrong.
pub fn parse_contact_change(body: &[u8]) -> Result<ContactChange, ApiError> {
    body::parse(body)
}

/// The answer to a create: how many contacts were created, and the contact that is there now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactCreation)]
#[schema(example = json!({
    "createCount": 1, "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true,
    "orderBy": 0, "timestamp": "2025-03-26 11:07:12 +0000"
}))]
pub(crate) struct ContactCreationOut<'a> {
    /// 1, or 0 when an equal contact was there already and nothing changed.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) create_count: u8,
    /// The contact.
    #[serde(flatten)]
    pub(crate) contact: ContactOut<'a>,
}

/// The contacts of a customer in an answer.
pub(crate) type ContactListOut<'a> = Answer<'a, ContactBook>;

wire_object! {
    /// The contacts of a customer, ordered by `orderBy`, then `id`.
    "ContactList": ContactBook = book => {
        /// The contacts.
        "items": Shown ContactBook = book;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use shopfolk_model::FieldChange;

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
