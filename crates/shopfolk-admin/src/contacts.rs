//! What can be done with the contacts of a customer.

use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::ContactId;
use shopfolk_operations::{ChangeContact, ContactCreation, CreateContact, DeleteContact, OrderContacts};
use shopfolk_store::Engine;

use crate::contact_form::ContactSaid;
use crate::customer::{Again, page};
use crate::page::{Done, done, problem};
use crate::page_error::PageError;
use crate::paths::{Contact, ContactDeletion, ContactOrder, Contacts, Customer};
use crate::visitor::Sent;

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
