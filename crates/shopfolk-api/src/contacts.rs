//! `/customers/{customerId}/contacts`: the ways to reach a customer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use shopfolk_model::{ContactId, CustomerId};
use shopfolk_operations::{
    ChangeContact, ContactCreation, ContactUpdate, CreateContact, DeleteContact, GetContact, ListContacts,
};
use shopfolk_store::Engine;

use crate::access::{Access, CreateCustomers, ReadCustomers, Requirement, UpdateCustomers};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::contact_in::{ContactPatch, NewContactIn, parse_contact_change, parse_new_contact};
use crate::contact_out::{
    ContactCreationOut, ContactListOut, ContactOut, DeleteCountOut, UpdateCountOut, contacts_out,
};
use crate::error::ApiError;
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::{ContactInPath, ContactPath, CustomerPath};
use crate::query::Fields;

/// Create a contact
///
/// Adds a contact to a customer. One that is there already (same type, same contact after normalising) is answered with
/// `createCount` 0 and changes nothing, so a create is safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts",
    operation_id = "create_contact",
    tag = "Contacts",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
    ),
    request_body(content = NewContactIn, content_type = "application/json"),
    responses(
        (status = 200, description = "Created, or there already", body = ContactCreationOut,
            headers(("Location" = String, description = "The path of the contact"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<CreateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let contact = parse_new_contact(&body)?;
    let creation = app.write(&access, CreateContact { customer, contact, now: app.now() }).await?;
    let (create_count, contact) = match &creation {
        ContactCreation::Created(contact) => (1, contact),
        ContactCreation::AlreadyThere(contact) => (0, contact),
    };
    let mut response = answer::json(&ContactCreationOut { create_count, contact: contact.as_ref().into() })?;
    let path = format!("/api/v3/{}/customers/{customer}/contacts/{}", access.store(), contact.id);
    let location = HeaderValue::try_from(path).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// List contacts
///
/// All contacts of a customer, ordered by `orderBy`, then `id`.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts",
    operation_id = "list_contacts",
    tag = "Contacts",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(id,contact)`"),
    ),
    responses((status = 200, description = "The contacts", body = ContactListOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_contacts<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let book = app.read(&access, ListContacts { customer }).await?;
    answer::selected(&ContactListOut { items: contacts_out(&book) }, &fields)
}

/// Get a contact
///
/// One contact of a customer.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
    operation_id = "get_contact",
    tag = "Contacts",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
        ("contactId" = i64, Path, description = "The contact", example = 113_861_381),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,contact`"),
    ),
    responses((status = 200, description = "The contact", body = ContactOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    path: ContactPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&app, &access, path).await?;
    let contact = app.read(&access, GetContact { customer, contact }).await?;
    answer::selected(&ContactOut::from(contact.as_ref()), &fields)
}

/// Update a contact
///
/// Changes the fields that the body has; the others stay. A body with none of them answers with `updateCount` 0.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
    operation_id = "update_contact",
    tag = "Contacts",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
        ("contactId" = i64, Path, description = "The contact", example = 113_861_381),
    ),
    request_body(content = ContactPatch, content_type = "application/json"),
    responses(
        (status = 200, description = "Updated, or nothing to do", body = UpdateCountOut),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn update_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateCustomers>,
    path: ContactPath,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let change = parse_contact_change(&body)?;
    let customer = path.customer;
    let contact = existing(&app, &access, path).await?;
    let update = app.write(&access, ChangeContact { customer, contact, change, now: app.now() }).await?;
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
    operation_id = "delete_contact",
    tag = "Contacts",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
        ("contactId" = i64, Path, description = "The contact", example = 113_861_381),
    ),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn delete_contact<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateCustomers>,
    path: ContactPath,
) -> Result<Response, ApiError> {
    let customer = path.customer;
    let contact = existing(&app, &access, path).await?;
    app.write(&access, DeleteContact { customer, contact, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}

/// The contact in the path, if one with that id can exist. If not, the customer is looked at first all the same.
async fn existing<E: Engine, S: Requirement>(
    app: &App<E>,
    access: &Access<S>,
    path: ContactPath,
) -> Result<ContactId, ApiError> {
    let customer: CustomerId = path.customer;
    match path.contact {
        ContactInPath::Id(id) => Ok(id),
        ContactInPath::BeyondRange(not_found) => {
            app.read(access, ListContacts { customer }).await?;
            Err(not_found)
        }
    }
}
