//! `/customers/{customerId}/contacts`: the ways to reach a customer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shopfolk_model::{ContactChange, ContactId, CustomerId, NewContact};
use shopfolk_operations::{
    ChangeContact, ContactCreation, ContactUpdate, CreateContact, DeleteContact, GetContact, ListContacts,
};
use shopfolk_store::Engine;

use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadCustomers, Requirement, UpdateCustomers};
use crate::contact::{ContactCreationOut, ContactListOut, ContactOut, contacts_out};
use crate::counts::{DeleteCountOut, UpdateCountOut};
use crate::error::ApiError;
use crate::error_answer::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::{ContactInPath, ContactPath, CustomerPath};
use crate::query::Fields;
use crate::wire::Answer;

type NewContactBody = JsonBody<NewContact>;
type ContactChangeBody = JsonBody<ContactChange>;

/// Create a contact
///
/// Adds a contact to a customer. One that is there already (same type, same contact after normalising) is answered with
/// `createCount` 0 and changes nothing, so a create is safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts",
    tag = "Contacts",
    params(CustomerPath),
    request_body(content = NewContactBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Created, or there already", body = ContactCreationOut,
            headers(("Location" = String, description = "The path of the contact"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<CreateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(contact): NewContactBody,
) -> Result<Response, ApiError> {
    let creation = caller.write(&app, CreateContact { customer, contact, now: app.now() }).await?;
    let (create_count, contact) = match &creation {
        ContactCreation::Created(contact) => (1, contact),
        ContactCreation::AlreadyThere(contact) => (0, contact),
    };
    answer::created(
        &ContactCreationOut { create_count, contact: Answer(contact.as_ref()) },
        caller.store(),
        format_args!("customers/{customer}/contacts/{}", contact.id),
    )
}

/// List contacts
///
/// All contacts of a customer, ordered by `orderBy`, then `id`.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts",
    tag = "Contacts",
    params(
        CustomerPath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(id,contact)`"),
    ),
    responses((status = 200, description = "The contacts", body = ContactListOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_contacts<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let book = caller.read(&app, ListContacts { customer }).await?;
    answer::selected(&ContactListOut { items: contacts_out(&book) }, &fields)
}

/// Get a contact
///
/// One contact of a customer.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
    tag = "Contacts",
    params(
        ContactPath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,contact`"),
    ),
    responses((status = 200, description = "The contact", body = ContactOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    path: ContactPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&app, &caller, path).await?;
    let contact = caller.read(&app, GetContact { customer, contact }).await?;
    answer::selected(&Answer(contact.as_ref()), &fields)
}

/// Update a contact
///
/// Changes the fields that the body has; the others stay. A body with none of them answers with `updateCount` 0.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
    tag = "Contacts",
    params(ContactPath),
    request_body(content = ContactChangeBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Updated, or nothing to do", body = UpdateCountOut),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn update_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<UpdateCustomers>,
    path: ContactPath,
    JsonBody(change): ContactChangeBody,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&app, &caller, path).await?;
    let update = caller.write(&app, ChangeContact { customer, contact, change, now: app.now() }).await?;
    let update_count = match update {
        ContactUpdate::Updated => 1,
        ContactUpdate::NothingToDo => 0,
    };
    answer::json(&UpdateCountOut { update_count })
}

/// Delete a contact
///
/// Removes a contact at once. No other contact becomes default by itself.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
    tag = "Contacts",
    params(ContactPath),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn delete_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<UpdateCustomers>,
    path: ContactPath,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&app, &caller, path).await?;
    caller.write(&app, DeleteContact { customer, contact, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}

/// The contact in the path, if one with that id can exist. If not, the customer is looked at first all the same.
async fn existing<E: Engine, S: Requirement>(
    app: &App<E>,
    caller: &Caller<S>,
    path: ContactPath,
) -> Result<ContactId, ApiError> {
    let customer: CustomerId = path.customer;
    match path.contact {
        ContactInPath::Id(id) => Ok(id),
        ContactInPath::BeyondRange(not_found) => {
            caller.read(app, ListContacts { customer }).await?;
            Err(not_found)
        }
    }
}
