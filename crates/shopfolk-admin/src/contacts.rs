//! What can be done with the contacts of a customer.

use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{
    ContactAddress, ContactChange, ContactHandle, ContactId, ContactNote, ContactText, ContactType,
    NewContact,
};
use shopfolk_operations::{
    ChangeContact, ContactCreation, CreateContact, DeleteContact, OperationError, OrderContacts,
};
use shopfolk_store::Engine;

use crate::contact_type;
use crate::customer::{Again, page};
use crate::customer_form::set;
use crate::page::{Done, done, problem};
use crate::paths::{Contact, ContactDeletion, ContactOrder, Contacts, Customer};
use crate::refusal::PageError;
use crate::visitor::Sent;

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
    fn of(form: &Form) -> Self {
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
        let note = ContactNote::optional(&self.note.replace("\r\n", "\n"));
        let note = note.map_err(|error| ApiError::wrong_value("note", &self.note, error))?;
        Ok(ContactRead { text, contact_type, handle, note })
    }

    fn new_contact(&self) -> Result<NewContact, ApiError> {
        let ContactRead { text, contact_type, handle, note } = self.read()?;
        let address = ContactAddress::new(contact_type, text).map_err(OperationError::from)?;
        Ok(NewContact { note, default: self.default, ..NewContact::of(address).with_handle(handle) })
    }

    fn change(&self) -> Result<ContactChange, ApiError> {
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

/// Adds a contact.
pub(crate) async fn add<E: Engine>(
    Contacts { customer }: Contacts,
    Sent { visitor, form }: Sent<E>,
) -> Result<Response, PageError> {
    let said = ContactSaid::of(&form);
    let created = match problem(said.new_contact())? {
        Ok(contact) => problem(visitor.write(CreateContact { customer, contact, now: visitor.now() }).await)?,
        Err(wrong) => Err(wrong),
    };
    match created {
        Ok(ContactCreation::Created(_)) => done(Customer { customer }, Done::ContactAdded),
        Ok(ContactCreation::AlreadyThere(_)) => done(Customer { customer }, Done::ContactThere),
        Err(wrong) => {
            let again = Again { problem: Some(wrong), adding: Some(said), ..Again::default() };
            page(&visitor, Customer { customer }, |layout| layout, again, StatusCode::BAD_REQUEST).await
        }
    }
}

/// Saves a contact.
pub(crate) async fn save<E: Engine>(
    Contact { customer, contact }: Contact,
    Sent { visitor, form }: Sent<E>,
) -> Result<Response, PageError> {
    let saved = match problem(ContactSaid::of(&form).change())? {
        Ok(change) => {
            problem(visitor.write(ChangeContact { customer, contact, change, now: visitor.now() }).await)?
        }
        Err(wrong) => Err(wrong),
    };
    match saved {
        Ok(_) => done(Customer { customer }, Done::ContactSaved),
        Err(wrong) => {
            let again = Again { problem: Some(wrong), ..Again::default() };
            page(&visitor, Customer { customer }, |layout| layout, again, StatusCode::BAD_REQUEST).await
        }
    }
}

/// Deletes a contact.
pub(crate) async fn delete<E: Engine>(
    ContactDeletion { customer, contact }: ContactDeletion,
    Sent { visitor, .. }: Sent<E>,
) -> Result<Response, PageError> {
    visitor.write(DeleteContact { customer, contact, now: visitor.now() }).await?;
    done(Customer { customer }, Done::ContactDeleted)
}

/// Puts the contacts into an order: that of the list, in which one may go up or down.
pub(crate) async fn order<E: Engine>(
    ContactOrder { customer }: ContactOrder,
    Sent { visitor, form }: Sent<E>,
) -> Result<Response, PageError> {
    let ordered = match problem(order_said(&form))? {
        Ok(contacts) => {
            problem(visitor.write(OrderContacts { customer, contacts, now: visitor.now() }).await)?
        }
        Err(wrong) => Err(wrong),
    };
    match ordered {
        Ok(_) => done(Customer { customer }, Done::ContactsOrdered),
        Err(wrong) => {
            let problem = format!("The order was not changed, because the contacts were: {wrong}");
            let again = Again { problem: Some(problem), ..Again::default() };
            page(&visitor, Customer { customer }, |layout| layout, again, StatusCode::CONFLICT).await
        }
    }
}

fn order_said(form: &Form) -> Result<Vec<ContactId>, ApiError> {
    let parse =
        |text: &str| text.parse::<ContactId>().map_err(|error| ApiError::wrong_value("order", text, error));
    let ids = form.get("order").unwrap_or_default();
    let ids: Result<Vec<_>, _> = ids.split(',').filter(|id| !id.is_empty()).map(parse).collect();
    let mut ids = ids?;
    if let Some((direction, id)) = form.get("move").and_then(|text| text.split_once('.')) {
        let id = parse(id)?;
        let place = ids.iter().position(|&other| other == id);
        let other = place.and_then(|place| match direction {
            "up" => place.checked_sub(1),
            _ => Some(place + 1).filter(|&next| next < ids.len()),
        });
        if let (Some(place), Some(other)) = (place, other) {
            ids.swap(place, other);
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_contact_goes_up_or_down() {
        for (said, expected) in [
            ("order=3,1,2", vec![3, 1, 2]),
            ("order=3,1,2&move=up.1", vec![1, 3, 2]),
            ("order=3,1,2&move=down.1", vec![3, 2, 1]),
            ("order=3,1,2&move=up.3", vec![3, 1, 2]),
            ("order=3,1,2&move=down.2", vec![3, 1, 2]),
            ("order=", vec![]),
        ] {
            let ids = order_said(&Form::parse(said.as_bytes())).unwrap();
            assert_eq!(ids.iter().map(|id| id.get()).collect::<Vec<_>>(), expected, "{said}");
        }
        assert!(order_said(&Form::parse(b"order=a")).is_err());
    }
}
