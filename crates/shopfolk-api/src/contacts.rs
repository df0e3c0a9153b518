//! `/customers/{customerId}/contacts`: the ways to reach a customer.

use axum::response::Response;
use shopfolk_model::{ContactBook, ContactChange, ContactId, CustomerId, NewContact};
use shopfolk_operations::{
    ChangeContact, ContactCreation, ContactUpdate, CreateContact, DeleteContact, GetContact, OrderContacts,
    ReadContacts,
};
use shopfolk_store::Engine;

use crate::answer::{self, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadCustomers, Requirement, UpdateCustomers};
use crate::contact::{ContactCreationOut, ContactListOut, ContactOut};
use crate::contact_order::ContactOrder;
use crate::counts::{DeleteCountOut, UpdateCountOut};
use crate::customer_stream::CustomerStream;
use crate::error::ApiError;
use crate::path::{ContactPath, CustomerPath};
use crate::query::Fields;
use crate::streamed::Text;
use crate::wire::Answer;

type NewContactBody = JsonBody<NewContact>;
type ContactChangeBody = JsonBody<ContactChange>;
type ContactOrderBody = JsonBody<ContactOrder>;

/// Create a contact
///
/// Adds a contact to a customer. One that is there already (same type, same contact after normalising) is answered with
/// `createCount` 0 and changes nothing, so a create is safe to repeat.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/customers/{customerId}/contacts", tag = "Contacts",
    request_body = NewContactBody,
    responses((
        status = 200, description = "Created, or there already", body = ContactCreationOut, headers(("Location" = String, description = "The path of the contact"))
    )),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_contact<E: Engine>(
    caller: Caller<E, CreateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(contact, _held): NewContactBody,
) -> Result<Response, ApiError> {
    let store = caller.store();
    let answer = move |creation: &ContactCreation| {
        let (create_count, contact) = match creation {
            ContactCreation::Created(contact) => (1, contact),
            ContactCreation::AlreadyThere(contact) => (0, contact),
        };
        WriteAnswer::created(
            &ContactCreationOut { create_count, contact: Answer(contact.as_ref()) },
            store,
            format_args!("customers/{customer}/contacts/{}", contact.id),
        )
    };
    caller.write(CreateContact { customer, contact, now: caller.now() }, answer).await
}

/// List contacts
///
/// All contacts of a customer, ordered by `orderBy`, then `id`.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/{customerId}/contacts", tag = "Contacts",
    responses((status = 200, description = "The contacts", body = ContactListOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_contacts<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let part = caller.read(ReadContacts { customer, after: None }).await?;
    let damaged = part.damaged;
    let wanted = fields.within("items").filter(|_| part.more.is_some());
    let Some(wanted) = wanted.cloned() else {
        let book = ContactBook::whole(part.contacts);
        return caller.answer(book, damaged, fields, |book, writer| writer.write(&Answer(book))).await;
    };
    let mut head = Text::default();
    head.add_open(&Answer(&ContactBook::default()), &fields)?;
    caller.stream(CustomerStream::of_contacts(caller.again(), head, customer, part, wanted)).await
}

/// Order the contacts
///
/// Puts all contacts of a customer in an order at once: the first id gets `orderBy` 0, the next 1, and so on. A list that does not
/// name each contact exactly once is refused, and nothing changes. The platform has no such call.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/customers/{customerId}/contacts/order", tag = "Contacts",
    request_body = ContactOrderBody,
    responses((status = 200, description = "Ordered, or nothing to do", body = UpdateCountOut)),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn order_contacts<E: Engine>(
    caller: Caller<E, UpdateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(ContactOrder(contacts), _held): ContactOrderBody,
) -> Result<Response, ApiError> {
    caller
        .write(OrderContacts { customer, contacts, now: caller.now() }, |&update| update_count(update))
        .await
}

/// Get a contact
///
/// One contact of a customer.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}", tag = "Contacts",
    responses((status = 200, description = "The contact", body = ContactOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_contact<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    path: ContactPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&caller, path).await?;
    let contact = caller.read(GetContact { customer, contact }).await?;
    answer::selected(&Answer(contact.as_ref()), &fields)
}

/// Update a contact
///
/// Changes the fields that the body has; the others stay. A body with none of them answers with `updateCount` 0.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}", tag = "Contacts",
    request_body = ContactChangeBody,
    responses((status = 200, description = "Updated, or nothing to do", body = UpdateCountOut)),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn update_contact<E: Engine>(
    caller: Caller<E, UpdateCustomers>,
    path: ContactPath,
    JsonBody(change, _held): ContactChangeBody,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&caller, path).await?;
    caller
        .write(ChangeContact { customer, contact, change, now: caller.now() }, |&update| update_count(update))
        .await
}

fn update_count(update: ContactUpdate) -> Result<WriteAnswer, ApiError> {
    let update_count = match update {
        ContactUpdate::Updated => 1,
        ContactUpdate::NothingToDo => 0,
    };
    WriteAnswer::of(&UpdateCountOut { update_count })
}

/// Delete a contact
///
/// Removes a contact at once. No other contact becomes default by itself.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}", tag = "Contacts",
    responses((status = 200, description = "Deleted", body = DeleteCountOut)),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn delete_contact<E: Engine>(
    caller: Caller<E, UpdateCustomers>,
    path: ContactPath,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&caller, path).await?;
    let delete = DeleteContact { customer, contact, now: caller.now() };
    caller.write(delete, |()| WriteAnswer::of(&DeleteCountOut { delete_count: 1 })).await
}

/// The contact in the path, if one with that id can exist. If not, the customer is looked at first all the same.
async fn existing<E: Engine, S: Requirement>(
    caller: &Caller<E, S>,
    path: ContactPath,
) -> Result<ContactId, ApiError> {
    let customer: CustomerId = path.customer;
    if path.contact.is_err() {
        caller.read(ReadContacts { customer, after: None }).await?;
    }
    path.contact
}
