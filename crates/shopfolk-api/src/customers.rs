//! `/customers`: the people of a store.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shopfolk_model::{CustomerChange, CustomerId, NewCustomer};
use shopfolk_operations::{
    ChangeCustomer, CreateCustomer, CustomerUpdate, DeleteCustomer, GetCustomer, ListDeletedCustomers,
    SearchCustomerIds, SearchCustomers, Wanted,
};
use shopfolk_store::Engine;

use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::counts::{DeleteCountOut, IdOut, UpdateCountOut};
use crate::customer::CustomerOut;
use crate::customer_pages::{CustomerIdsOut, CustomerPageOut, DeletedCustomerPageOut};
use crate::customer_search::{Search, SearchParameters};
use crate::error::ApiError;
use crate::error_answer::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::{CustomerPath, StorePath};
use crate::query::{Fields, Paging, Period};
use crate::wire::Answer;

type NewCustomerBody = JsonBody<NewCustomer>;
type CustomerChangeBody = JsonBody<CustomerChange>;

/// Create a customer
///
/// The customer gets an EMAIL contact for its own address, unless one comes with it.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customers",
    tag = "Customers",
    params(StorePath),
    request_body(content = NewCustomerBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Created", body = IdOut,
            headers(("Location" = String, description = "The path of the customer"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<CreateCustomers>,
    JsonBody(customer): NewCustomerBody,
) -> Result<Response, ApiError> {
    let id = caller.write(&app, CreateCustomer { customer, now: app.now() }).await?;
    answer::created(&IdOut { id: id.get() }, caller.store(), format_args!("customers/{id}"))
}

/// Search customers
///
/// The customers that all filters find, in pages. Nothing is loaded that `responseFields` leaves out.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers",
    tag = "Customers",
    params(
        StorePath,
        Paging,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id,email,contacts(type,contact))`"),
        SearchParameters,
    ),
    responses((status = 200, description = "A part of the customers", body = CustomerPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customers<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
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
    let found = caller.read(&app, SearchCustomers { search, sort, page, wanted }).await?;
    let (offset, limit) = (page.offset, page.limit);
    let page = CustomerPageOut {
        total: found.total,
        count: found.count,
        offset,
        limit,
        all_customer_count: found.all,
        items: found.items.iter().map(Answer).collect(),
    };
    answer::selected(&page, &fields)
}

/// Search the ids of customers
///
/// The ids of all customers that all filters find, in one list.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers_ids",
    tag = "Customers",
    params(
        StorePath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted: `ids`"),
        SearchParameters,
    ),
    responses((status = 200, description = "The ids", body = CustomerIdsOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_ids<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    Search { search, sort }: Search,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let ids = caller.read(&app, SearchCustomerIds { search, sort }).await?;
    let ids = ids.into_iter().map(CustomerId::get).collect();
    answer::selected(&CustomerIdsOut { ids }, &fields)
}

/// Get a customer
///
/// One customer with all contacts.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/{customerId}",
    tag = "Customers",
    params(
        CustomerPath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,email,contacts(type,contact)`"),
    ),
    responses((status = 200, description = "The customer", body = CustomerOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let customer = caller.read(&app, GetCustomer { customer }).await?;
    answer::selected(&Answer(&customer), &fields)
}

/// Update a customer
///
/// Changes what the body names; lists of addresses and contacts take the place of those that are there. All of it
/// happens, or nothing.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customers/{customerId}",
    tag = "Customers",
    params(CustomerPath),
    request_body(content = CustomerChangeBody, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = UpdateCountOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(change): CustomerChangeBody,
) -> Result<Response, ApiError> {
    let update = caller.write(&app, ChangeCustomer { customer, change, now: app.now() }).await?;
    answer::json(&UpdateCountOut { update_count: u8::from(update == CustomerUpdate::Updated) })
}

/// List deleted customers
///
/// The customers that were deleted in the last six months, by the time at which they were, in pages.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/deleted",
    tag = "Customers",
    params(
        StorePath,
        ("from_date" = Option<String>, Query, description = "None that were deleted before", example = "2025-03-26"),
        ("to_date" = Option<String>, Query, description = "None that were deleted after", example = "2025-03-27"),
        Paging,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id)`"),
    ),
    responses((status = 200, description = "A part of the deleted customers", body = DeletedCustomerPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_deleted_customers<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    Paging(page): Paging,
    Period { from, to }: Period,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let list = ListDeletedCustomers { from, to, page, now: app.now() };
    let deleted = caller.read(&app, list).await?;
    let items: Vec<_> = deleted.items.iter().map(Answer).collect();
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
    tag = "Customers",
    params(CustomerPath),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_customer<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
) -> Result<Response, ApiError> {
    caller.write(&app, DeleteCustomer { customer, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
