//! What a form says of a contact.

use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{
    ContactAddress, ContactChange, ContactHandle, ContactNote, ContactText, ContactType, NewContact,
};
use shopfolk_operations::OperationError;

use crate::contact_type;
use crate::customer_form::set;

/// What a form says of a contact.
#[derive(Default)]
pub(crate) struct ContactSaid {
    pub(crate) text: String,
    /// The name of the type; empty where it is to be found from the text.
    pub(crate) contact_type: String,
    pub(crate) handle: String,
    pub(crate) note: String,
    pub(crate) default: bool,
}

/// What is read of it.
struct ContactRead {
    text: ContactText,
    contact_type: ContactType,
    handle: Option<ContactHandle>,
    note: Option<ContactNote>,
}

impl ContactSaid {
    pub(crate) fn of(form: &Form) -> Self {
        let get = |name: &str| form.get(name).unwrap_or_default().to_owned();
        Self {
            text: get("contact"),
            contact_type: get("type"),
            handle: get("handle"),
            note: get("note"),
            default: form.get("default").is_some(),
        }
    }

    fn read(&self) -> Result<ContactRead, ApiError> {
        let text = ContactText::new(&self.text);
        let text = text.map_err(|error| ApiError::wrong_value("contact", &self.text, error))?;
        let contact_type = match self.contact_type.as_str() {
            "" => contact_type::found(text.as_str()),
            name => name.parse().map_err(|error| ApiError::wrong_value("type", name, error))?,
        };
        let handle = ContactHandle::optional(&self.handle);
        let handle = handle.map_err(|error| ApiError::wrong_value("handle", &self.handle, error))?;
        let note = ContactNote::optional(&self.note);
        let note = note.map_err(|error| ApiError::wrong_value("note", &self.note, error))?;
        Ok(ContactRead { text, contact_type, handle, note })
    }

    pub(crate) fn new_contact(&self) -> Result<NewContact, ApiError> {
        let ContactRead { text, contact_type, handle, note } = self.read()?;
        let address = ContactAddress::new(contact_type, text).map_err(OperationError::from)?;
        Ok(NewContact { note, default: self.default, ..NewContact::of(address).with_handle(handle) })
    }

    pub(crate) fn change(&self) -> Result<ContactChange, ApiError> {
        let ContactRead { text, contact_type, handle, note } = self.read()?;
        Ok(ContactChange {
            contact: Some(text),
            contact_type: Some(contact_type),
            handle: set(handle),
            note: set(note),
            default: Some(self.default),
            ..ContactChange::default()
        })
    }
}
