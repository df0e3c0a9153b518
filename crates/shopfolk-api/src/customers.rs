//! `/customers`: the people of a store.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use shopfolk_model::CustomerId;
use shopfolk_operations::{
    ChangeCustomer, CreateCustomer, CustomerUpdate, DeleteCustomer, GetCustomer, ListDeletedCustomers,
    SearchCustomerIds, SearchCustomers, Wanted,
};
use shopfolk_store::Engine;

use crate::access::{Access, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::contact_out::{DeleteCountOut, UpdateCountOut};
use crate::customer_in::{CustomerPatch, NewCustomerIn, parse_customer_change, parse_new_customer};
use crate::customer_out::{
    CustomerIdsOut, CustomerOut, CustomerPageOut, DeletedCustomerOut, DeletedCustomerPageOut, IdOut,
};
use crate::customer_search::{Search, SearchParameters};
use crate::error::ApiError;
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::CustomerPath;
use crate::query::{Fields, Paging, Period};

/// Create a customer
///
/// The customer gets an EMAIL contact for its own address, unless one comes with it.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customers",
    operation_id = "create_customer",
    tag = "Customers",
    params(("storeId" = i64, Path, description = "The store", example = 1003)),
    request_body(content = NewCustomerIn, content_type = "application/json"),
    responses(
        (status = 200, description = "Created", body = IdOut,
            headers(("Location" = String, description = "The path of the customer"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<CreateCustomers>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let customer = parse_new_customer(&body)?;
    let id = app.write(&access, CreateCustomer { customer, now: app.now() }).await?;
    let mut response = answer::json(&IdOut { id: id.get() })?;
    let location = HeaderValue::try_from(format!("/api/v3/{}/customers/{id}", access.store()))
        .map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Search customers
///
/// The customers that all filters find, in pages. Nothing is loaded that `responseFields` leaves out.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers",
    operation_id = "list_customers",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("offset" = Option<u64>, Query, description = "How many to pass over", example = 0),
        ("limit" = Option<u32>, Query, minimum = 1, example = 100,
            description = "How many to answer with; 100 by default, and values over 100 mean 100"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id,email,contacts(type,contact))`"),
        SearchParameters,
    ),
    responses((status = 200, description = "A part of the customers", body = CustomerPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customers<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    Paging(page): Paging,
    Search { search, sort }: Search,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let wanted = if fields.wants(&["items", "contacts"]) {
        Wanted::CustomersWithContacts
    } else if fields.wants(&["items"]) {
        Wanted::Customers
    } else {
        Wanted::Count
    };
    let found = app.read(&access, SearchCustomers { search, sort, page, wanted }).await?;
    let (offset, limit) = (page.offset, page.limit);
    let page = CustomerPageOut {
        total: found.total,
        count: found.count,
        offset,
        limit,
        all_customer_count: found.all,
        items: found.items.iter().map(CustomerOut::from).collect(),
    };
    answer::selected(&page, &fields)
}

/// Search the ids of customers
///
/// The ids of all customers that all filters find, in one list.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers_ids",
    operation_id = "list_customer_ids",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted: `ids`"),
        SearchParameters,
    ),
    responses((status = 200, description = "The ids", body = CustomerIdsOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_ids<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    Search { search, sort }: Search,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let ids = app.read(&access, SearchCustomerIds { search, sort }).await?;
    let ids = ids.into_iter().map(CustomerId::get).collect();
    answer::selected(&CustomerIdsOut { ids }, &fields)
}

/// Get a customer
///
/// One customer with all contacts.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}",
    operation_id = "get_customer",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,email,contacts(type,contact)`"),
    ),
    responses((status = 200, description = "The customer", body = CustomerOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let customer = app.read(&access, GetCustomer { customer }).await?;
    answer::selected(&CustomerOut::from(&customer), &fields)
}

/// Update a customer
///
/// Changes what the body names; lists of addresses and contacts take the place of those that are there. All of it
/// happens, or nothing.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customers/{customerId}",
    operation_id = "update_customer",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
    ),
    request_body(content = CustomerPatch, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = UpdateCountOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let change = parse_customer_change(&body)?;
    let update = app.write(&access, ChangeCustomer { customer, change, now: app.now() }).await?;
    answer::json(&UpdateCountOut { update_count: u8::from(update == CustomerUpdate::Updated) })
}

/// List deleted customers
///
/// The customers that were deleted in the last six months, by the time at which they were, in pages.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/deleted",
    operation_id = "list_deleted_customers",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("from_date" = Option<String>, Query, description = "None that were deleted before", example = "2025-03-26"),
        ("to_date" = Option<String>, Query, description = "None that were deleted after", example = "2025-03-27"),
        ("offset" = Option<u64>, Query, description = "How many to pass over", example = 0),
        ("limit" = Option<u32>, Query, minimum = 1, example = 100,
            description = "How many to answer with; 100 by default, and values over 100 mean 100"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id)`"),
    ),
    responses((status = 200, description = "A part of the deleted customers", body = DeletedCustomerPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_deleted_customers<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    Paging(page): Paging,
    Period { from, to }: Period,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let list = ListDeletedCustomers { from, to, page, now: app.now() };
    let deleted = app.read(&access, list).await?;
    let items: Vec<_> = deleted.items.into_iter().map(DeletedCustomerOut::from).collect();
    let (offset, limit) = (page.offset, page.limit);
    let page = DeletedCustomerPageOut { total: deleted.total, count: items.len(), offset, limit, items };
    answer::selected(&page, &fields)
}

/// Delete a customer
///
/// Removes a customer and all contacts.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/customers/{customerId}",
    operation_id = "delete_customer",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("customerId" = i64, Path, description = "The customer", example = 177_737_165),
    ),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
) -> Result<Response, ApiError> {
    app.write(&access, DeleteCustomer { customer, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
